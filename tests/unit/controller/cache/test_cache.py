from datetime import timedelta

from allswell.controller.cache.cache import AT_ONCE, PAGE_DELAY, Cache, ObjectKey
from allswell.kube import names
from allswell.kube.client import Listing
from allswell.kube.kinds import CONFIGMAP, MONITOR, PAGE, POD, Kind

API, MAIN = ObjectKey("Monitor", "acme", "api"), ObjectKey("StatusPage", "acme", "main")


def seen(name: str, version: int, namespace: str = "acme", **labels: str) -> dict[str, object]:
    place = {"name": name, "namespace": namespace, "uid": f"u-{name}"}
    return {"metadata": {**place, "resourceVersion": str(version), "labels": labels}}


class Enqueued:
    """A cache, and what it has enqueued since the last question."""

    def __init__(self) -> None:
        self._enqueued: dict[ObjectKey, timedelta] = {}
        self.cache = Cache(enqueue=self._enqueued.__setitem__)

    def after(self, kind: Kind, it: dict[str, object], *, deleted: bool = False) -> object:
        self._enqueued.clear()
        self.cache.observe(kind, it, deleted=deleted)
        return dict(self._enqueued)


def test_a_new_monitor_is_enqueued_at_once_and_its_pages_a_little_later() -> None:
    it = Enqueued()
    assert it.after(PAGE, seen("main", 1)) == {MAIN: AT_ONCE}
    it.after(PAGE, seen("other", 1, "elsewhere"))
    assert it.after(MONITOR, seen("api", 2)) == {API: AT_ONCE, MAIN: PAGE_DELAY}


def test_a_page_depends_on_labels_and_identity_of_a_monitor_alone() -> None:
    it = Enqueued()
    it.after(PAGE, seen("main", 1))
    it.after(MONITOR, seen("api", 2))
    assert it.after(MONITOR, seen("api", 3)) == {API: AT_ONCE}
    assert it.after(MONITOR, seen("api", 4, tier="edge")) == {API: AT_ONCE, MAIN: PAGE_DELAY}
    gone = it.after(MONITOR, seen("api", 5, tier="edge"), deleted=True)
    assert gone == {API: AT_ONCE, MAIN: PAGE_DELAY}


def test_a_child_enqueues_its_monitor_also_when_it_has_lost_its_label() -> None:
    it = Enqueued()
    labels = {names.MONITOR_LABEL: "api"}
    assert it.after(POD, seen("api-check-0", 1, **labels)) == {API: AT_ONCE}
    assert it.after(POD, seen("api-check-0", 2)) == {API: AT_ONCE}
    assert it.after(CONFIGMAP, seen("strange", 3)) == {}


def test_what_changes_nothing_enqueues_nothing() -> None:
    it = Enqueued()
    it.after(MONITOR, seen("api", 2))
    assert it.after(MONITOR, seen("api", 2)) == {}


def test_only_the_end_of_an_object_that_was_known_is_an_end() -> None:
    cache = Cache()
    assert not cache.observe(MONITOR, seen("api", 1), deleted=True)
    assert not cache.observe(MONITOR, seen("web", 1))
    assert cache.observe(MONITOR, seen("web", 2), deleted=True)


def test_a_list_returns_what_it_has_changed() -> None:
    cache = Cache()
    cache.observe(MONITOR, seen("old", 1))
    cache.observe(MONITOR, seen("same", 2))
    changes = cache.replace(MONITOR, Listing((seen("same", 2), seen("new", 3)), 4))
    assert {change.name[1]: change.after is None for change in changes} == {
        "new": False,
        "old": True,
    }
    assert [key.name for key in cache.reconciled()] == ["same", "new"]
