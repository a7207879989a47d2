"""Name the files of a lab: one folder in the user's cache, by name, so that two can exist."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SOURCE = Path(__file__).parents[1] / "go"


def cache(environ: Mapping[str, str]) -> Path:
    """Return the folder of all that is built once and kept."""
    base = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "allswell" / "cluster"


@dataclass(frozen=True, slots=True)
class LabPaths:
    """The folders of one lab; ``home`` holds all that ends with it."""

    name: str
    cache: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Return the lab that the environment names (ALLSWELL_LAB), by default ``main``."""
        return cls(environ.get("ALLSWELL_LAB") or "main", cache(environ))

    @property
    def home(self) -> Path:
        """Return all that belongs to this lab alone."""
        return self.cache / "labs" / self.name

    @property
    def run(self) -> Path:
        """Return what runs: a command and a process number for each daemon."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """Return one log for each daemon."""
        return self.home / "logs"

    @property
    def certs(self) -> Path:
        """Return the folder of keys, certificates and kubeconfigs."""
        return self.home / "certs"

    @property
    def data(self) -> Path:
        """Return what the daemons store."""
        return self.home / "data"

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.certs / "admin.kubeconfig"

    @property
    def context(self) -> str:
        """Return the name of the cluster in its kubeconfig."""
        return f"allswell-lab-{self.name}"

    @property
    def facts(self) -> Path:
        """Return what kind of lab this is; it exists only while the lab is whole."""
        return self.home / "facts.json"

    @property
    def link(self) -> Path:
        """Return the name of the interface that leads to the node."""
        return self.home / "interface"

    @property
    def lock(self) -> Path:
        """Return the lock that is held while the lab is brought up or down."""
        return self.cache / "labs" / f"{self.name}.lock"

    @property
    def temporary(self) -> Path:
        """Return the marker of a test run's own lab, which it or the next run takes down."""
        return self.cache / "labs" / f"{self.name}.temporary"

    @property
    def testing(self) -> Path:
        """Return the lock that is held while a test run uses the lab."""
        return self.cache / "labs" / f"{self.name}.testing.lock"

    def make(self) -> None:
        """Make the folders; keys are nobody else's business."""
        for folder in (self.run, self.logs, self.certs, self.data):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def here() -> LabPaths:
    """Return the lab of this process's environment."""
    return LabPaths.of(os.environ)
