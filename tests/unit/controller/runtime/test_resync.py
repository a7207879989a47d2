"""The resync, on an API in memory and a real central database."""

import asyncio
from datetime import timedelta

import pytest

from allswell.controller.cache import watch_health
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.runtime import resync
from allswell.kube.errors import KubeMissing, KubeRejected, KubeUnavailable
from allswell.kube.kinds import DEFINITION, MONITOR, NAMESPACE, PAGE
from tests.unit.controller.world import API, World

HTTP = {"http": {"url": "https://example.com/"}}


def run(world: World) -> timedelta:
    return asyncio.run(world.resync.run())


def reconcile(world: World, key: ObjectKey = API) -> None:
    asyncio.run(world.reconciler.reconcile(key))


def living(world: World) -> list[str]:
    return [row.name for row in world.database.writer.living()]


def begun(world: World) -> None:
    """Make one Monitor, and resync for the first time."""
    world.monitor()
    run(world)
    reconcile(world)
    world.see()
    world.enqueued.clear()


def test_the_first_resync_fills_the_cache_and_enqueues_everything(world: World) -> None:
    world.monitor()
    world.page()
    world.enqueued.clear()
    before = world.cache.synced
    assert run(world) == resync.AGAIN
    assert (before, world.cache.synced) == (False, True)
    assert world.resync.succeeded == world.now
    assert world.enqueued == [
        (API, timedelta()),
        (ObjectKey(PAGE.name, "acme", "main"), timedelta()),
    ]


def test_later_resyncs_are_spread_and_far_apart(world: World) -> None:
    begun(world)
    world.monitor("web")
    world.enqueued.clear()
    assert run(world) == resync.EVERY
    assert world.enqueued == [
        (API, timedelta()),
        (ObjectKey(MONITOR.name, "acme", "web"), resync.SPREAD / 2),
    ]


def test_it_finds_what_a_watch_has_lost_and_the_watch_has_yet_to_deliver(world: World) -> None:
    begun(world)
    seen = world.api.objects[(MONITOR, "acme", "api")]
    world.api.put(MONITOR, {**seen, "spec": {**seen["spec"], "interval": "10s"}})
    run(world)
    assert (API, timedelta()) in world.enqueued
    world.now += watch_health.OVERDUE_AFTER + timedelta(seconds=1)
    assert world.watch_health.dead(world.now) == {MONITOR}


def test_what_is_deleted_is_hidden_after_two_complete_lists(world: World) -> None:
    begun(world)
    world.api.remove(MONITOR, "acme", "api")
    assert run(world) == resync.AGAIN
    assert living(world) == ["api"]
    assert run(world) == resync.EVERY
    assert living(world) == []


def test_what_comes_back_meanwhile_stays(world: World) -> None:
    begun(world)
    seen = world.api.objects[(MONITOR, "acme", "api")]
    world.api.remove(MONITOR, "acme", "api")
    run(world)
    world.api.put(MONITOR, seen)
    for _ in range(2):
        run(world)
    assert living(world) == ["api"]


def test_a_list_that_fails_judges_nothing(world: World) -> None:
    begun(world)
    world.api.remove(MONITOR, "acme", "api")
    run(world)
    for _ in range(3):
        world.api.trouble["every"] = [KubeUnavailable("away")]
        with pytest.raises(KubeUnavailable):
            run(world)
    assert living(world) == ["api"]


def test_a_kind_that_is_not_installed_has_no_objects(world: World) -> None:
    begun(world)
    world.api.remove(MONITOR, "acme", "api")
    world.api.absent = {MONITOR, PAGE}
    for _ in range(2):
        run(world)
    assert living(world) == []


def test_a_kind_that_is_installed_and_cannot_be_listed_judges_nothing(world: World) -> None:
    begun(world)
    world.api.put(DEFINITION, {"metadata": {"name": "monitors.allswell.dev"}})
    world.api.absent = {MONITOR}
    for _ in range(2):
        with pytest.raises(KubeMissing):
            run(world)
    assert living(world) == ["api"]


def test_while_the_database_is_away_the_cache_is_corrected_all_the_same(world: World) -> None:
    begun(world)
    world.away = True
    world.api.remove(MONITOR, "acme", "api")
    for _ in range(2):
        assert run(world) == resync.AGAIN
    assert world.cache[MONITOR].items() == {}
    world.away = False
    for _ in range(2):
        run(world)
    assert living(world) == []


def closed_after_a_start(world: World) -> resync.Resync:
    """Serve two namespaces, each with a monitor; then lose the rights in one of them."""
    world.api.namespace("other")
    metadata = {"name": "theirs", "namespace": "other"}
    world.put(MONITOR, {"metadata": metadata, "spec": HTTP})
    begun(world)
    reconcile(world, ObjectKey(MONITOR.name, "other", "theirs"))
    world.api.closed = {"other"}
    return world.resync_of(("acme", "other"))


def test_a_namespace_that_cannot_be_read_is_left_alone_and_stops_nobody(world: World) -> None:
    serving = closed_after_a_start(world)
    world.api.put(MONITOR, {"metadata": {"name": "web", "namespace": "acme"}, "spec": HTTP})
    assert [asyncio.run(serving.run()) for _ in range(3)] == 3 * [resync.WHILE_CLOSED]
    assert set(world.cache[MONITOR].items()) == {
        ("acme", "api"),
        ("acme", "web"),
        ("other", "theirs"),
    }
    assert living(world) == ["api", "theirs"]
    world.api.closed = set()
    assert asyncio.run(serving.run()) == resync.EVERY


def test_of_a_namespace_that_is_gone_with_its_rights_nothing_is_left(world: World) -> None:
    serving = closed_after_a_start(world)
    world.api.remove(MONITOR, "other", "theirs")
    world.api.remove(NAMESPACE, "", "other")
    assert asyncio.run(serving.run()) == resync.AGAIN
    assert asyncio.run(serving.run()) == resync.EVERY
    assert set(world.cache[MONITOR].items()) == {("acme", "api")}
    assert living(world) == ["api"]


def test_where_nothing_can_be_read_nothing_has_been_seen(world: World) -> None:
    serving = closed_after_a_start(world)
    world.api.closed = {"acme", "other"}
    with pytest.raises(KubeRejected):
        asyncio.run(serving.run())
    assert serving.succeeded is None


def test_rows_of_namespaces_that_are_not_served_are_left_alone(world: World) -> None:
    begun(world)
    elsewhere = world.resync_of(("other",))
    for _ in range(3):
        asyncio.run(elsewhere.run())
    assert living(world) == ["api"]


def test_what_was_hidden_is_registered_anew_when_it_is_applied_again(world: World) -> None:
    begun(world)
    world.api.remove(MONITOR, "acme", "api")
    for _ in range(2):
        run(world)
    world.monitor()
    reconcile(world)
    assert living(world) == ["api"]
