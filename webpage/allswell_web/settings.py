"""Read the settings of the page's process from its environment, reporting every problem at once."""

import ipaddress
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis

from allswell_web.cache.latency_client import CollectorAddress
from allswell_web.errors import BadPageSettings
from allswell_web.serving.client_address import Network

DEFAULT_BIND = "127.0.0.1:8080"
MAX_THREADS = 64
MAX_PORT = 65_535
DATABASE_ADVICE = (
    "ALLSWELL_DATABASE_URL is not set: write an address like "
    "sqlite:////var/lib/allswell/central.sqlite or postgresql://user@host/allswell"
)


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The settings of the page's process.

    `own_hosts` are names at which pages are found by path; under `pages_domain` every page has a
    host of its own.
    """

    database_url: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 4
    collector: CollectorAddress | None = None
    base_url: str = ""
    own_hosts: tuple[str, ...] = ()
    pages_domain: str = ""
    index: bool = True
    hsts: bool = False
    access_log: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    redis_url: str = field(default="", repr=False)
    cache_dir: Path | None = None
    stop_with_stdin: bool = False


def read(environ: Mapping[str, str]) -> PageSettings:
    """Read the settings. Raises `BadPageSettings`."""
    problems: list[str] = []
    host, port = _bind(environ.get("ALLSWELL_BIND", DEFAULT_BIND), problems)
    url_host = f"[{host}]" if ":" in host else host
    cache_dir = environ.get("ALLSWELL_CACHE_DIR")
    settings = PageSettings(
        database_url=secret(environ, "ALLSWELL_DATABASE_URL", problems, DATABASE_ADVICE),
        host=host,
        port=port,
        threads=_threads(environ.get("ALLSWELL_THREADS", "4"), problems),
        collector=_collector(environ, problems),
        base_url=environ.get("ALLSWELL_BASE_URL", f"http://{url_host}:{port}"),
        own_hosts=tuple(_words(environ.get("ALLSWELL_HOSTS", "").lower())),
        pages_domain=environ.get("ALLSWELL_PAGES_DOMAIN", "").strip().lower().removesuffix("."),
        index=_flag(environ, "ALLSWELL_INDEX", problems, default=True),
        hsts=_flag(environ, "ALLSWELL_HSTS", problems),
        access_log=_flag(environ, "ALLSWELL_ACCESS_LOG", problems),
        trusted_proxies=_networks(environ.get("ALLSWELL_TRUSTED_PROXIES", ""), problems),
        redis_url=_redis(environ, problems),
        cache_dir=Path(cache_dir) if cache_dir else None,
        stop_with_stdin=_flag(environ, "ALLSWELL_STOP_WITH_STDIN", problems),
    )
    if problems:
        raise BadPageSettings(tuple(problems))
    return settings


def secret(environ: Mapping[str, str], name: str, problems: list[str], missing: str = "") -> str:
    """Return a value, or the content of the file that `NAME_FILE` names.

    `missing` is the problem to report where a required value is not set.
    """
    value, file = environ.get(name), environ.get(f"{name}_FILE")
    if value and file:
        problems.append(f"{name} and {name}_FILE: set only one")
    if file and not value:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            problems.append(f"{name}_FILE: {file} cannot be read: {problem}")
            return ""
    if missing and not value:
        problems.append(missing)
    return value or ""


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _flag(
    environ: Mapping[str, str], name: str, problems: list[str], *, default: bool = False
) -> bool:
    text = environ.get(name, "")
    if text not in ("", "0", "1"):
        problems.append(f"{name} is {text!r}: write 1 or 0")
    return default if not text else text == "1"


def _networks(text: str, problems: list[str]) -> tuple[Network, ...]:
    networks: list[Network] = []
    for word in _words(text):
        try:
            networks.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            problems.append(
                f"ALLSWELL_TRUSTED_PROXIES has {word!r}: write networks like 10.0.0.0/8"
            )
    return tuple(networks)


def _redis(environ: Mapping[str, str], problems: list[str]) -> str:
    """Return the address of Redis. It may contain a password, so problems do not repeat it."""
    url = secret(environ, "ALLSWELL_REDIS_URL", problems)
    try:
        if url:
            redis.ConnectionPool.from_url(url)
    except ValueError:
        problems.append("ALLSWELL_REDIS_URL: write an address like redis://host:6379/0")
    return url


def _bind(text: str, problems: list[str]) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host and port.isascii() and port.isdigit() and 1 <= int(port) <= MAX_PORT:
        return host, int(port)
    problems.append(f"ALLSWELL_BIND is {text!r}: write an address and a port, like {DEFAULT_BIND}")
    return "127.0.0.1", 0


def _threads(text: str, problems: list[str]) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_THREADS:
        return int(text)
    problems.append(f"ALLSWELL_THREADS is {text!r}: write a number from 1 to {MAX_THREADS}")
    return 1


def _collector(environ: Mapping[str, str], problems: list[str]) -> CollectorAddress | None:
    """Return where latency is requested; None when it is not set."""
    url, token = environ.get("ALLSWELL_COLLECTOR_URL"), environ.get("ALLSWELL_TOKEN_FILE")
    if not url:
        return None
    try:
        parts = urllib.parse.urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        problems.append(
            f"ALLSWELL_COLLECTOR_URL is {url!r}: write an address like https://collector:8443"
        )
    if not token:
        problems.append("ALLSWELL_TOKEN_FILE is not set: write the path of the collector's token")
    ca_file = environ.get("ALLSWELL_CA_FILE")
    return CollectorAddress(url, Path(token or ""), Path(ca_file) if ca_file else None)
