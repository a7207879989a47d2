"""Run the unit and property tests on every other Python from 3.11 up that this machine has.

`python -m tests.pythons` says which it has found and makes an environment for each below the cache.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST = (3, 11)
NAME = re.compile(r"python(\d)\.(\d+)")
INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
TESTS = ("-m", "pytest", "-q", "--numprocesses", "2", "--dist", "worksteal")

Version = tuple[int, int]


def folders(environ: dict[str, str]) -> Iterator[Path]:
    """Yield the folders in which Pythons are installed: the PATH's, and pyenv's."""
    yield from (Path(name) for name in environ.get("PATH", "").split(os.pathsep) if name)
    pyenv = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob("versions/*/bin"), reverse=True)


def interpreters(places: Iterable[Path]) -> dict[Version, Path]:
    """Find one interpreter for each minor version from the oldest that is supported."""
    found: dict[Version, Path] = {}
    for folder in places:
        if folder.name == "shims":  # they stand for whichever version pyenv has chosen
            continue
        for program in sorted(folder.glob("python3.*")):
            match = NAME.fullmatch(program.name)
            version = (int(match[1]), int(match[2])) if match else (0, 0)
            if version >= OLDEST and version not in found and makes_environments(program):
                found[version] = program
    return dict(sorted(found.items()))


def makes_environments(program: Path) -> bool:
    """Tell whether an interpreter runs and has its venv module."""
    command = [str(program), "-c", "import ensurepip, venv"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def environment(program: Path, folder: Path) -> Path:
    """Make an environment with the pinned packages, if it is not there; return its Python."""
    python, locks = folder / "bin/python", ROOT / "requirements"
    lock = (locks / "dev.lock").read_text(encoding="utf-8")
    stamp = folder / "dev.lock"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        subprocess.run([program, "-m", "venv", "--clear", folder], check=True)
        pinned = ("--require-hashes", "--requirement", str(locks / "dev.lock"))
        subprocess.run([python, *INSTALL, *pinned], check=True)
        stamp.write_text(lock, encoding="utf-8")
    # Each checkout anew: the environment outlives it.
    subprocess.run([python, *INSTALL, "--no-build-isolation", "--editable", ROOT], check=True)
    return python


def run(python: Path, arguments: Sequence[str]) -> bool:
    """Run the tests on one Python; tell whether all passed."""
    chosen = arguments or ("tests/unit", "tests/property")
    return subprocess.run([python, *TESTS, *chosen], cwd=ROOT, check=False).returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Run the tests on all of them; return 1 if any fails."""
    found = interpreters(folders(dict(os.environ)))
    others = {v: program for v, program in found.items() if v != sys.version_info[:2]}
    names = [f"{major}.{minor} ({program})" for (major, minor), program in others.items()]
    print(f"Other Pythons from 3.11 up on this machine: {', '.join(names) or 'none'}.", flush=True)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "allswell/pythons"
    failed = []
    for (major, minor), program in others.items():
        print(f"Unit and property tests on Python {major}.{minor}:", flush=True)
        if not run(environment(program, cache / f"{major}.{minor}"), arguments):
            failed.append(f"{major}.{minor}")
    if failed:
        print(f"Tests failed on Python {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
