"""Read the `http` check: a request, and what is expected of the response."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from allswell.domain import duration
from allswell.domain.spec.fields import Fields, unique
from allswell.domain.spec.problem import Path
from allswell.domain.spec.shown import shown
from allswell.domain.spec.tls import Tls, read_tls, tls_text

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", re.ASCII)
# HTTP strips white space at both ends, so a value that has some would never arrive.
HEADER_VALUE = re.compile(r"(?![\t ])[\t\x20-\x7e\x80-\xff]*(?<![\t ])")
SECRET_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", re.ASCII)
SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}", re.ASCII)
STATUS = re.compile(r"([1-9][0-9]{2})(?:-([1-9][0-9]{2}))?", re.ASCII)
MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(hours=24)
LONGEST_URL = 2048
# A name, perhaps an international one, or an IPv6 address, perhaps with its zone; then the port.
AUTHORITY = re.compile(
    r"([^\x00-,/:-@\[-^`{-}\x7f-\xa0]{1,253}|\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[-._~a-z0-9]+)?\])(:.*)?"
)
# The client sets these itself; a second one would be a smuggled request.
OWN_HEADERS = ("connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer")


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key of a Secret in the monitor's own namespace."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Header:
    """A request header; its value is either written here or taken from a Secret."""

    name: str
    value: str | SecretKey


@dataclass(frozen=True, slots=True)
class StatusRange:
    """HTTP statuses from `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, status: object) -> bool:
        """Tell whether a status (an int) is in the range."""
        return isinstance(status, int) and self.first <= status <= self.last

    def __str__(self) -> str:
        """Return `200` or `200-299`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


SUCCESS = (StatusRange(200, 299),)


@dataclass(frozen=True, slots=True)
class BodyExpect:
    """The texts that a response's body must or must not contain; None asks nothing."""

    contains: str | None = None
    not_contains: str | None = None
    matches: str | None = None


@dataclass(frozen=True, slots=True)
class HttpExpect:
    """The conditions of a successful response; above `latency` it is degraded."""

    status: tuple[StatusRange, ...] = SUCCESS
    body: BodyExpect = field(default_factory=BodyExpect)
    latency: timedelta | None = None
    certificate_days: int | None = None


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP or HTTPS request. `max_redirects` 0 takes a redirect as the response."""

    url: str
    method: str = "GET"
    headers: tuple[Header, ...] = ()
    body: str | None = None
    max_redirects: int = 5
    tls: Tls = field(default_factory=Tls)
    expect: HttpExpect = field(default_factory=HttpExpect)

    @property
    def target(self) -> str:
        """Return the target as the Target column shows it: scheme, host, port and path only."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


def read(fields: Fields) -> Http:
    """Read the `http` block."""
    check = Http(
        url=_url(fields),
        method=fields.choice("method", METHODS, default="GET"),
        headers=_headers(fields),
        body=fields.optional("body", longest=65_536),
        max_redirects=fields.integer("maxRedirects", default=5, lowest=0, highest=20),
        tls=read_tls(fields, "tlsConfig"),
        expect=_expect(fields),
    )
    if check.body is not None and check.method in ("GET", "HEAD"):
        fields.note(("body",), f"a {check.method} request has no body", "write method: POST")
    fields.close()
    return check


def _url(fields: Fields) -> str:
    if not fields.required("url", "write the address to check, like https://example.com/health"):
        return ""
    url = fields.text("url", shortest=1, longest=LONGEST_URL)
    wrong = url and _wrong_with(url)
    if wrong:
        fields.note(("url",), wrong, "write it like https://example.com/health")
    return url


def _wrong_with(url: str) -> str:
    """Return what is wrong with an address, or nothing."""
    try:
        parts = urlsplit(url)
        port_is_bad = parts.port == 0
    except ValueError:
        return f"{shown(url)} is not an address"
    if parts.scheme not in ("http", "https"):
        return f"{shown(url)} does not begin with http:// or https://"
    host_is_bad = AUTHORITY.fullmatch(parts.netloc.rpartition("@")[2]) is None
    if host_is_bad or port_is_bad or not url.isprintable() or " " in url:
        return f"{shown(url)} is not an address"
    return _secret_in(parts)


def _secret_in(parts: SplitResult) -> str:
    if parts.username is not None or parts.password is not None:
        return "the address holds a user or password; put it in a header with valueFrom"
    return "the part after # is never sent; leave it out" if parts.fragment else ""


def _headers(fields: Fields) -> tuple[Header, ...]:
    headers = tuple(
        _header(child) for child in fields.children("headers", most=32, like="name: Accept")
    )
    unique(fields, "headers", [header.name.lower() or None for header in headers])
    return headers


def _header(fields: Fields) -> Header:
    advice = "write a name like Authorization"
    name = ""
    if fields.required("name", advice):
        name = fields.text("name", longest=128, pattern=HEADER_NAME, instead=advice)
    if name.lower() in OWN_HEADERS:
        fields.note(("name",), f"{name} is set by the checker itself", "remove this header")
    value = fields.text(
        "value",
        longest=4096,
        pattern=HEADER_VALUE,
        instead="write one line of characters up to U+00FF, without spaces at its ends",
    )
    source = fields.child("valueFrom")
    if (source is None) == (not fields.has("value")):
        fields.note((), "a header has one source", "write either value or valueFrom")
    secret = None if source is None else _secret(source)
    fields.close()
    return Header(name, value if secret is None else secret)


def _secret(fields: Fields) -> SecretKey:
    key = SecretKey("", "")
    if fields.required("secretKeyRef", "write secretKeyRef: {name: …, key: …}"):
        child = fields.child("secretKeyRef")
        assert child is not None  # noqa: S101 - `required` has seen it
        key = SecretKey(
            _needed(child, "name", SECRET_NAME, "the name of a Secret"),
            _needed(child, "key", SECRET_KEY, "a key of that Secret"),
        )
        child.close()
    fields.close()
    return key


def _needed(fields: Fields, name: str, pattern: re.Pattern[str], what: str) -> str:
    if not fields.required(name, f"write {what}"):
        return ""
    return fields.text(name, longest=253, pattern=pattern, instead=f"write {what}")


def _expect(fields: Fields) -> HttpExpect:
    child = fields.child("expect")
    if child is None:
        return HttpExpect()
    days = child.integer("certificateDays", default=-1, lowest=0, highest=365)
    expect = HttpExpect(
        status=_statuses(child),
        body=_body(child),
        latency=child.duration("latency", lowest=MILLISECOND, highest=DAY),
        certificate_days=None if days < 0 else days,
    )
    child.close()
    return expect


def _statuses(fields: Fields) -> tuple[StatusRange, ...]:
    ranges = [_range(fields, path, entry) for path, entry in fields.items("status", most=16)]
    unique(fields, "status", [None if entry is None else str(entry) for entry in ranges])
    return tuple(entry for entry in ranges if entry is not None) or SUCCESS


def _range(fields: Fields, path: Path, entry: object) -> StatusRange | None:
    # Without quotes a single status is a number in YAML.
    written = entry if isinstance(entry, str) else shown(entry)
    match = STATUS.fullmatch(written)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        below: Path = path[len(fields.path) :]
        fields.note(below, f"{shown(entry)} is no status", 'write "200" or a range like "200-299"')
        return None
    return StatusRange(int(match[1]), int(match[2] or match[1]))


def _body(fields: Fields) -> BodyExpect:
    child = fields.child("body", like="contains: ok")
    if child is None:
        return BodyExpect()
    body = BodyExpect(
        contains=child.optional("contains", longest=1024),
        not_contains=child.optional("notContains", longest=1024),
        matches=child.optional("matches", longest=1024),
    )
    wrong = _wrong_with_pattern(body.matches or "")
    if wrong:
        child.note(("matches",), f"this is no regular expression: {wrong}", "mend the pattern")
    child.close()
    return body


def _wrong_with_pattern(pattern: str) -> str:
    """Return what is wrong with a regular expression, or nothing."""
    try:
        re.compile(pattern)
    except RecursionError:
        return "it is nested too deeply"
    except (re.error, OverflowError, Warning) as error:
        return str(error)
    return ""


def text(check: Http) -> dict[str, object]:
    """Return the `http` block that `read` reads back as the same value."""
    block: dict[str, object] = {"url": check.url, "method": check.method}
    if check.headers:
        block["headers"] = [_header_text(header) for header in check.headers]
    if check.body is not None:
        block["body"] = check.body
    block["maxRedirects"] = check.max_redirects
    block |= tls_text("tlsConfig", check.tls)
    block["expect"] = _expect_text(check.expect)
    return block


def _header_text(header: Header) -> dict[str, object]:
    if isinstance(header.value, str):
        return {"name": header.name, "value": header.value}
    reference = {"name": header.value.name, "key": header.value.key}
    return {"name": header.name, "valueFrom": {"secretKeyRef": reference}}


def _expect_text(expect: HttpExpect) -> dict[str, object]:
    block: dict[str, object] = {"status": [str(entry) for entry in expect.status]}
    body = expect.body
    words = (
        ("contains", body.contains),
        ("notContains", body.not_contains),
        ("matches", body.matches),
    )
    wanted = {name: value for name, value in words if value is not None}
    if wanted:
        block["body"] = wanted
    if expect.latency is not None:
        block["latency"] = duration.text(expect.latency)
    if expect.certificate_days is not None:
        block["certificateDays"] = expect.certificate_days
    return block


def secrets(headers: Iterable[Header]) -> tuple[SecretKey, ...]:
    """Return the keys of Secrets that headers need."""
    return tuple(header.value for header in headers if isinstance(header.value, SecretKey))
