"""List what the tests need from the machine beside Python, and how to install it.

``python -m tests.needs`` says what is lacking. A test asks with ``@pytest.mark.needs("nginx")``: it
is skipped where the thing is lacking, and fails where everything is required (``CI=true`` or
``ALLSWELL_REQUIRE_ALL=1``), because a skip there would be a green that nobody earned.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

POSTGRES_HOMES = Path("/usr/lib/postgresql")
# A plain user's PATH on Debian has no sbin, though what lies there may be run.
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
# What is built from Go modules is kept here: by itself, or with the Kubernetes for tests.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "allswell"
BUILT = ("tools", "cluster/bin/*")
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
HELM = "helm.sh/helm/v4/cmd/helm@v4.3.1"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the machine may lack; ``where`` finds it, or returns None."""

    name: str
    title: str
    install: str
    where: Callable[[], Path | None]


def program(name: str) -> Path | None:
    """Find a program on PATH or where Debian keeps those of the administrator."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{SBIN}")
    return Path(found) if found else None


def postgres_bin(homes: Path = POSTGRES_HOMES) -> Path | None:
    """Find the folder of the newest PostgreSQL server programs (initdb, postgres)."""
    folders = [p.parent for p in homes.glob("*/bin/initdb") if p.with_name("postgres").exists()]
    versions = sorted(folders, key=lambda p: [int(n) for n in p.parent.name.split(".")])
    if versions:
        return versions[-1]
    initdb = program("initdb")
    return initdb.resolve().parent if initdb and program("postgres") else None


def nginx() -> Path | None:
    """Find the nginx program."""
    return program("nginx")


def built(name: str, cache: Path = CACHE) -> Path | None:
    """Find a program on PATH, else the one that was built last."""
    found = [path for place in BUILT for path in cache.glob(f"{place}/{name}")]
    return program(name) or max(found, key=lambda path: path.stat().st_mtime, default=None)


def helm() -> Path | None:
    """Find the helm program."""
    return built("helm")


def redis() -> Path | None:
    """Find the Redis server."""
    return program("redis-server")


def npm() -> Path | None:
    """Find npm, which brings axe."""
    return program("npm")


def chromium() -> Path | None:
    """Find the Chromium program."""
    return program("chromium")


def versitygw() -> Path | None:
    """Find the S3 server."""
    return built("versitygw")


NEEDS = {
    need.name: need
    for need in (
        Need(
            "postgresql",
            "the PostgreSQL server programs",
            "sudo apt-get install postgresql",
            postgres_bin,
        ),
        Need("nginx", "nginx", "sudo apt-get install nginx", nginx),
        Need("npm", "npm", "sudo apt-get install npm", npm),
        Need("chromium", "the Chromium browser", "sudo apt-get install chromium", chromium),
        Need("helm", "Helm", f"GOBIN={CACHE / 'tools'} go install {HELM}", helm),
        Need(
            "versitygw",
            "the S3 server versitygw",
            f"GOBIN={CACHE / 'tools'} go install {VERSITYGW}",
            versitygw,
        ),
        Need("redis", "the Redis server", "sudo apt-get install redis-server", redis),
    )
}


def lacking(needs: Iterable[Need]) -> list[Need]:
    """Return those that this machine does not have."""
    return [need for need in needs if need.where() is None]


def everything_is_required(environ: Mapping[str, str]) -> bool:
    """Tell whether a lacking thing is a failure here rather than a skip."""
    return environ.get("CI") == "true" or environ.get("ALLSWELL_REQUIRE_ALL") == "1"


def sentence(need: Need) -> str:
    """Say what is lacking and what to do about it."""
    return f"This machine lacks {need.title}. To install: {need.install}"


def main(needs: Iterable[Need], environ: Mapping[str, str]) -> int:
    """Print what is lacking; return 1 if that is a failure here."""
    missing = lacking(needs)
    required = everything_is_required(environ)
    outcome = "That is a failure here." if required else "The tests of it are skipped."
    for need in missing:
        print(f"{sentence(need)}\n  {outcome}", flush=True)
    return 1 if missing and required else 0


if __name__ == "__main__":
    sys.exit(main(NEEDS.values(), os.environ))
