import asyncio
from collections.abc import Awaitable

import pytest

from allswell.controller.apply.applier import LONGEST_NOTE, Applier, event_of
from allswell.controller.reconcile.monitor.plan import ApplyObject, DeleteObject
from allswell.controller.reconcile.monitor.status import NORMAL, MonitorEvent
from allswell.kube import manifest
from allswell.kube.errors import KubeConflict
from allswell.kube.kinds import CONFIGMAP, MONITOR
from tests.unit.controller.objects import NOW, live_configmap
from tests.unit.controller.world import World

WANTED = {k: v for k, v in live_configmap().items() if k != "status"}


def act(awaited: Awaitable[None]) -> None:
    async def acted() -> None:
        await awaited

    asyncio.run(acted())


def counted(world: World, kind: str, verb: str) -> float | None:
    labels = {"kind": kind, "verb": verb}
    return world.means.meters.registry.get_sample_value("allswell_writes_total", labels)


def test_what_is_applied_is_known_at_once_and_counted(world: World) -> None:
    act(Applier(world.means).do(ApplyObject(CONFIGMAP, WANTED)))
    assert world.index[CONFIGMAP].get("acme", "api-check") is not None
    assert counted(world, "ConfigMap", "apply") == 1


def test_what_is_deleted_is_counted_and_stays_known_until_a_watch_tells(world: World) -> None:
    hands = Applier(world.means)
    act(hands.do(ApplyObject(CONFIGMAP, WANTED)))
    uid = manifest.uid(world.api.objects[(CONFIGMAP, "acme", "api-check")])
    act(hands.do(DeleteObject(CONFIGMAP, "acme", "api-check", uid, "for a test", force=True)))
    assert world.there(CONFIGMAP) == []
    assert world.writes()[-1] == ("delete force", "ConfigMap", "api-check")
    assert world.index[CONFIGMAP].get("acme", "api-check") is not None
    assert counted(world, "ConfigMap", "delete") == 1


def test_a_status_that_somebody_else_has_written_over_is_a_conflict(world: World) -> None:
    world.monitor()
    kept = world.index[MONITOR].get("acme", "api")
    assert kept is not None
    hands = Applier(world.means)
    act(hands.status(MONITOR, kept.manifest, {"state": "up"}))
    with pytest.raises(KubeConflict):
        act(hands.status(MONITOR, kept.manifest, {"state": "down"}))
    assert world.status() == {"state": "up"}
    assert counted(world, "Monitor", "status") == 1


def test_an_event_names_its_object_and_is_never_too_long(world: World) -> None:
    world.monitor()
    live = world.api.objects[(MONITOR, "acme", "api")]
    made = event_of(MONITOR, live, MonitorEvent(NORMAL, "Up", "x" * 5000), NOW)
    assert manifest.text(made, "regarding", "uid") == manifest.uid(live)
    assert len(manifest.text(made, "note")) == LONGEST_NOTE
    assert manifest.text(made, "metadata", "namespace") == "acme"


def test_an_event_without_a_note_says_its_reason(world: World) -> None:
    world.monitor()
    live = world.api.objects[(MONITOR, "acme", "api")]
    assert event_of(MONITOR, live, MonitorEvent(NORMAL, "Up", ""), NOW)["note"] == "Up"
