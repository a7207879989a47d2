import itertools

from allswell.controller.cache import watches


def test_a_watch_never_gives_up_and_never_waits_long() -> None:
    pauses = watches.settings().networking.error_backoffs
    assert not isinstance(pauses, float)
    first, again = (list(itertools.islice(pauses, 1000)) for _ in range(2))
    assert first == again
    assert (first[0], max(first)) == (1, 5)
