"""Build an image from a Containerfile, with buildah and without a registry or a container engine.

Its store is in the cache, so that a step that has not changed is not run again.
"""

import subprocess
from pathlib import Path

from tests import artefacts
from tests.cluster.lab import images
from tests.cluster.lab.processes import MORTAL, Failed

# What this machine trusts, a build on it trusts: a proxy's own authority among them.
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_TRUST = f"--volume={_AUTHORITIES}:{_AUTHORITIES}:ro"
# Mounts of a build that is killed vanish with its namespaces. The network is the machine's.
_ISOLATION = (*MORTAL, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def archive(archive_file: Path, containerfile: Path, *, name: str, cache: Path) -> None:
    """Build the image ``name`` in the Containerfile's folder, as a file for `Lab.load`.

    The argument ``BASE`` is the lab's own base image.
    """
    base = images.base(cache)
    with artefacts.alone(cache / "images" / "buildah.lock"):
        _buildah(cache, "pull", "--quiet", f"docker-archive:{base}")
        flags = ["--isolation=chroot", "--layers", "--pull-never", _TRUST]
        options = [f"--build-arg=BASE={images.BASE}", f"--file={containerfile}", f"--tag={name}"]
        _buildah(cache, "bud", *flags, *options, str(containerfile.parent))
        _buildah(cache, "push", "--quiet", name, f"docker-archive:{archive_file}:{name}")


def _buildah(cache: Path, action: str, *words: str) -> None:
    store = cache / "images" / "buildah"
    storage = [f"--root={store}", f"--runroot={store / 'run'}", "--storage-driver=overlay"]
    command = [*_ISOLATION, "buildah", *storage, action, *words]
    done = subprocess.run(
        command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-20:])
        raise Failed(f"buildah {action} has failed:\n{last}")
