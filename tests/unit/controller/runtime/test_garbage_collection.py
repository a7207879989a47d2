from allswell.controller.runtime import garbage_collection
from allswell.controller.runtime.garbage_collection import GarbageDecision

A, B = ("acme", "a"), ("acme", "b")


def test_a_row_goes_when_two_lists_in_a_row_do_not_show_it() -> None:
    first = garbage_collection.judge(GarbageDecision(), [A, B], [B])
    assert first == GarbageDecision(frozenset(), frozenset([A]))
    assert garbage_collection.judge(first, [A, B], [B]).gone == {A}


def test_what_a_later_list_shows_again_is_forgotten() -> None:
    first = garbage_collection.judge(GarbageDecision(), [A], [])
    second = garbage_collection.judge(first, [A], [A])
    third = garbage_collection.judge(second, [A], [])
    assert (second.gone, third.gone) == (frozenset(), frozenset())


def test_a_list_of_some_namespaces_says_nothing_of_others() -> None:
    assert garbage_collection.within([A, ("other", "a")], ["acme"]) == {A}
    assert garbage_collection.within([A, ("other", "a")], []) == {A, ("other", "a")}
