from datetime import timedelta

from allswell.controller.cache.cache import AT_ONCE, GATHERING, Cache, ObjectKey
from allswell.kube import names
from allswell.kube.client import Listing
from allswell.kube.kinds import CONFIGMAP, MONITOR, PAGE, POD, Kind

API, MAIN = ObjectKey("Monitor", "acme", "api"), ObjectKey("StatusPage", "acme", "main")


def seen(name: str, version: int, namespace: str = "acme", **labels: str) -> dict[str, object]:
    place = {"name": name, "namespace": namespace, "uid": f"u-{name}"}
    return {"metadata": {**place, "resourceVersion": str(version), "labels": labels}}


class Turns:
    """An index, and whose turn it has made it since the last question."""

    def __init__(self) -> None:
        self._turns: dict[ObjectKey, timedelta] = {}
        self.index = Cache(turn=self._turns.__setitem__)

    def after(self, kind: Kind, it: dict[str, object], *, deleted: bool = False) -> object:
        self._turns.clear()
        self.index.observe(kind, it, deleted=deleted)
        return dict(self._turns)


def test_a_new_monitor_is_looked_at_at_once_and_its_pages_a_little_later() -> None:
    it = Turns()
    assert it.after(PAGE, seen("main", 1)) == {MAIN: AT_ONCE}
    it.after(PAGE, seen("other", 1, "elsewhere"))
    assert it.after(MONITOR, seen("api", 2)) == {API: AT_ONCE, MAIN: GATHERING}


def test_a_page_cares_for_labels_and_identity_of_a_monitor_alone() -> None:
    it = Turns()
    it.after(PAGE, seen("main", 1))
    it.after(MONITOR, seen("api", 2))
    assert it.after(MONITOR, seen("api", 3)) == {API: AT_ONCE}
    assert it.after(MONITOR, seen("api", 4, tier="edge")) == {API: AT_ONCE, MAIN: GATHERING}
    gone = it.after(MONITOR, seen("api", 5, tier="edge"), deleted=True)
    assert gone == {API: AT_ONCE, MAIN: GATHERING}


def test_a_child_makes_it_its_monitors_turn_also_when_it_lost_its_label() -> None:
    it = Turns()
    labels = {names.MONITOR_LABEL: "api"}
    assert it.after(POD, seen("api-check-0", 1, **labels)) == {API: AT_ONCE}
    assert it.after(POD, seen("api-check-0", 2)) == {API: AT_ONCE}
    assert it.after(CONFIGMAP, seen("strange", 3)) == {}


def test_what_is_no_news_is_nobodys_turn() -> None:
    it = Turns()
    it.after(MONITOR, seen("api", 2))
    assert it.after(MONITOR, seen("api", 2)) == {}


def test_only_the_end_of_an_object_that_was_known_is_an_end() -> None:
    index = Cache()
    assert not index.observe(MONITOR, seen("api", 1), deleted=True)
    assert not index.observe(MONITOR, seen("web", 1))
    assert index.observe(MONITOR, seen("web", 2), deleted=True)


def test_a_list_tells_what_it_has_changed() -> None:
    index = Cache()
    index.observe(MONITOR, seen("old", 1))
    index.observe(MONITOR, seen("same", 2))
    changes = index.replace(MONITOR, Listing((seen("same", 2), seen("new", 3)), 4))
    assert {change.place[1]: change.after is None for change in changes} == {
        "new": False,
        "old": True,
    }
    assert [key.name for key in index.every()] == ["same", "new"]
