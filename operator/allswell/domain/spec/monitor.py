"""Read the Monitor manifest: one target, how it is checked and when it counts as down."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from allswell.domain import duration
from allswell.domain.spec import meta
from allswell.domain.spec.check import KINDS, Check
from allswell.domain.spec.fields import Fields
from allswell.domain.spec.http import Http, SecretKey, secrets
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.problem import Problem

KIND = "Monitor"
SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)
DEFAULT_INTERVAL = timedelta(seconds=30)
LONGEST_TIMEOUT = timedelta(minutes=5)
SHORTEST_TIMEOUT = timedelta(milliseconds=10)
USUAL = timedelta(seconds=5)
UNITS = {"Mi": 2**20, "Gi": 2**30}
SIZE = re.compile(r"[1-9][0-9]{0,5}(Mi|Gi)", re.ASCII)
SMALLEST = 16 * UNITS["Mi"]
LARGEST = 64 * UNITS["Gi"]
SIZE_ADVICE = "write a size like 128Mi or 1Gi, from 16Mi to 64Gi"


@dataclass(frozen=True, slots=True)
class Confirm:
    """How often a result must repeat before the state changes.

    `every` is the pause between confirming checks; None stands for the effective one.
    """

    failures: int = 2
    successes: int = 1
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """Where raw results are kept: `Persistent` (a volume claim) or `Ephemeral`."""

    kind: str = "Persistent"
    size: str = "128Mi"

    @property
    def size_bytes(self) -> int:
        """Return the volume's size."""
        return int(self.size[:-2]) * UNITS[self.size[-2:]]


@dataclass(frozen=True, slots=True)
class Monitor:
    """A Monitor as it was written; `effective_*` fill in the fields that are not written."""

    meta: Meta
    kind: str
    check: Check
    interval: timedelta = DEFAULT_INTERVAL
    timeout: timedelta | None = None
    confirm: Confirm = field(default_factory=Confirm)
    paused: bool = False
    retention_days: int = 14
    storage: Storage = field(default_factory=Storage)

    @property
    def effective_timeout(self) -> timedelta:
        """Return the written timeout, else 5 s but at most 0.8 of the interval."""
        return self.timeout or min(USUAL, self.interval * 4 // 5)

    @property
    def effective_every(self) -> timedelta:
        """Return the written pause between confirming checks, else 5 s but at most the interval."""
        return self.confirm.every or min(USUAL, self.interval)

    @property
    def secrets(self) -> tuple[SecretKey, ...]:
        """Return the keys of Secrets that the check needs."""
        return secrets(self.check.headers) if isinstance(self.check, Http) else ()


def read(manifest: object) -> Monitor:
    """Read a decoded manifest. Raises `InvalidManifest` with every problem at once."""
    problems: list[Problem] = []
    fields = Fields(manifest, (), problems)
    identity = meta.read(fields, KIND)
    monitor: Monitor | None = None
    if fields.required("spec", "write spec: with an http or tcp block"):
        monitor = _spec(fields.child("spec") or Fields({}, ("spec",), problems), identity)
    fields.close()
    meta.refuse_if(problems, manifest)
    assert monitor is not None  # noqa: S101 - without problems there is a spec with a check
    return monitor


def _spec(spec: Fields, identity: Meta) -> Monitor | None:
    written = spec.duration("interval", lowest=SECOND, highest=DAY)
    # A written interval that cannot be read must not refuse what depends on it as well.
    longest = DAY if written is None and spec.has("interval") else written or DEFAULT_INTERVAL
    timeout = spec.duration("timeout", lowest=SHORTEST_TIMEOUT, highest=LONGEST_TIMEOUT)
    confirm = _confirm(spec, longest)
    if timeout is not None and timeout > longest:
        advice = f"write at most {duration.text(longest)}, or a longer interval"
        spec.note(("timeout",), "the timeout is longer than the interval", advice)
    storage = _storage(spec)
    paused = spec.boolean("paused", default=False)
    retention = spec.integer("retentionDays", default=14, lowest=1, highest=400)
    kind, check = _check(spec)
    spec.close()
    if check is None:
        return None
    return Monitor(
        meta=identity,
        kind=kind,
        check=check,
        interval=written or DEFAULT_INTERVAL,
        timeout=timeout,
        confirm=confirm,
        paused=paused,
        retention_days=retention,
        storage=storage,
    )


def _check(spec: Fields) -> tuple[str, Check | None]:
    blocks = [(name, child) for name in KINDS if (child := spec.child(name)) is not None]
    if len(blocks) != 1:
        wrong = f"this has {len(blocks)} checks"
        spec.note((), wrong, f"write exactly one of {', '.join(KINDS)}")
    checks = [(name, KINDS[name].read(child)) for name, child in blocks]
    return checks[0] if checks else ("", None)


def _confirm(spec: Fields, longest: timedelta) -> Confirm:
    child = spec.child("confirm")
    if child is None:
        return Confirm()
    confirm = Confirm(
        failures=child.integer("failures", default=2, lowest=1, highest=20),
        successes=child.integer("successes", default=1, lowest=1, highest=20),
        every=child.duration("every", lowest=SECOND, highest=DAY),
    )
    if confirm.every is not None and confirm.every > longest:
        advice = f"write at most {duration.text(longest)}"
        child.note(("every",), "this is longer than the interval", advice)
    child.close()
    return confirm


def _storage(spec: Fields) -> Storage:
    child = spec.child("storage")
    if child is None:
        return Storage()
    kind = child.choice("kind", ("Persistent", "Ephemeral"), default="Persistent")
    size = child.text("size", default="128Mi", pattern=SIZE, instead=SIZE_ADVICE)
    storage = Storage(kind, size)
    if not SMALLEST <= storage.size_bytes <= LARGEST:
        child.note(("size",), f"{size} is out of bounds", SIZE_ADVICE)
    child.close()
    return storage


def text(monitor: Monitor) -> dict[str, object]:
    """Return the manifest that `read` reads back as the same value."""
    confirm: dict[str, object] = {
        "failures": monitor.confirm.failures,
        "successes": monitor.confirm.successes,
    }
    if monitor.confirm.every is not None:
        confirm["every"] = duration.text(monitor.confirm.every)
    spec: dict[str, object] = {"interval": duration.text(monitor.interval)}
    spec[monitor.kind] = KINDS[monitor.kind].text(monitor.check)
    if monitor.timeout is not None:
        spec["timeout"] = duration.text(monitor.timeout)
    spec["confirm"] = confirm
    spec["paused"] = monitor.paused
    spec["retentionDays"] = monitor.retention_days
    spec["storage"] = {"kind": monitor.storage.kind, "size": monitor.storage.size}
    return meta.text(monitor.meta, KIND, spec)
