"""The settings of the page's process, read from its environment: every problem at once."""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from allswell_web.collector import Address

DEFAULT_BIND = "127.0.0.1:8080"
MOST_THREADS = 64
HIGHEST_PORT = 65_535


class Invalid(Exception):
    """Settings that cannot be used; `problems` says of each what to write instead."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `own_hosts` are names at which pages are found by path."""

    database_url: str
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 4
    collector: Address | None = None
    base_url: str = ""
    own_hosts: tuple[str, ...] = ()
    stop_with_stdin: bool = False


def read(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises `Invalid`."""
    problems: list[str] = []
    host, port = _bind(environ.get("ALLSWELL_BIND", DEFAULT_BIND), problems)
    shown = f"[{host}]" if ":" in host else host
    settings = Settings(
        database_url=_database(environ, problems),
        host=host,
        port=port,
        threads=_threads(environ.get("ALLSWELL_THREADS", "4"), problems),
        collector=_collector(environ, problems),
        base_url=environ.get("ALLSWELL_BASE_URL", f"http://{shown}:{port}"),
        own_hosts=tuple(environ.get("ALLSWELL_HOSTS", "").lower().replace(",", " ").split()),
        stop_with_stdin=environ.get("ALLSWELL_STOP_WITH_STDIN", "") == "1",
    )
    if problems:
        raise Invalid(tuple(problems))
    return settings


def _database(environ: Mapping[str, str], problems: list[str]) -> str:
    """The URL, or the content of the file that `ALLSWELL_DATABASE_URL_FILE` names."""
    url, file = environ.get("ALLSWELL_DATABASE_URL"), environ.get("ALLSWELL_DATABASE_URL_FILE")
    if url and file:
        problems.append("ALLSWELL_DATABASE_URL and ALLSWELL_DATABASE_URL_FILE: set only one")
    if file and not url:
        try:
            url = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            problems.append(f"ALLSWELL_DATABASE_URL_FILE: {file} cannot be read: {problem}")
            return ""
    if not url:
        problems.append(
            "ALLSWELL_DATABASE_URL is not set: write an address like "
            "sqlite:////var/lib/allswell/central.db or postgresql+psycopg://user@host/allswell"
        )
    return url or ""


def _bind(text: str, problems: list[str]) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host and port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT:
        return host, int(port)
    problems.append(f"ALLSWELL_BIND is {text!r}: write an address and a port, like {DEFAULT_BIND}")
    return "127.0.0.1", 0


def _threads(text: str, problems: list[str]) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_THREADS:
        return int(text)
    problems.append(f"ALLSWELL_THREADS is {text!r}: write a number from 1 to {MOST_THREADS}")
    return 1


def _collector(environ: Mapping[str, str], problems: list[str]) -> Address | None:
    """Where latency comes from; None when it is not set."""
    url, token = environ.get("ALLSWELL_COLLECTOR_URL"), environ.get("ALLSWELL_TOKEN_FILE")
    if not url:
        return None
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        problems.append(
            f"ALLSWELL_COLLECTOR_URL is {url!r}: write an address like https://collector:8443"
        )
    if not token:
        problems.append("ALLSWELL_TOKEN_FILE is not set: write the path of the collector's token")
    ca_file = environ.get("ALLSWELL_CA_FILE")
    return Address(url, Path(token or ""), Path(ca_file) if ca_file else None)
