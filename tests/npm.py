"""Packages of npm that tests run: installed once by version, kept beside what else is built."""

import subprocess
import tempfile
from pathlib import Path

from tests import needs

INSTALL_S = 50


def folder(name: str, version: str) -> Path:
    """A folder whose `node_modules` has a package and what it depends on; no script of theirs runs.

    Each goes to its place at once, so that two who install it do not meet.
    """
    home = needs.CACHE / "npm"
    place = home / f"{name.replace('/', '+')}@{version}"
    if not place.exists():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as made:
            command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(
                [*command, "--prefix", made, f"{name}@{version}"],
                check=True,
                cwd=made,
                timeout=INSTALL_S,
            )
            if not place.exists():
                Path(made).rename(place)
                Path(made).mkdir()
    return place
