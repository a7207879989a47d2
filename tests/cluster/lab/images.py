"""Images for the node, made here: there is no registry.

An image is a tar file in the form that `docker save` writes, made once and kept in the cache.
"""

import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.lab import build, progress
from tests.cluster.lab.processes import MORTAL, Failed

PAUSE = "docker.io/local/pause:1"
BASE = "docker.io/local/base:1"
SOLVER = "docker.io/local/acme-solver:1"
SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def pause(programs: Path, cache: Path) -> Path:
    """The image of a pod's first process, which makes volumes' folders too."""
    settings = {"Entrypoint": ["/pause"], "User": "65535:65535"}

    def fill(layer: tarfile.TarFile) -> None:
        layer.add(programs / "pause", "pause")

    target = cache / "images" / f"pause-{programs.name}.tar"
    return target if target.exists() else _write(target, PAUSE, settings, fill)


def solver(programs: Path, cache: Path) -> Path:
    """The image of cert-manager's pods that answer an HTTP-01 challenge."""
    settings = {"Entrypoint": ["/acme-solver"], "User": "65532:65532"}

    def fill(layer: tarfile.TarFile) -> None:
        layer.add(programs / "acme-solver", "acme-solver")

    target = cache / "images" / f"solver-{programs.name}.tar"
    return target if target.exists() else _write(target, SOLVER, settings, fill)


def base(cache: Path) -> Path:
    """Debian with Python: what the project's own image is built on, and what tests run."""
    made_of = hashlib.sha256(f"{SUITE} {_PACKAGES} {platform.machine()} 1".encode())
    target = cache / "images" / f"base-{made_of.hexdigest()[:16]}.tar"
    with build.alone(cache / "images" / "build.lock"):
        if not target.exists():
            build.sweep(target.parent, "debian-")
            with progress.step(f"Making a base image of Debian {SUITE}, once (minutes)"):
                _debian(target)
    return target


def _debian(target: Path) -> None:
    settings = {"Cmd": ["python3"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"]}
    with tempfile.TemporaryDirectory(prefix="debian-", dir=target.parent) as temporary:
        root = Path(temporary) / "root"
        # It mounts /proc for a while; where only it can see that, none is left if it is killed.
        walls = [*MORTAL, "unshare", "--mount", "--pid", "--fork", "--kill-child"]
        options = ["--variant=minbase", f"--include={_PACKAGES}"]
        command = [*walls, "debootstrap", *options, SUITE, str(root)]
        log = Path(temporary) / "log"
        with log.open("w") as file:
            done = subprocess.run(command, stdout=file, stderr=file, check=False)
        if done.returncode:
            words = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
            raise Failed(f"debootstrap has failed:\n{words}")
        _trim(root)
        _write(target, BASE, settings, lambda layer: layer.add(root, "."))


def _trim(root: Path) -> None:
    for name in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        folder = root / name
        for entry in folder.iterdir() if folder.exists() else ():
            is_folder = entry.is_dir() and not entry.is_symlink()
            shutil.rmtree(entry) if is_folder else entry.unlink()
    if not (root / "usr/bin/python").exists():
        (root / "usr/bin/python").symlink_to("python3")


def _write(
    target: Path, name: str, settings: dict[str, Any], fill: Callable[[tarfile.TarFile], None]
) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debian-", dir=target.parent) as temporary:
        layer, whole = Path(temporary) / "layer.tar", Path(temporary) / "image.tar"
        with tarfile.open(layer, "w") as file:
            fill(file)
        with layer.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with tarfile.open(whole, "w") as file:
            file.add(layer, "layer.tar")
            _add(file, "config.json", _config(settings, digest))
            manifest = {"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}
            _add(file, "manifest.json", [manifest])
        whole.rename(target)
    return target


def _config(settings: dict[str, Any], digest: str) -> dict[str, Any]:
    return {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created_by": "tests/cluster/lab/images.py"}],
    }


def _add(file: tarfile.TarFile, name: str, content: object) -> None:
    data = json.dumps(content).encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    file.addfile(entry, io.BytesIO(data))


def load(archives: Sequence[Path], enter: tuple[str, ...]) -> None:
    """Give images to a node's containerd."""
    for archive in archives:
        command = ["ctr", "--namespace=k8s.io", "images", "import", str(archive)]
        done = subprocess.run([*enter, *command], check=False, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"containerd does not take {archive}: {done.stderr.strip()}")
