"""Builds the programs of the lab once, with Go, and keeps them by what they were made of.

A build is only ever seen whole: it is made in a folder of its own that gets its name at the end.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cluster.lab import progress
from tests.cluster.lab.places import SOURCE
from tests.cluster.lab.processes import MORTAL, Failed

VERSION = "v1.35.4"
PROVISIONER = "github.com/rancher/local-path-provisioner@v0.0.30"
HELM = "helm.sh/helm/v4/cmd/helm@v4.3.1"
_STAMP = "-X k8s.io/component-base/version.gitVersion="
_KEPT = 7 * 24 * 3600.0  # seconds since it was last used
_GO = "/usr/local/go/bin/go"


def go() -> str | None:
    """Find Go."""
    return shutil.which("go") or shutil.which(_GO)


def fingerprint(source: Path) -> str:
    """Name a build by its source, how it is built (this file), and this machine's kind."""
    digest = hashlib.sha256(platform.machine().encode() + Path(__file__).read_bytes())
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        digest.update(f"\0{path.relative_to(source)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until nobody else holds the lock, and hold it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"Waiting for another run that holds {lock} …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def programs(cache: Path) -> Path:
    """Return the folder that holds ``kubernetes``, ``kubectl`` and the rest; build it if needed."""
    title = f"Building Kubernetes {VERSION} with Go, once (minutes)"
    return kept(cache / "bin" / fingerprint(SOURCE), title, _kubernetes)


def kept(folder: Path, title: str, make: Callable[[str, Path], None]) -> Path:
    """Return a folder of programs; if it is not there, ``make`` is given Go and where to put them.

    Its neighbours that nobody has used for a week are removed.
    """
    if folder.exists():
        os.utime(folder)
        return folder
    with alone(folder.parent / "build.lock"):
        if not folder.exists():
            sweep(folder.parent, "build-")
            with progress.step(title):
                _build(folder, make)
            _forget_unused(folder.parent)
    return folder


def sweep(folder: Path, prefix: str) -> None:
    """Remove what a killed build has left; call it only while nobody else builds."""
    for left in folder.glob(f"{prefix}*/"):
        shutil.rmtree(left)


def _build(folder: Path, make: Callable[[str, Path], None]) -> None:
    command = go()
    if command is None:
        raise Failed("Go is needed to build programs for tests: https://go.dev/dl/ (from 1.26)")
    with tempfile.TemporaryDirectory(prefix="build-", dir=folder.parent) as temporary:
        made = Path(temporary) / "bin"
        made.mkdir()
        make(command, made)
        made.rename(folder)


def _kubernetes(command: str, made: Path) -> None:
    stamp = f"-s -w {_STAMP}{VERSION} {_STAMP.replace('component-base', 'client-go/pkg')}"
    compiled([command, "build", "-ldflags", f"{stamp}{VERSION}", "-o", f"{made}/", "./..."], made)
    compiled([command, "build", "-C=dns", "-ldflags=-s -w", "-o", f"{made}/", "."], made)
    for program in (PROVISIONER, HELM):
        compiled([command, "install", "-ldflags=-s -w", program], made)
    (made / "kubectl").symlink_to("kubernetes")


@contextlib.contextmanager
def _ended(build: subprocess.Popen[str]) -> Iterator[None]:
    """End a program that is no longer waited for."""
    try:
        yield
    except BaseException:
        build.kill()
        raise


def compiled(command: list[str], made: Path, source: Path = SOURCE) -> None:
    """Run Go in a folder of sources, with its progress; what it installs goes to ``made``."""
    environ = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(made)}
    place = [word for word in command[2:] if word.startswith("-C=")]  # Go wants it first
    flags = ["-v", "-trimpath", "-buildvcs=false"]
    verbose = [*command[:2], *place, *flags, *(word for word in command[2:] if word not in place)]
    shown, count, words = time.monotonic(), 0, [""]
    with (
        subprocess.Popen(
            [*MORTAL, "nice", "-n", "10", *verbose],
            cwd=source,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as build,
        _ended(build),
    ):
        for line in build.stderr or ():
            count, words = count + 1, [*words[-20:], line]
            if time.monotonic() > shown + 10:
                shown = time.monotonic()
                progress.tick(f"{count} steps, now {line.strip()}")
    if build.returncode:
        raise Failed(f"`{' '.join(command)}` failed:\n{''.join(words)}")


def _forget_unused(builds: Path) -> None:
    # Another lab may run from an older build, so age alone decides.
    for build in builds.glob("*/"):
        if time.time() - build.stat().st_mtime > _KEPT:
            shutil.rmtree(build)
