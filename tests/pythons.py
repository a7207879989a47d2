"""Run the unit and property tests on every other Python from 3.11 up that this machine has.

``python -m tests.pythons`` says which it finds: on PATH, and among those of pyenv and uv. Each gets
the locked packages in an environment of its own, which is made once and kept in the cache.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import artefacts, needs

ROOT = Path(__file__).parents[1]
OLDEST = (3, 11)
LOCKS = tuple(ROOT / "requirements" / name for name in ("runtime.lock", "dev.lock"))
TESTS = ("tests/unit", "tests/property")
_LOOK = """\
import ensurepip, json, sqlite3, ssl, sys, venv
print(json.dumps([*sys.version_info[:3], sys.executable]))
"""


@dataclass(frozen=True, slots=True, order=True)
class Interpreter:
    """A Python: its version, like (3, 13, 0), and its program."""

    version: tuple[int, int, int]
    program: Path

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.program})"


def programs(environ: Mapping[str, str]) -> list[Path]:
    """Return all that are named like a Python 3, whether they work or not."""
    home = Path(environ.get("HOME", "/root"))
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = home / ".local/share/uv/python"
    folders = [Path(folder) for folder in environ.get("PATH", os.defpath).split(os.pathsep)]
    folders += [path for place in (pyenv, uv) for path in sorted(place.glob("*/bin"))]
    programs = [path for folder in folders for path in sorted(folder.glob("python3*"))]
    return [path for path in programs if re.fullmatch(r"python3(\.\d+)?", path.name)]


def look(program: Path) -> Interpreter | None:
    """Ask a program for its version; None if it does not run or cannot make environments."""
    done = subprocess.run([program, "-c", _LOOK], capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    *version, executable = json.loads(done.stdout)
    return Interpreter((version[0], version[1], version[2]), Path(executable))


def chosen(interpreters: Iterable[Interpreter], own: tuple[int, int]) -> list[Interpreter]:
    """Return the newest of each release from the oldest on that we support, without our own."""
    newest: dict[tuple[int, ...], Interpreter] = {}
    for interpreter in sorted(interpreters):
        newest[interpreter.version[:2]] = interpreter
    return [it for release, it in newest.items() if release >= OLDEST and release != own]


def environment(interpreter: Interpreter) -> Path:
    """Return the Python of an environment with the locked packages."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in LOCKS)).hexdigest()[:12]
    release, version = (".".join(map(str, interpreter.version[:n])) for n in (2, 3))

    def make(made: Path) -> None:
        program = str(made / "bin" / "python")
        subprocess.run([str(interpreter.program), "-m", "venv", str(made)], check=True)
        install = [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        locks = [f"--requirement={lock}" for lock in LOCKS]
        subprocess.run([*install, "--no-deps", "--require-hashes", *locks], check=True)
        # For its name and version; the source that is tested comes by PYTHONPATH.
        subprocess.run([*install, "--no-deps", "--no-build-isolation", str(ROOT)], check=True)

    home = needs.CACHE / "pythons" / f"{release}-{version}-{digest}"
    title = f"Installing the locked packages for {interpreter}, once"
    return artefacts.once(home, title, make, replaces=f"{release}-*") / "bin" / "python"


def passes(interpreter: Interpreter, arguments: Sequence[str]) -> bool:
    """Run these tests, unless said otherwise those of units and properties; tell if all pass."""
    print(f"The unit and property tests on {interpreter}:", flush=True)
    path = os.pathsep.join(str(ROOT / name) for name in ("operator", "webpage"))
    jobs = ("--numprocesses", "2", "--dist", "worksteal")
    command = [str(environment(interpreter)), "-m", "pytest", "-q", "-p", "no:cacheprovider", *jobs]
    environ = {**os.environ, "PYTHONPATH": path, "ALLSWELL_EXAMPLES": "few"}
    command += arguments or TESTS
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Try all that are there; return 1 if a test fails on any of them."""
    interpreters = {it for it in map(look, programs(os.environ)) if it is not None}
    others = chosen(interpreters, sys.version_info[:2])
    print(f"Other Pythons from 3.11 up on this machine: {', '.join(map(str, others)) or 'none'}.")
    failed = [str(interpreter) for interpreter in others if not passes(interpreter, arguments)]
    if failed:
        print(f"Tests failed on {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
