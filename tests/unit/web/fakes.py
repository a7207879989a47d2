"""Provide hand-made facts, and fakes of the database, the collector and the clocks."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar

from allswell.central import page_data
from allswell.domain import incident as incidents
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Impact, Incident, IncidentUpdate, Status
from allswell.domain.latency import LatencyBucket
from allswell.domain.maintenance import Maintenance, MaintenanceUpdate, Phase
from allswell.domain.spec.look import PageLook
from allswell.domain.state import State
from allswell.domain.timeline import Overlay
from allswell_web.cache.shared_cache import StoredSnapshot

P = ParamSpec("P")
T = TypeVar("T")
NOW = datetime(2026, 11, 23, 15, 26, 8, tzinfo=UTC)
BORN = NOW - timedelta(days=120)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def page(
    number: int = 1,
    name: str = "acme",
    title: str = "Acme Status",
    *,
    namespace: str = "default",
    zone: str = "UTC",
    version: int = 1,
    hostnames: tuple[str, ...] = (),
    served: tuple[str, ...] | None = None,
    description: str = "",
    password_hash: str = "",
    allowed_networks: tuple[str, ...] = (),
    look: PageLook = PageLook(),  # noqa: B008 - frozen
    address: str = "",
) -> page_data.PageRow:
    return page_data.PageRow(
        id=number,
        public_id=f"page{number:08d}",
        namespace=namespace,
        name=name,
        title=title,
        description=description,
        time_zone=zone,
        hostnames=hostnames,
        version=version,
        created_at=BORN,
        updated_at=BORN,
        password_hash=password_hash,
        allowed_networks=allowed_networks,
        look=look,
        address=address,
        served=hostnames if served is None else served,
    )


def component(
    number: int = 1,
    title: str = "Public API",
    *,
    claims: Sequence[HealthClaim] = (HealthClaim(State.UP, BORN),),
    overlays: Sequence[Overlay] = (),
    group: str = "API",
    born: datetime = BORN,
) -> page_data.ComponentData:
    return page_data.ComponentData(
        monitor=number,
        public_id=f"comp{number:08d}",
        name=f"monitor-{number}",
        title=title,
        group=group,
        position=number,
        interval=timedelta(seconds=30),
        born=born,
        updated_at=born,
        claims=tuple(claims),
        overlays=tuple(overlays),
    )


def incident(
    number: int = 1,
    title: str = "Errors in the API",
    *said: tuple[Status, str, datetime],
    impact: Impact = Impact.MAJOR,
    started: datetime | None = None,
    components: Sequence[AffectedComponent] = (),
    published: datetime | None = None,
) -> Incident:
    """Build an incident with updates from the oldest to the newest, published when posted."""
    updates = [
        IncidentUpdate(f"said{number:04d}{place:04d}", status, body, at, at)
        for place, (status, body, at) in enumerate(said)
    ]
    began = started or (updates[0].at if updates else ago(hours=1))
    return Incident(
        id=f"inci{number:08d}",
        title=title,
        impact=impact,
        status=incidents.status(updates),
        started=began,
        resolved=incidents.resolved(updates),
        published=published or began,
        updated=updates[-1].at if updates else began,
        revision=1 + len(updates),
        updates=tuple(reversed(updates)),
        components=tuple(components),
    )


def maintenance(
    number: int = 1,
    title: str = "Upgrade of the database",
    *said: tuple[Phase, str, datetime],
    start: datetime,
    end: datetime,
    monitors: Sequence[str] = (),
    cancelled: datetime | None = None,
) -> Maintenance:
    """Build maintenance that was published two days before it starts."""
    updates = [
        MaintenanceUpdate(f"told{number:04d}{place:04d}", phase, body, at, at)
        for place, (phase, body, at) in enumerate(said)
    ]
    published = start - timedelta(days=2)
    return Maintenance(
        id=f"main{number:08d}",
        title=title,
        start=start,
        end=end,
        cancelled=cancelled,
        published=published,
        updated=updates[-1].at if updates else published,
        updates=tuple(reversed(updates)),
        monitors=tuple(monitors),
    )


def facts(
    *components: page_data.ComponentData,
    observed: datetime | None = NOW,
    of: page_data.PageRow | None = None,
    incidents: Sequence[Incident] = (),
    maintenances: Sequence[Maintenance] = (),
) -> page_data.PageData:
    return page_data.PageData(
        of or page(), observed, components, tuple(incidents), tuple(maintenances)
    )


def outage(
    start: datetime, length: timedelta, reason: str = "Timeout"
) -> tuple[HealthClaim, HealthClaim]:
    return (HealthClaim(State.DOWN, start, reason), HealthClaim(State.UP, start + length))


def day_of_buckets(until: datetime = NOW, latency_us: int = 120_000) -> tuple[LatencyBucket, ...]:
    start = until - timedelta(hours=24)
    return tuple(
        LatencyBucket(
            start + n * timedelta(minutes=5), 10, latency_us + n * 100, latency_us + n * 200
        )
        for n in range(288)
    )


class Clock:
    """A wall clock and a tick counter that move together, when told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.seconds = 1000.0

    def wall(self) -> datetime:
        return self.now

    def ticks(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)


