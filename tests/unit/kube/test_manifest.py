from allswell.kube import manifest

WANTED = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 1}], "replicas": 1}}


def test_defaults_that_the_server_adds_are_no_difference() -> None:
    spec = {"ports": [{"port": 1, "x": 2}], "replicas": 1, "more": True}
    assert manifest.is_subset({"metadata": {"name": "a", "uid": "u"}, "spec": spec}, WANTED)


def test_a_changed_a_missing_and_a_further_entry_are_differences() -> None:
    for ports in ([{"port": 2}], [], [{"port": 1}, {"port": 2}], "none"):
        live = {"metadata": {"name": "a"}, "spec": {"ports": ports, "replicas": 1}}
        assert not manifest.is_subset(live, WANTED)


def test_a_missing_block_is_a_difference() -> None:
    assert not manifest.is_subset({"metadata": {"name": "a"}}, WANTED)


def test_a_fingerprint_ignores_the_order_of_keys_and_nothing_else() -> None:
    assert manifest.short_hash({"a": 1, "b": 2}) == manifest.short_hash({"b": 2, "a": 1})
    assert manifest.short_hash({"a": [1, 2]}) != manifest.short_hash({"a": [2, 1]})


def test_a_stamp_stands_beside_other_annotations() -> None:
    stamped = manifest.with_spec_hash({"metadata": {"annotations": {"a": "b"}}})
    assert manifest.text(stamped, "metadata", "annotations", "a") == "b"
    assert manifest.text(stamped, "metadata", "annotations", "allswell.dev/fingerprint")


def test_reading_what_is_not_there_or_of_another_type_gives_nothing() -> None:
    odd = {"metadata": "none", "items": ["text", {"a": 1}], "spec": {"replicas": True}}
    assert manifest.text(odd, "metadata", "name") == ""
    assert manifest.blocks(odd, "items") == ({"a": 1},)
    assert manifest.blocks(odd, "metadata") == ()
    assert manifest.block(odd, "items") == {}
    assert manifest.number(odd, "spec", "replicas") == 0
    assert manifest.uid(None) == ""


def test_the_owner_is_the_reference_that_controls() -> None:
    references = [{"kind": "Other"}, {"kind": "Monitor", "controller": True}]
    held = {"metadata": {"ownerReferences": references}}
    assert manifest.owner(held) == {"kind": "Monitor", "controller": True}
    assert manifest.owner({}) == {}
