"""Values for property tests."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from allswell.domain import histogram, instant, state
from allswell.domain.health import HealthClaim
from allswell.domain.histogram import Histogram
from allswell.domain.sample import Sample
from allswell.domain.spec import http, monitor, selector
from allswell.domain.spec.access import Access
from allswell.domain.spec.http import BodyExpect, Header, Http, HttpExpect, SecretKey, StatusRange
from allswell.domain.spec.look import PageLink, PageLook
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Confirm, Monitor, Storage
from allswell.domain.spec.page import GroupEntry, GroupSpec, StatusPage
from allswell.domain.spec.selector import Expression, Selector
from allswell.domain.spec.tcp import Tcp, TcpExpect
from allswell.domain.spec.tls import Tls

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

UP = (state.OK,)
DEGRADED = (state.SLOW, state.CERTIFICATE_EXPIRING)
DOWN = (state.TIMEOUT, state.http(503))
UNKNOWN = (state.EGRESS_LOST, state.CHECKER_ERROR)
reasons = st.one_of(*(st.sampled_from(kind) for kind in (UP, DEGRADED, DOWN, UNKNOWN)))
confirms = st.builds(Confirm, st.integers(1, 4), st.integers(1, 4))


@st.composite
def streams(draw: DrawFn, reasons: SearchStrategy[str] = reasons, most: int = 40) -> list[Sample]:
    """Return samples in order, from 2 minutes to an hour apart: too few to flap."""
    found, at = list[Sample](), NOON
    for _ in range(draw(st.integers(0, most))):
        at += timedelta(milliseconds=draw(st.integers(120_000, 3_600_000)))
        found.append(Sample(at, draw(st.integers(0, 10**6)), draw(reasons)))
    return found


moments = st.integers(0, 5 * 10**12).map(lambda ms: instant.from_ms(ms + 946_684_800_000))
claims = st.builds(
    lambda reason, since: HealthClaim(state.of(reason), since, reason),
    st.sampled_from([*UP, *DEGRADED, *DOWN, *UNKNOWN, state.FLAPPING]),
    moments,
)
latencies = st.lists(st.integers(0, 2**48), max_size=50)
histograms: SearchStrategy[Histogram] = latencies.map(histogram.of)
days = st.dates(date(2000, 1, 1), date(2199, 12, 31))


def durations(low: timedelta, high: timedelta) -> SearchStrategy[timedelta]:
    """Durations of whole milliseconds."""
    one = timedelta(milliseconds=1)
    return st.integers(low // one, high // one).map(lambda count: count * one)


labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
lines = st.from_regex(r"[ -~äöü€😀]{0,20}[!-~äöü€😀][ -~]{0,20}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
label_maps = st.dictionaries(labels, labels, max_size=3)
metas = st.builds(Meta, labels, labels, label_maps, st.sampled_from(["", "7"]))
secret_keys = st.builds(SecretKey, labels, labels)
values = st.from_regex(http.HEADER_VALUE, fullmatch=True)
tls = st.builds(Tls, st.booleans(), st.sampled_from(["", "a.example"]))
limits = st.none() | durations(http.MILLISECOND, http.DAY)
certificates = st.none() | st.integers(0, 365)
ranges = st.tuples(st.integers(100, 999), st.integers(100, 999)).map(
    lambda ends: StatusRange(min(ends), max(ends))
)
bodies = st.builds(
    BodyExpect,
    st.none() | texts,
    st.none() | texts,
    st.none() | labels.map(lambda word: f"{word}+"),
)
statuses = st.lists(ranges, min_size=1, max_size=4, unique=True).map(tuple)
http_expects = st.builds(HttpExpect, statuses, bodies, limits, certificates)
headers = st.lists(
    st.builds(Header, labels, values | secret_keys), max_size=4, unique_by=lambda found: found.name
).map(tuple)
https = st.builds(
    Http,
    labels.map(lambda host: f"https://{host}.example/?q=1"),
    st.sampled_from(["POST", "PUT", "DELETE"]),
    headers,
    st.none() | texts,
    st.integers(0, 20),
    tls,
    http_expects,
)


@st.composite
def tcps(draw: DrawFn) -> Tcp:
    """Return a `tcp` check; only one with TLS expects a certificate."""
    used = draw(st.none() | tls)
    days = None if used is None else draw(certificates)
    expect = TcpExpect(draw(st.none() | texts), draw(limits), days)
    return Tcp(draw(labels), draw(st.integers(1, 65_535)), draw(st.none() | texts), used, expect)


@st.composite
def monitors(draw: DrawFn) -> Monitor:
    """Return a Monitor whose pauses fit its interval."""
    kind = draw(st.sampled_from(["http", "tcp"]))
    interval = draw(durations(monitor.SECOND, monitor.DAY))
    longest = min(interval, monitor.LONGEST_TIMEOUT)
    every = draw(st.none() | durations(monitor.SECOND, interval))
    return Monitor(
        meta=draw(metas),
        kind=kind,
        check=draw(https) if kind == "http" else draw(tcps()),
        interval=interval,
        timeout=draw(st.none() | durations(monitor.SHORTEST_TIMEOUT, longest)),
        confirm=Confirm(draw(st.integers(1, 20)), draw(st.integers(1, 20)), every),
        paused=draw(st.booleans()),
        retention_days=draw(st.integers(1, 400)),
        storage=draw(st.builds(Storage, st.sampled_from(["Persistent", "Ephemeral"]), sizes)),
    )


sizes = st.integers(16, 64 * 1024).map(lambda count: f"{count}Mi") | st.integers(1, 64).map(
    lambda count: f"{count}Gi"
)
expressions = st.one_of(
    st.builds(
        Expression,
        labels,
        st.sampled_from(selector.WITH_VALUES),
        st.lists(labels, min_size=1, max_size=3, unique=True).map(tuple),
    ),
    st.builds(Expression, labels, st.sampled_from(selector.WITHOUT_VALUES), st.just(())),
)
selectors = st.builds(Selector, label_maps, st.lists(expressions, max_size=3).map(tuple))
entries = st.lists(
    st.builds(GroupEntry, labels, st.just("") | lines),
    min_size=1,
    max_size=3,
    unique_by=lambda e: e.name,
).map(tuple)
PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"
groups = st.one_of(
    st.builds(GroupSpec, lines, entries, st.none() | selectors),
    st.builds(GroupSpec, lines, st.just(()), selectors),
)
hosts = labels.map(lambda word: f"{word}.example.com")
accesses = st.one_of(
    st.just(Access(f"scrypt:14:8:5:{'a' * 22}:{'b' * 43}")),
    st.sampled_from(["10.0.0.0/8", "::/0"]).map(lambda text: Access("", (text,))),
)
links = st.builds(
    PageLink,
    st.text("abc é", min_size=1, max_size=9).filter(str.strip),
    st.sampled_from(["https://a.example/?b=c", "mailto:a@b.example", "http://[::1]:8/"]),
)
looks = st.builds(
    PageLook,
    st.sampled_from(["", "en", "pt-BR"]),
    st.lists(links, max_size=3, unique_by=lambda link: link.title).map(tuple),
    st.sampled_from(["", PICTURE]),
    st.sampled_from(["", PICTURE]),
    st.just("#0f7d64"),
    st.sampled_from(["", "#8fabff"]),
    st.sampled_from(["", "0px", "24px"]),
    st.sampled_from(["", "36rem", "80rem"]),
    st.sampled_from(["", "System", "Mono"]),
)
pages: SearchStrategy[StatusPage] = st.builds(
    StatusPage,
    metas,
    lines,
    st.just("") | texts,
    st.sampled_from(["UTC", "Europe/Berlin", "America/Asuncion", "Asia/Kathmandu"]),
    st.lists(hosts, max_size=3, unique=True).map(tuple),
    st.lists(groups, max_size=3, unique_by=lambda group: group.name).map(tuple),
    st.none() | accesses,
    st.just(PageLook()) | looks,
)
json_values: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
