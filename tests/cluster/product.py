"""Build the project's own image for a cluster, and a stand-in for the official one of PostgreSQL.

On the lab they are built from this checkout and loaded; on a cluster of yours they must be there
already, named by ALLSWELL_IMAGE (and pulled as any other).
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from tests import artefacts, progress
from tests.cluster.cluster_access import Cluster
from tests.cluster.lab import container

ROOT = Path(__file__).parents[2]
NAME = "localhost/allswell:test"
DATABASE = "localhost/postgres:test"
DATABASE_FOLDER = Path(__file__).parent / "images" / "postgres"
PARTS = ("Containerfile", ".containerignore", "pyproject.toml", "README.md", "LICENSE")
FOLDERS = ("requirements", "operator", "webpage")
# Each change of the source makes another image; one is needed for the seconds until it is loaded.
_KEPT = 3600.0


def image(cluster: Cluster) -> str:
    """Return the name of the project's image, which the cluster's node has when this returns."""
    if cluster.lab is None:
        return os.environ.get("ALLSWELL_IMAGE", "allswell:0.1.0")
    cluster.lab.load(built(cluster.lab.paths.cache))
    return NAME


def database_image(cluster: Cluster) -> str:
    """Return the name of a PostgreSQL image; empty for the chart's own."""
    if cluster.lab is None:
        return ""
    cluster.lab.load(built_database(cluster.lab.paths.cache))
    return DATABASE


def built(cache: Path) -> Path:
    """Return the archive of the project's image, built if this checkout's has not been."""
    sources = [ROOT / name for name in PARTS]
    for folder in FOLDERS:
        sources += [p for p in sorted((ROOT / folder).rglob("*")) if p.is_file()]
    files = [path for path in sources if "__pycache__" not in path.parts]
    return _kept(cache, NAME, files, ROOT / "Containerfile")


def built_database(cache: Path) -> Path:
    """Return the archive of the stand-in for PostgreSQL's image, built if it has not been."""
    files = sorted(DATABASE_FOLDER.iterdir())
    return _kept(cache, DATABASE, files, DATABASE_FOLDER / "Containerfile")


def _kept(cache: Path, name: str, files: Iterable[Path], containerfile: Path) -> Path:
    digest = hashlib.sha256(Path(container.__file__).read_bytes())
    for path in files:
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    stem = f"product-{name.partition('/')[2].partition(':')[0]}"
    target = cache / "images" / f"{stem}-{digest.hexdigest()[:16]}.tar"

    def make(archive: Path) -> None:
        container.archive(archive, containerfile, name=name, cache=cache)
        progress.say(f"  {name}: {archive.stat().st_size / 1e6:.0f} MB, not compressed")

    return artefacts.once(
        target, f"Building the image {name}", make, replaces=f"{stem}-*", kept=_KEPT
    )
