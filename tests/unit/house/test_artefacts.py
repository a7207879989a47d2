"""What is costly is made once, however many want it at once; each in a process of its own."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import artefacts

ROOT = Path(__file__).parents[3]
# A maker that says that it has begun, and ends when it is told; arguments: its artefact.
MAKER = """
import sys
from pathlib import Path
from tests import artefacts

target = Path(sys.argv[1])

def make(made):
    made.with_name("left").mkdir()
    print("begun", flush=True)
    sys.stdin.readline()
    made.write_text(target.name)

print(artefacts.once(target, "Making it", make, replaces="*").read_text(), flush=True)
"""


def maker(target: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", MAKER, str(target)]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    """Return the lines that a maker prints up to one that begins with a word."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith(word):
        lines.append(process.stdout.readline())
        assert lines[-1], f"it ends before it says {word!r}: {lines}"
    return lines


def test_two_artefacts_of_one_folder_are_made_at_once_and_neither_harms_the_other(
    tmp_path: Path,
) -> None:
    with ExitStack() as ends:
        slow, quick = (ends.enter_context(maker(tmp_path / name)) for name in ("slow", "quick"))
        lines_until(slow, "begun")
        lines_until(quick, "begun")
        assert quick.communicate("\n")[0].splitlines()[-1] == "quick"
        assert slow.communicate("\n")[0].splitlines()[-1] == "slow"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "quick",
        "quick.lock",
        "slow",
        "slow.lock",
    ]


def test_two_that_want_the_same_make_it_once(tmp_path: Path) -> None:
    with ExitStack() as ends:
        first = ends.enter_context(maker(tmp_path / "it"))
        lines_until(first, "begun")
        second = ends.enter_context(maker(tmp_path / "it"))
        lines_until(second, "Waiting for another run")
        assert first.communicate("\n")[0].splitlines()[-1] == "it"
        assert second.communicate()[0].splitlines()[-1] == "it"


def test_what_a_killed_maker_left_is_made_anew(tmp_path: Path) -> None:
    with maker(tmp_path / "it") as first:
        lines_until(first, "begun")
        first.kill()
    assert (tmp_path / "it.making" / "left").exists()
    with maker(tmp_path / "it") as second:
        assert second.communicate("\n")[0].splitlines()[-1] == "it"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it", "it.lock"]


def test_what_fails_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    def fail(made: Path) -> None:
        made.write_text("half")
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError, match="no room"):
        artefacts.once(tmp_path / "it", "Making it", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["it.lock"]
    assert artefacts.once(tmp_path / "it", "Making it", Path.touch).exists()


def test_neighbours_of_its_kind_go_once_nobody_has_asked_for_them_for_a_week(
    tmp_path: Path,
) -> None:
    for name in ("base-1", "base-2", "pause-1"):
        artefacts.once(tmp_path / name, "Making it", Path.touch)
        os.utime(tmp_path / name, (0, 0))
    assert artefacts.once(tmp_path / "base-2", "Making it", Path.touch).exists()
    artefacts.once(tmp_path / "base-3", "Making it", Path.touch, replaces="base-*")
    there = {path.name for path in tmp_path.iterdir() if path.suffix != ".lock"}
    assert there == {"base-2", "base-3", "pause-1"}
