"""Read and write the messages between a checker and the collector: values to JSON and back.

An envelope never names the tenant: the namespace comes from the sender's token. Its key is
(store, sequence): a store is a random id made with the checker's file, so a lost volume cannot make
new outages look like duplicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from allswell.domain import histogram, instant
from allswell.domain.health import HealthClaim
from allswell.domain.latency import LatencyBucket
from allswell.domain.message import MalformedMessage, MessageReader
from allswell.domain.rollup import RollUp

VERSION = 1
MOST_BYTES = 65_536

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state that a checker claims."""

    monitor: str
    store: str
    sequence: int
    claim: HealthClaim


@dataclass(frozen=True, slots=True)
class DayReport:
    """A day's roll-up; a higher revision corrects a lower one."""

    monitor: str
    store: str
    revision: int
    rollup: RollUp


Envelope = Transition | DayReport


@dataclass(frozen=True, slots=True)
class Hello:
    """One monitor in a checker's hello: its store and the last sequence number it gave."""

    monitor: str
    store: str
    sequence: int


@dataclass(frozen=True, slots=True)
class StoreStanding:
    """The collector's answer to a `Greeting`.

    `known` is the last sequence it has of that store, None for a store that it has never seen.
    `latest` is the last transition of any store, None when there is none; `superseded` says that a
    store which said hello later has claimed one. `gone` means that the monitor was deleted: stop
    checking. `buckets_since` is where its latency buckets end, `rolled_up` the last day that any
    checker has rolled up, None for no day.
    """

    monitor: str
    known: int | None = None
    latest: Transition | None = None
    superseded: bool = False
    gone: bool = False
    buckets_since: datetime | None = None
    rolled_up: date | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One monitor's heartbeat: observation is unbroken from `since` to the check at `last`.

    `unarchived` days wait for the archive, the oldest of them is `oldest`. `losing` says that the
    volume is full, and results are dropped that no archive has.
    """

    monitor: str
    store: str
    since: datetime
    last: datetime
    buckets: tuple[LatencyBucket, ...] = ()
    unarchived: int = 0
    oldest: date | None = None
    losing: bool = False


@dataclass(frozen=True, slots=True)
class HeartbeatReply:
    """The answer to heartbeats: `greet` asks for a hello, `gone` names deleted monitors.

    `archive` says that there is an archive, `damaged` which days of which monitors it has lost.
    """

    greet: bool = False
    gone: tuple[str, ...] = ()
    archive: bool = False
    damaged: tuple[tuple[str, date], ...] = ()


def envelope_json(envelope: Envelope) -> Json:
    """Return an envelope as a JSON object, without `sent_at`, which each attempt adds anew."""
    if isinstance(envelope, Transition):
        return {"v": VERSION, "kind": "transition", **_transition_json(envelope)}
    roll = envelope.rollup
    return {
        "v": VERSION,
        "kind": "rollup",
        "monitor": envelope.monitor,
        "store": envelope.store,
        "revision": envelope.revision,
        "day": roll.day.isoformat(),
        "checks": roll.checks,
        "successful": roll.successful,
        "average_us": roll.average_us,
        "p95_us": roll.p95_us,
        "latencies": histogram.text(roll.latencies),
    }


def _transition_json(transition: Transition) -> Json:
    claim = transition.claim
    return {
        "monitor": transition.monitor,
        "store": transition.store,
        "sequence": transition.sequence,
        "state": claim.state.value,
        "since": instant.text(claim.since),
        "reason": claim.reason,
    }


def read_envelope(value: object) -> Envelope:
    """Read an envelope. Raises `MalformedMessage`."""
    reader = MessageReader(value)
    if reader.count("v") != VERSION:
        raise MalformedMessage(f"v must be {VERSION}")
    kind = reader.text("kind")
    if kind == "transition":
        return _read_transition(reader)
    if kind == "rollup":
        return _read_day(reader)
    raise MalformedMessage(f"kind {kind!r} is unknown")


def _read_transition(reader: MessageReader) -> Transition:
    return Transition(
        reader.text("monitor"), reader.text("store"), reader.count("sequence"), reader.claim()
    )


def _read_day(reader: MessageReader) -> DayReport:
    encoded = reader.optional_long("latencies")
    try:
        latencies = histogram.parse(encoded)
    except ValueError as error:
        raise MalformedMessage(f"latencies cannot be read: {error}") from error
    rollup = RollUp(
        day=reader.day("day"),
        checks=reader.count("checks"),
        successful=reader.count("successful"),
        average_us=reader.maybe_count("average_us"),
        p95_us=reader.maybe_count("p95_us"),
        latencies=latencies,
    )
    if not rollup.successful == latencies.total <= rollup.checks:
        raise MalformedMessage("successful must be the histogram's total and at most checks")
    if {rollup.average_us is None, rollup.p95_us is None} != {rollup.successful == 0}:
        raise MalformedMessage(
            "average_us and p95_us go with successful checks, and only with them"
        )
    return DayReport(reader.text("monitor"), reader.text("store"), reader.count("revision"), rollup)


def hello_json(greetings: Sequence[Hello]) -> Json:
    """Return a hello as a JSON object."""
    monitors = [
        {"monitor": entry.monitor, "store": entry.store, "sequence": entry.sequence}
        for entry in greetings
    ]
    return {"v": VERSION, "monitors": monitors}


def read_hello(value: object) -> tuple[Hello, ...]:
    """Read a hello. Raises `MalformedMessage`."""
    greetings = tuple(
        Hello(entry.text("monitor"), entry.text("store"), entry.count("sequence"))
        for entry in MessageReader(value).objects("monitors")
    )
    _each_once(greetings)
    return greetings


def _each_once(entries: Sequence[Hello | Heartbeat]) -> None:
    # So one message costs no more than its sender has monitors.
    if len({entry.monitor for entry in entries}) < len(entries):
        raise MalformedMessage("monitors must name each monitor once")


def hello_reply_json(standings: Sequence[StoreStanding]) -> Json:
    """Return the answer to a hello as a JSON object."""
    return {"v": VERSION, "monitors": [_standing_json(entry) for entry in standings]}


def _standing_json(entry: StoreStanding) -> Json:
    since = entry.buckets_since
    return {
        "monitor": entry.monitor,
        "known": entry.known,
        "latest": None if entry.latest is None else _transition_json(entry.latest),
        "followed": entry.superseded,
        "gone": entry.gone,
        "buckets_since": None if since is None else instant.text(since),
        "rolled_up": None if entry.rolled_up is None else entry.rolled_up.isoformat(),
    }


def read_hello_reply(value: object) -> tuple[StoreStanding, ...]:
    """Read the answer to a hello. Raises `MalformedMessage`."""
    return tuple(
        StoreStanding(
            monitor=entry.text("monitor"),
            known=entry.maybe_count("known"),
            latest=None if (latest := entry.maybe("latest")) is None else _read_transition(latest),
            superseded=entry.flag("followed"),
            gone=entry.flag("gone"),
            buckets_since=entry.maybe_moment("buckets_since"),
            rolled_up=entry.maybe_day("rolled_up"),
        )
        for entry in MessageReader(value).objects("monitors")
    )


def heartbeats_json(beats: Sequence[Heartbeat]) -> Json:
    """Return a checker's heartbeats, one for each monitor that it runs, as a JSON object."""
    return {"v": VERSION, "monitors": [_beat_json(beat) for beat in beats]}


