"""Make images for the node: there is no registry.

An image is a tar file in the form that `docker save` writes, made once and kept in the cache.
"""

import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests import artefacts
from tests.cluster.lab.processes import MORTAL, Failed

PAUSE = "docker.io/local/pause:1"
BASE = "docker.io/local/base:1"
SOLVER = "docker.io/local/acme-solver:1"
SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def pause(programs: Path, cache: Path) -> Path:
    """Return the image of a pod's first process, which makes volumes' folders too."""
    settings = {"Entrypoint": ["/pause"], "User": "65535:65535"}
    return _of_program(programs / "pause", PAUSE, settings, cache)


def solver(programs: Path, cache: Path) -> Path:
    """Return the image of cert-manager's pods that answer an HTTP-01 challenge."""
    settings = {"Entrypoint": ["/acme-solver"], "User": "65532:65532"}
    return _of_program(programs / "acme-solver", SOLVER, settings, cache)


def base(cache: Path) -> Path:
    """Return Debian with Python: the base of the project's own image, and what tests run."""
    made_of = hashlib.sha256(f"{SUITE} {_PACKAGES} {platform.machine()} 1".encode())
    target = cache / "images" / f"base-{made_of.hexdigest()[:16]}.tar"
    title = f"Making a base image of Debian {SUITE}, once (minutes)"
    return artefacts.once(target, title, _debian, replaces="base-*")


def _of_program(program: Path, name: str, settings: dict[str, Any], cache: Path) -> Path:
    target = cache / "images" / f"{program.name}-{program.parent.name}.tar"

    def make(archive: Path) -> None:
        _write(archive, name, settings, lambda layer: layer.add(program, program.name))

    return artefacts.once(target, f"Making the image {name}", make, replaces=f"{program.name}-*")


def _debian(archive: Path) -> None:
    settings = {"Cmd": ["python3"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"]}
    root, log = archive.with_name("root"), archive.with_name("log")
    # It mounts /proc for a while; where only it can see that, none is left if it is killed.
    isolation = [*MORTAL, "unshare", "--mount", "--pid", "--fork", "--kill-child"]
    options = ["--variant=minbase", f"--include={_PACKAGES}"]
    with log.open("w") as file:
        command = [*isolation, "debootstrap", *options, SUITE, str(root)]
        done = subprocess.run(command, stdout=file, stderr=file, check=False)
    if done.returncode:
        words = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise Failed(f"debootstrap has failed:\n{words}")
    _trim(root)
    _write(archive, BASE, settings, lambda layer: layer.add(root, "."))


def _trim(root: Path) -> None:
    for name in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        folder = root / name
        for entry in folder.iterdir() if folder.exists() else ():
            is_folder = entry.is_dir() and not entry.is_symlink()
            shutil.rmtree(entry) if is_folder else entry.unlink()
    if not (root / "usr/bin/python").exists():
        (root / "usr/bin/python").symlink_to("python3")


def _write(
    archive: Path, name: str, settings: dict[str, Any], fill: Callable[[tarfile.TarFile], None]
) -> None:
    layer = archive.with_name("layer.tar")
    with tarfile.open(layer, "w") as file:
        fill(file)
    with layer.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with tarfile.open(archive, "w") as file:
        file.add(layer, "layer.tar")
        _add(file, "config.json", _config(settings, digest))
        manifest = {"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}
        _add(file, "manifest.json", [manifest])


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
