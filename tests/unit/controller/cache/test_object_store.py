from allswell.controller.cache.object_store import KindStore
from allswell.kube.kinds import POD


def seen(version: int, name: str = "a", **labels: str) -> dict[str, object]:
    metadata = {"namespace": "n", "name": name, "uid": f"u-{name}", "resourceVersion": str(version)}
    return {"metadata": {**metadata, "labels": labels, "managedFields": [{"much": "text"}]}}


def test_an_older_version_never_replaces_a_newer_one() -> None:
    store = KindStore(POD)
    assert store.observe(seen(5, x="new"))
    assert store.observe(seen(4, x="old")) is None
    assert store.observe(seen(5, x="same")) is None
    assert store.items()["n", "a"].labels == {"x": "new"}


def test_what_was_deleted_stays_deleted() -> None:
    store = KindStore(POD)
    store.observe(seen(5))
    change = store.observe(seen(6), deleted=True)
    assert change is not None
    assert change.after is None
    assert store.observe(seen(5)) is None
    assert store.replace([seen(5)], 5) == ()
    assert len(store) == 0


def test_a_later_object_of_the_name_is_a_new_one() -> None:
    store = KindStore(POD)
    store.observe(seen(6), deleted=True)
    assert store.observe(seen(9)) is not None


def test_a_complete_list_takes_away_what_it_does_not_show() -> None:
    store = KindStore(POD)
    store.observe(seen(5, "a"))
    store.observe(seen(9, "young"))
    changes = store.replace([seen(7, "b")], 8)
    assert {(c.name[1], c.after is None) for c in changes} == {("b", False), ("a", True)}
    assert {name for _, name in store.items()} == {"b", "young"}


def test_an_object_comes_back_without_what_only_the_server_needs() -> None:
    store = KindStore(POD)
    store.observe(seen(5))
    cached = store.get("n", "a")
    assert cached is not None
    assert cached.manifest["kind"] == "Pod"
    assert "managedFields" not in str(cached.manifest)