def _beat_json(beat: Heartbeat) -> Json:
    waiting: dict[str, object] = {}
    if beat.oldest is not None:
        waiting = {"unarchived": beat.unarchived, "oldest": beat.oldest.isoformat()}
    if beat.losing:
        waiting["losing"] = True
    return {
        **waiting,
        "monitor": beat.monitor,
        "store": beat.store,
        "since": instant.text(beat.since),
        "last": instant.text(beat.last),
        "buckets": [
            {
                "start": instant.text(bucket.start),
                "count": bucket.count,
                "average_us": bucket.average_us,
                "p95_us": bucket.p95_us,
            }
            for bucket in beat.buckets
        ],
    }


def read_heartbeats(value: object) -> tuple[Heartbeat, ...]:
    """Read a checker's heartbeats. Raises `MalformedMessage`."""
    beats = tuple(_read_beat(entry) for entry in MessageReader(value).objects("monitors"))
    _each_once(beats)
    return beats


def _read_beat(reader: MessageReader) -> Heartbeat:
    beat = Heartbeat(
        monitor=reader.text("monitor"),
        store=reader.text("store"),
        since=reader.moment("since"),
        last=reader.moment("last"),
        buckets=tuple(
            LatencyBucket(
                entry.moment("start"),
                entry.count("count"),
                entry.count("average_us"),
                entry.count("p95_us"),
            )
            for entry in reader.objects("buckets", most=300)
        ),
        unarchived=reader.maybe_count("unarchived") or 0,
        oldest=reader.maybe_day("oldest"),
        losing=reader.flag("losing"),
    )
    if beat.last < beat.since:
        raise MalformedMessage("last must not be before since")
    return beat


def heartbeat_reply_json(pulse: HeartbeatReply) -> Json:
    """Return the answer to heartbeats as a JSON object."""
    damaged = [{"monitor": name, "day": day.isoformat()} for name, day in pulse.damaged]
    return {
        "v": VERSION,
        "greet": pulse.greet,
        "gone": list(pulse.gone),
        "archive": pulse.archive,
        "damaged": damaged,
    }


def read_heartbeat_reply(value: object) -> HeartbeatReply:
    """Read the answer to heartbeats. Raises `MalformedMessage`."""
    reader = MessageReader(value)
    damaged = ((entry.text("monitor"), entry.day("day")) for entry in reader.objects("damaged"))
    return HeartbeatReply(
        reader.flag("greet"), reader.texts("gone"), reader.flag("archive"), tuple(damaged)
    )


def shift_transition(transition: Transition, by: timedelta, latest: datetime) -> Transition:
    """Shift a transition by a sender's clock error, never into the future."""
    claim = transition.claim
    return replace(transition, claim=replace(claim, since=min(claim.since + by, latest)))


def shift_heartbeat(beat: Heartbeat, by: timedelta) -> Heartbeat:
    """Shift a heartbeat by a sender's clock error."""
    moved = tuple(replace(bucket, start=bucket.start + by) for bucket in beat.buckets)
    return replace(beat, since=beat.since + by, last=beat.last + by, buckets=moved)
