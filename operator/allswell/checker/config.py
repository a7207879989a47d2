"""Read what a checker is to run: a folder with `checker.json`, and Secrets as files beside it.

On Kubernetes the folder is a ConfigMap and a projected volume, on one machine `allswell up` writes
it. It is read again when it changes; a list that cannot be read leaves the last good one in force.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from allswell.checker.errors import BadConfig
from allswell.domain.cover import Grace
from allswell.domain.message import MalformedMessage, MessageReader
from allswell.domain.spec import monitor as spec
from allswell.domain.spec.http import SecretKey
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.problem import InvalidManifest
from allswell.probe.address_policy import Network

FILE = "checker.json"
SECRETS = "secrets"
MAX_SECRET_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class CheckerConfig:
    """The monitors to run and the installation's rules for all of them."""

    monitors: tuple[Monitor, ...] = ()
    references: tuple[tuple[str, int], ...] = ()
    grace: Grace = field(default_factory=Grace)
    beat_every: timedelta = timedelta(seconds=30)
    allow_loopback: bool = False
    allow_private: bool = True
    denied: tuple[Network, ...] = ()


def text(config: CheckerConfig) -> str:
    """Return the content of `checker.json`."""
    fields = {
        "monitors": [spec.text(monitor) for monitor in config.monitors],
        "references": [f"{host}:{port}" for host, port in config.references],
        "grace_least_s": config.grace.least // timedelta(seconds=1),
        "grace_most_s": config.grace.most // timedelta(seconds=1),
        "beat_every_s": config.beat_every // timedelta(seconds=1),
        "allow_loopback": config.allow_loopback,
        "allow_private": config.allow_private,
        "denied": [str(network) for network in config.denied],
    }
    return json.dumps(fields, indent=1) + "\n"


def parse(content: str) -> CheckerConfig:
    """Parse what `text` wrote. Raises `BadConfig`."""
    try:
        value = json.loads(content)
        reader = MessageReader(value)
        monitors = tuple(spec.read(manifest) for manifest in value.get("monitors", ()))
        least, most = reader.maybe_count("grace_least_s"), reader.maybe_count("grace_most_s")
        beat_seconds = reader.maybe_count("beat_every_s")
        return CheckerConfig(
            monitors=monitors,
            references=tuple(_reference(target) for target in reader.texts("references")),
            grace=Grace(
                timedelta(seconds=60 if least is None else least),
                timedelta(seconds=600 if most is None else most),
            ),
            beat_every=timedelta(seconds=beat_seconds or 30),
            allow_loopback=reader.flag("allow_loopback"),
            allow_private=reader.flag("allow_private"),
            denied=tuple(ip_network(network) for network in reader.texts("denied")),
        )
    except (InvalidManifest, MalformedMessage, ValueError, TypeError) as error:
        raise BadConfig(f"{FILE} cannot be used: {error}") from error


def _reference(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


class ConfigFolder:
    """The folder, polled for changes. `secrets` holds the values of the last read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last_content = ""
        self.secrets: Mapping[SecretKey, str] = {}

    def read_changes(self) -> CheckerConfig | None:
        """Read the Secrets, and the list if it has changed since the last read.

        Raises `BadConfig`, once for each content; then the last good list should stay in force.
        """
        self.secrets = dict(self._secrets())
        try:
            content = (self._path / FILE).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig(f"{self._path / FILE} cannot be read: {error}") from error
        if content == self._last_content:
            return None
        self._last_content = content
        return parse(content)

    def _secrets(self) -> Iterator[tuple[SecretKey, str]]:
        """Yield each Secret's values; a final line break is not part of a value."""
        for file in (self._path / SECRETS).glob("*/[!.]*"):
            with contextlib.suppress(OSError):
                if file.is_file() and file.stat().st_size <= MAX_SECRET_BYTES:
                    value = file.read_text(errors="replace").removesuffix("\n")
                    yield SecretKey(file.parent.name, file.name), value
