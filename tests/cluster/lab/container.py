"""Builds an image from a Containerfile, with buildah and without a registry or a container engine.

Its store is in the cache, so that a step that has not changed is not run again.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.lab import build, images
from tests.cluster.lab.processes import MORTAL, Failed

# What this machine trusts, a build on it trusts: a proxy's own authority among them.
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_TRUST = f"--volume={_AUTHORITIES}:{_AUTHORITIES}:ro"
# Mounts of a build that is killed vanish with its namespaces. The network is the machine's.
_WALLS = (*MORTAL, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def archive(
    containerfile: Path, context: Path, *, name: str, cache: Path, arguments: Mapping[str, str]
) -> Path:
    """Build the image ``name`` and return it as a file for `Lab.load`.

    ``BASE`` is set to the lab's own base image unless the arguments say otherwise.
    """
    base = images.base(cache)
    target = cache / "images" / f"built-{name.replace('/', '-').replace(':', '-')}.tar"
    given = {"BASE": images.BASE, **arguments}
    with build.alone(cache / "images" / "buildah.lock"):
        _buildah(cache, "pull", "--quiet", f"docker-archive:{base}")
        flags = [f"--build-arg={key}={value}" for key, value in given.items()]
        where = [f"--file={containerfile}", f"--tag={name}", str(context)]
        _buildah(
            cache, "bud", "--isolation=chroot", "--layers", "--pull-never", _TRUST, *flags, *where
        )
        target.unlink(missing_ok=True)
        _buildah(cache, "push", "--quiet", name, f"docker-archive:{target}:{name}")
    return target


def _buildah(cache: Path, action: str, *words: str) -> None:
    store = cache / "images" / "buildah"
    places = [f"--root={store}", f"--runroot={store / 'run'}", "--storage-driver=overlay"]
    command = [*_WALLS, "buildah", *places, action, *words]
    done = subprocess.run(
        command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-20:])
        raise Failed(f"buildah {action} has failed:\n{last}")