class Reader:
    """A database of hand-made facts that counts its reads, and can fail or be slow."""

    def __init__(self, *facts: page_data.PageData) -> None:
        self.facts_by_page = {entry.page.id: entry for entry in facts}
        self.failing = False
        self.installed: str | None = "f00d" * 8
        self.reads: list[int] = []
        self.directory_reads = 0
        self.gate: threading.Event | None = None
        self.entered = threading.Semaphore(0)

    def pages(self) -> tuple[page_data.PageRow, ...]:
        self._check()
        self.directory_reads += 1
        return tuple(entry.page for entry in self.facts_by_page.values())

    def facts(self, page_id: int, now: datetime, *, days: int = 92) -> page_data.PageData | None:
        del now, days
        self.reads.append(page_id)
        self.entered.release()
        if self.gate is not None:
            assert self.gate.wait(10)
        self._check()
        return self.facts_by_page.get(page_id)

    def installation(self) -> str | None:
        self._check()
        return self.installed

    def versions(self) -> Mapping[int, int]:
        self._check()
        return {number: entry.page.version for number, entry in self.facts_by_page.items()}

    def _check(self) -> None:
        if self.failing:
            raise ConnectionError("the database is gone")


class Latency:
    """A collector with the same buckets for everybody, or out of order."""

    def __init__(self, buckets: tuple[LatencyBucket, ...] | None) -> None:
        self.buckets_of_all = buckets

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[LatencyBucket, ...]]:
        if self.buckets_of_all is None:
            raise ConnectionError("the collector is gone")
        return dict.fromkeys(public_ids, self.buckets_of_all)


class Memory:
    """Snapshots in memory, with leases that end only when somebody ends or takes them."""

    def __init__(self) -> None:
        self.snapshots: dict[str, StoredSnapshot] = {}
        self.holders: dict[str, int] = {}
        self.last_lease = 0

    def load(self, key: str) -> StoredSnapshot | None:
        return self.snapshots.get(key)

    def acquire(self, key: str, *, by_force: bool = False) -> int | None:
        if key in self.holders and not by_force:
            return None
        self.last_lease += 1
        self.holders[key] = self.last_lease
        return self.last_lease

    def store(self, key: str, snapshot: StoredSnapshot, lease: int) -> None:
        if lease == self.holders.get(key, lease):
            self.snapshots[key] = snapshot
        self.release(key, lease)

    def release(self, key: str, lease: int) -> None:
        if self.holders.get(key) == lease:
            del self.holders[key]


class AtOnce(Executor):
    """Runs what it is given before it returns."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN002, ANN003, ANN201
        future: Future[object] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as problem:  # noqa: BLE001
            future.set_exception(problem)
        return future
