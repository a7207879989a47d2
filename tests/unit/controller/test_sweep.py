from allswell.controller import sweep
from allswell.controller.sweep import Sweep

A, B = ("acme", "a"), ("acme", "b")


def test_a_row_goes_when_two_lists_in_a_row_do_not_show_it() -> None:
    first = sweep.judge(Sweep(), [A, B], [B])
    assert first == Sweep(frozenset(), frozenset([A]))
    assert sweep.judge(first, [A, B], [B]).gone == {A}


def test_what_a_later_list_shows_again_is_forgotten() -> None:
    first = sweep.judge(Sweep(), [A], [])
    second = sweep.judge(first, [A], [A])
    third = sweep.judge(second, [A], [])
    assert (second.gone, third.gone) == (frozenset(), frozenset())


def test_a_list_of_some_namespaces_says_nothing_of_others() -> None:
    assert sweep.within([A, ("other", "a")], ["acme"]) == {A}
    assert sweep.within([A, ("other", "a")], []) == {A, ("other", "a")}
