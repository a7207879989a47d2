"""Test that progress is shown on a terminal only."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

import pytest

from allswell.archive.object_store import ArchiveError
from allswell.cli.history import output

CLEAR = "\r\x1b[K"


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticks(every: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += every


def drawn(out: io.StringIO, total: int, every: float = 1.0) -> list[str]:
    """Return what is drawn while four things pass by, a tick apart."""
    clock = ticks(every)
    with redirect_stderr(out):
        passed = list(output.progress(range(4), total, "day files", lambda: next(clock)))
    assert passed == [0, 1, 2, 3]
    return out.getvalue().split(CLEAR)


def test_a_bar_moves_on_a_terminal_and_is_gone_at_the_end() -> None:
    half = "█" * (output.WIDTH // 2)
    first, *bars, last = drawn(Tty(), 4)
    assert (first, last) == ("", "")
    assert [bar.split()[-5:] for bar in bars[:1]] == [["0", "of", "4", "day", "files"]]
    assert bars[2] == f"{half:<{output.WIDTH}} 2 of 4 day files"
    assert len(bars) == 4


def test_it_is_drawn_ten_times_a_second_at_most() -> None:
    assert len(drawn(Tty(), 4, every=output.INTERVAL / 2)) == 4


@pytest.mark.parametrize("total", [0, 2])
def test_a_total_that_is_unknown_or_too_small_spoils_nothing(total: int) -> None:
    bars = drawn(Tty(), total)[1:-1]
    assert [bar.count("█") for bar in bars] == ([0] * 4 if total == 0 else [0, 15, 30, 30])


def test_a_line_stands_in_the_place_of_the_bar() -> None:
    out = Tty()
    with redirect_stderr(out), redirect_stdout(out):
        for _ in output.progress(range(2), 2, "day files", iter((0.0, 1.0, 2.0)).__next__):
            output.print_line("one is damaged")
    shown = out.getvalue().split(CLEAR)
    assert shown.count("one is damaged\n") == 2
    assert shown[-1] == ""


def test_the_bar_is_gone_before_it_is_said_why_reading_broke_off() -> None:
    def things() -> Iterator[int]:
        yield from (1, 2)
        raise ArchiveError("the store broke off")

    out = Tty()
    with redirect_stderr(out), pytest.raises(ArchiveError):
        list(output.progress(things(), 4, "day files", iter((0.0, 1.0, 2.0)).__next__))
    assert out.getvalue().endswith(CLEAR)


def test_nothing_is_drawn_off_a_terminal() -> None:
    assert drawn(io.StringIO(), 4) == [""]
