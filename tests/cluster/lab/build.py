"""Build the programs of the lab once, with Go, and keep them by what they were made of."""

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import artefacts, progress
from tests.cluster.lab.paths import SOURCE
from tests.cluster.lab.processes import MORTAL, Failed

VERSION = "v1.35.4"
PROVISIONER = "github.com/rancher/local-path-provisioner@v0.0.30"
HELM = "helm.sh/helm/v4/cmd/helm@v4.3.1"
_STAMP = "-X k8s.io/component-base/version.gitVersion="
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


def programs(cache: Path) -> Path:
    """Return the folder that holds ``kubernetes``, ``kubectl`` and the rest; build it if needed."""
    title = f"Building Kubernetes {VERSION} with Go, once (minutes)"
    return build_once(cache / "bin" / fingerprint(SOURCE), title, _kubernetes)


def build_once(folder: Path, title: str, make: Callable[[str, Path], None]) -> Path:
    """Return a folder of programs; if it is missing, ``make`` gets Go and the folder."""

    def build(target: Path) -> None:
        command = go()
        if command is None:
            raise Failed("Go is needed to build programs for tests: https://go.dev/dl/ (from 1.26)")
        target.mkdir()
        make(command, target)

    return artefacts.once(folder, title, build, replaces="*")


def _kubernetes(command: str, folder: Path) -> None:
    stamp = f"-s -w {_STAMP}{VERSION} {_STAMP.replace('component-base', 'client-go/pkg')}"
    compiled(
        [command, "build", "-ldflags", f"{stamp}{VERSION}", "-o", f"{folder}/", "./..."], folder
    )
    compiled([command, "build", "-C=dns", "-ldflags=-s -w", "-o", f"{folder}/", "."], folder)
    for program in (PROVISIONER, HELM):
        compiled([command, "install", "-ldflags=-s -w", program], folder)
    (folder / "kubectl").symlink_to("kubernetes")


@contextlib.contextmanager
def _ended(build: subprocess.Popen[str]) -> Iterator[None]:
    """End a program that is no longer waited for."""
    try:
        yield
    except BaseException:
        build.kill()
        raise


def compiled(command: list[str], folder: Path, source: Path = SOURCE) -> None:
    """Run Go in a folder of sources, with its progress; what it installs goes to ``folder``."""
    environ = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(folder)}
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
