import io

from allswell.cli import terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_word_is_coloured_on_a_terminal() -> None:
    assert terminal.has_colour(Tty(), {"TERM": "xterm"})
    assert terminal.paint("UP", "up", Tty(), {}) == "\x1b[32mUP\x1b[0m"


def test_nothing_is_coloured_off_a_terminal() -> None:
    assert terminal.paint("UP", "up", io.StringIO(), {}) == "UP"


def test_no_color_and_dumb_terminals_are_respected() -> None:
    assert not terminal.has_colour(Tty(), {"NO_COLOR": "1"})
    assert not terminal.has_colour(Tty(), {"TERM": "dumb"})
    assert terminal.has_colour(Tty(), {"NO_COLOR": ""})


def test_a_word_without_a_colour_stays_as_it_is() -> None:
    assert terminal.paint("x", "paused", Tty(), {}) == "x"


def test_one_is_singular_and_all_else_plural() -> None:
    assert [terminal.count_of(n, "day") for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
