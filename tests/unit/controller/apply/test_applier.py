import asyncio
from collections.abc import Awaitable

import pytest

from allswell.controller.apply import events
from allswell.controller.apply.actions import ApplyObject, DeleteObject
from allswell.controller.apply.events import LONGEST_NOTE, NORMAL, ObjectEvent
from allswell.kube import manifest
from allswell.kube.conditions import Conditions
from allswell.kube.errors import KubeConflict
from allswell.kube.kinds import CONFIGMAP, MONITOR
from allswell.kube.views.object_meta import ManifestView, ObjectMeta
from allswell.kube.views.status import StatusView
from tests.unit.controller.objects import NOW, live_configmap
from tests.unit.controller.world import World

DESIRED = ManifestView.parse({k: v for k, v in live_configmap().items() if k != "status"})


def act(awaited: Awaitable[None]) -> None:
    async def acted() -> None:
        await awaited

    asyncio.run(acted())


def counted(world: World, kind: str, verb: str) -> float | None:
    labels = {"kind": kind, "verb": verb}
    return world.metrics.registry.get_sample_value("allswell_writes_total", labels)


def test_what_is_applied_is_known_at_once_and_counted(world: World) -> None:
    act(world.applier().do(ApplyObject(CONFIGMAP, DESIRED)))
    assert world.cache[CONFIGMAP].get("acme", "api-check") is not None
    assert counted(world, "ConfigMap", "apply") == 1


def test_what_is_deleted_is_counted_and_stays_known_until_a_watch_delivers_it(world: World) -> None:
    applier = world.applier()
    act(applier.do(ApplyObject(CONFIGMAP, DESIRED)))
    uid = manifest.uid(world.api.objects[(CONFIGMAP, "acme", "api-check")])
    act(applier.do(DeleteObject(CONFIGMAP, "acme", "api-check", uid, "for a test", force=True)))
    assert world.there(CONFIGMAP) == []
    assert world.writes()[-1] == ("delete force", "ConfigMap", "api-check")
    assert world.cache[CONFIGMAP].get("acme", "api-check") is not None
    assert counted(world, "ConfigMap", "delete") == 1


def test_a_status_that_somebody_else_has_written_over_is_a_conflict(world: World) -> None:
    world.monitor()
    monitor = world.cache.monitor("acme", "api")
    assert monitor is not None
    applier = world.applier()
    up, down = (StatusView(Conditions(), {"state": state}) for state in ("up", "down"))
    act(applier.write_status(MONITOR, monitor.meta, up))
    with pytest.raises(KubeConflict):
        act(applier.write_status(MONITOR, monitor.meta, down))
    assert world.status() == {"state": "up"}
    assert counted(world, "Monitor", "status") == 1


def test_an_event_names_its_object_and_is_never_too_long(world: World) -> None:
    world.monitor()
    live = world.api.objects[(MONITOR, "acme", "api")]
    event = ObjectEvent(NORMAL, "Up", "x" * 5000)
    made = events.build(MONITOR, ObjectMeta.parse(live), event, NOW)
    assert manifest.text(made, "regarding", "uid") == manifest.uid(live)
    assert len(manifest.text(made, "note")) == LONGEST_NOTE
    assert manifest.text(made, "metadata", "namespace") == "acme"


def test_an_event_without_a_note_says_its_reason(world: World) -> None:
    world.monitor()
    live = world.api.objects[(MONITOR, "acme", "api")]
    event = ObjectEvent(NORMAL, "Up", "")
    assert events.build(MONITOR, ObjectMeta.parse(live), event, NOW)["note"] == "Up"
