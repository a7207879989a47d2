from datetime import timedelta

from allswell.controller.cache import watch_health
from allswell.controller.cache.object_store import CachedObject, ObjectChange
from allswell.controller.cache.watch_health import WatchHealth
from allswell.kube.kinds import MONITOR, PAGE
from tests.unit.controller.objects import NOW

CACHED = CachedObject("u", 1, {}, b"")
API, WEB = ("acme", "api"), ("acme", "web")
MODIFIED = ObjectChange(API, CACHED, CACHED)
GONE = ObjectChange(WEB, CACHED, None)
LATER = NOW + watch_health.OVERDUE_AFTER + timedelta(seconds=1)


def test_a_watch_that_never_delivers_what_a_list_has_found_is_dead() -> None:
    it = WatchHealth()
    assert it.listed(MONITOR, [MODIFIED], NOW) == 1
    assert it.dead(NOW + watch_health.OVERDUE_AFTER) == frozenset()
    assert it.dead(LATER) == {MONITOR}


def test_one_that_delivers_late_is_not() -> None:
    it = WatchHealth()
    it.listed(MONITOR, [MODIFIED], NOW)
    it.delivered(MONITOR, API)
    assert it.dead(LATER) == frozenset()


def test_another_kinds_watch_does_not_stand_in() -> None:
    it = WatchHealth()
    it.listed(MONITOR, [MODIFIED], NOW)
    it.delivered(PAGE, API)
    it.delivered(MONITOR, WEB)
    assert it.dead(LATER) == {MONITOR}


def test_a_deletion_need_not_be_delivered() -> None:
    it = WatchHealth()
    assert it.listed(MONITOR, [GONE], NOW) == 0
    assert it.dead(LATER) == frozenset()


def test_nothing_is_to_be_delivered_of_an_object_that_is_gone_since() -> None:
    it = WatchHealth()
    it.listed(MONITOR, [MODIFIED], NOW)
    it.listed(PAGE, [MODIFIED], NOW)
    it.retain(MONITOR, [WEB])
    assert it.dead(LATER) == {PAGE}


def test_what_is_listed_again_is_to_be_delivered_since_the_first_time() -> None:
    it = WatchHealth()
    it.listed(MONITOR, [MODIFIED], NOW)
    it.listed(MONITOR, [MODIFIED], LATER)
    assert it.dead(LATER) == {MONITOR}
