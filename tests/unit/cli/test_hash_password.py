"""Test the command as a process that reads from a pipe, as in a script, and from a terminal."""

import os
import pty
import subprocess
import sys

import pytest

from allswell.domain import password

COMMAND = [sys.executable, "-m", "allswell.cli", "hash-password"]


def run_with_pipe(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, input=line, capture_output=True, text=True, timeout=30, check=False
    )


def typed(*lines: str) -> tuple[int, str, str]:
    """Write lines when prompted; return the exit code, the output and what the terminal shows."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        COMMAND, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True
    ) as running:
        os.close(theirs)
        shown = b""
        for line in lines:
            while not shown.endswith(b": "):
                shown += os.read(ours, 1024)
            os.write(ours, f"{line}\n".encode())
            shown += b"|"
        assert running.stdout is not None
        printed = running.stdout.read().decode()
        code = running.wait(30)
    shown += _rest(ours)
    os.close(ours)
    return code, printed, shown.decode()


def _rest(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # how Linux says that nobody holds the other end any more
        return b""


@pytest.mark.parametrize("line", ["open sesame\n", "open sesame", "open sesame\nmore\n"])
def test_the_first_line_of_a_pipe_is_the_password(line: str) -> None:
    done = run_with_pipe(line)
    (line,) = done.stdout.splitlines()
    assert password.matches("open sesame", line)
    assert done.returncode == 0


@pytest.mark.parametrize("line", ["", "\n", "x" * 1025])
def test_no_password_and_one_too_long_are_refused(line: str) -> None:
    done = run_with_pipe(line)
    assert (done.returncode, done.stdout) == (2, "")
    assert "1 to 1024 characters" in done.stderr


def test_on_a_terminal_the_password_is_asked_twice_and_never_shown() -> None:
    code, printed, shown = typed("open sesame", "open sesame")
    assert code == 0
    assert password.matches("open sesame", printed.strip())
    assert "sesame" not in shown


def test_two_passwords_that_differ_give_no_hash() -> None:
    code, printed, shown = typed("open sesame", "open sesamy")
    assert (code, printed) == (2, "")
    assert "the two passwords differ" in shown
