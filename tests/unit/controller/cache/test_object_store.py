from allswell.controller.cache.object_store import KindStore
from allswell.kube.kinds import POD


def seen(version: int, name: str = "a", **labels: str) -> dict[str, object]:
    metadata = {"namespace": "n", "name": name, "uid": f"u-{name}", "resourceVersion": str(version)}
    return {"metadata": {**metadata, "labels": labels, "managedFields": [{"much": "text"}]}}


def test_an_older_sight_never_replaces_a_newer_one() -> None:
    shelf = KindStore(POD)
    assert shelf.observe(seen(5, x="new"))
    assert shelf.observe(seen(4, x="old")) is None
    assert shelf.observe(seen(5, x="same")) is None
    assert shelf.items()["n", "a"].labels == {"x": "new"}


def test_what_was_deleted_stays_deleted() -> None:
    shelf = KindStore(POD)
    shelf.observe(seen(5))
    change = shelf.observe(seen(6), deleted=True)
    assert change is not None
    assert change.after is None
    assert shelf.observe(seen(5)) is None
    assert shelf.replace([seen(5)], 5) == ()
    assert len(shelf) == 0


def test_a_later_object_of_the_name_is_a_new_one() -> None:
    shelf = KindStore(POD)
    shelf.observe(seen(6), deleted=True)
    assert shelf.observe(seen(9)) is not None


def test_a_complete_list_takes_away_what_it_does_not_show() -> None:
    shelf = KindStore(POD)
    shelf.observe(seen(5, "a"))
    shelf.observe(seen(9, "young"))
    changes = shelf.replace([seen(7, "b")], 8)
    assert {(c.name[1], c.after is None) for c in changes} == {("b", False), ("a", True)}
    assert {name for _, name in shelf.items()} == {"b", "young"}


def test_an_object_comes_back_without_what_only_the_server_needs() -> None:
    shelf = KindStore(POD)
    shelf.observe(seen(5))
    kept = shelf.get("n", "a")
    assert kept is not None
    assert kept.manifest["kind"] == "Pod"
    assert "managedFields" not in str(kept.manifest)
