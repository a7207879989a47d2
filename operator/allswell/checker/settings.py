"""Read the checker's settings from environment variables; report every problem at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from allswell.checker.errors import BadCheckerSettings


@dataclass(frozen=True, slots=True)
class CheckerSettings:
    """Where a checker finds its list and its file, and which collector it reports to.

    `store_patience` is for how many seconds it waits for an earlier checker to release the file.
    `metrics_open` serves the metrics to whoever reaches the port, not only to this machine or pod.
    """

    config: Path
    data: Path
    collector: str
    token_file: Path
    ca_file: Path | None = None
    extra_ca_file: Path | None = None
    archive_ca_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 9090
    stop_with_stdin: bool = False
    store_patience: float = 0.0
    metrics_open: bool = False


REQUIRED = {
    "ALLSWELL_CONFIG": "the folder that holds checker.json",
    "ALLSWELL_DATA": "the folder for results",
    "ALLSWELL_COLLECTOR_URL": "the collector's URL, like https://collector:8443",
    "ALLSWELL_TOKEN_FILE": "the file that holds the checker's token",
}


def read(environment: Mapping[str, str]) -> CheckerSettings:
    """Read the settings. Raises `BadCheckerSettings` with every problem."""
    problems = [
        f"{name} is not set: set it to {meaning}"
        for name, meaning in REQUIRED.items()
        if not environment.get(name)
    ]
    collector = environment.get("ALLSWELL_COLLECTOR_URL", "")
    if collector and urlsplit(collector).scheme not in ("http", "https"):
        problems.append("ALLSWELL_COLLECTOR_URL must begin with http:// or https://")
    host, _, port = environment.get("ALLSWELL_STATUS_BIND", "127.0.0.1:9090").rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 2**16):
        problems.append("ALLSWELL_STATUS_BIND must be host:port, like 0.0.0.0:9090")
        port = "0"
    patience = environment.get("ALLSWELL_STORE_PATIENCE", "0")
    if not (patience.isascii() and patience.isdigit()):
        problems.append("ALLSWELL_STORE_PATIENCE must be a number of seconds, like 60")
        patience = "0"
    if problems:
        raise BadCheckerSettings("\n".join(problems))
    return CheckerSettings(
        config=Path(environment["ALLSWELL_CONFIG"]),
        data=Path(environment["ALLSWELL_DATA"]),
        collector=collector,
        token_file=Path(environment["ALLSWELL_TOKEN_FILE"]),
        ca_file=_path(environment, "ALLSWELL_CA_FILE"),
        extra_ca_file=_path(environment, "ALLSWELL_EXTRA_CA_FILE"),
        archive_ca_file=_path(environment, "ALLSWELL_ARCHIVE_CA_FILE"),
        host=host,
        port=int(port),
        stop_with_stdin=environment.get("ALLSWELL_STOP_WITH_STDIN") == "1",
        store_patience=float(patience),
        metrics_open=environment.get("ALLSWELL_METRICS_OPEN") == "1",
    )


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None
