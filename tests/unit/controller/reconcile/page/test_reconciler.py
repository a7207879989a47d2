"""Reconcile one StatusPage, on an API in memory and a real central database."""

import asyncio
from datetime import timedelta

from allswell.controller.cache.cache import ObjectKey
from allswell.kube.kinds import NAMESPACE, PAGE
from tests.unit.controller.objects import with_meta
from tests.unit.controller.world import API, World

PAGE_KEY = ObjectKey(PAGE.name, "acme", "main")


def reconcile(world: World, key: ObjectKey = PAGE_KEY) -> timedelta | None:
    return asyncio.run(world.reconciler.reconcile(key))


def test_a_page_shows_what_it_selects_and_says_where_it_is(world: World) -> None:
    world.monitor()
    reconcile(world, API)
    world.page()
    reconcile(world)
    (row,) = world.database.reader.pages()
    assert [c.name for c in world.database.said(row.id, world.now).components] == ["api"]
    assert world.status(PAGE, "main")["url"] == "https://status.example.com/acme/main/"
    assert world.conditions(PAGE, "main") == {"Ready": ("True", "Serving")}
    world.writes()
    reconcile(world)
    assert world.writes() == []


def test_a_page_that_is_not_there_or_is_going_costs_nothing(world: World) -> None:
    assert reconcile(world) is None
    world.page()
    seen = world.api.objects[(PAGE, "acme", "main")]
    world.put(PAGE, with_meta(seen, deletionTimestamp="2026-11-23T12:00:00Z"))
    assert reconcile(world) is None
    assert world.api.asked == []


def test_a_page_of_a_namespace_that_is_gone_is_not_written(world: World) -> None:
    world.page()
    world.api.remove(NAMESPACE, "", "acme")
    assert reconcile(world) is None
    assert world.database.writer.pages() == ()
    assert world.status(PAGE, "main") == {}
