"""The status of a Monitor, and what is worth an event: pure functions of what is known.

Level-based: the whole status is made anew each time and written only when it differs from the one
that is there, so a lost write is made good and a restart writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allswell.central.monitor_status import MonitorStatus
from allswell.domain import duration
from allswell.domain.spec.monitor import Monitor
from allswell.domain.state import State
from allswell.kube import conditions, manifest
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, Condition
from allswell.kube.manifest import Json

UP, FRESH = "Up", "Fresh"
# What of the status the central database says.
OF_CENTRE = ("state", "reason", "since", "uptime", "latency")
NORMAL, WARNING = "Normal", "Warning"
_WORDS = {
    State.UP: (TRUE, "Succeeding"),
    State.DEGRADED: (TRUE, "Degraded"),
    State.DOWN: (FALSE, "Failing"),
    State.UNKNOWN: (UNKNOWN, "NoData"),
    State.PAUSED: (UNKNOWN, "Paused"),
}


@dataclass(frozen=True, slots=True)
class MonitorEvent:
    """An event: something has changed that a person may want to hear of."""

    type: str
    reason: str
    note: str


def build(
    live: Json,
    wanted: Monitor | None,
    ready: Sequence[Condition],
    standing: MonitorStatus | None,
    now: datetime,
) -> dict[str, object]:
    """The whole status; `wanted` is None when the spec cannot be read.

    `standing` is None when the central database has not been read: what it said last stays.
    """
    generation = manifest.number(live, "metadata", "generation")
    before = manifest.block(live, "status")
    if standing is None and UP not in _types(before):
        standing = MonitorStatus()
    said = list(ready) if standing is None else [*ready, _up(standing), _fresh(standing)]
    merged = conditions.merged(manifest.blocks(before, "conditions"), said, generation, now)
    status: dict[str, object] = {"observedGeneration": generation}
    if standing is None:
        old = manifest.blocks(before, "conditions")
        status |= {key: before[key] for key in OF_CENTRE if key in before}
        merged += [dict(entry) for entry in old if entry.get("type") in (UP, FRESH)]
    else:
        status |= _figures(standing)
    status["conditions"] = merged
    if wanted is not None:
        status["target"] = wanted.check.target
        status["effective"] = {
            "timeout": duration.text(wanted.effective_timeout),
            "confirm": {"every": duration.text(wanted.effective_every)},
        }
    return status


def _types(status: Json) -> frozenset[object]:
    return frozenset(entry.get("type") for entry in manifest.blocks(status, "conditions"))


def _figures(standing: MonitorStatus) -> dict[str, object]:
    status: dict[str, object] = {"state": standing.state.value}
    if standing.reason:
        status["reason"] = standing.reason
    if standing.since is not None:
        status["since"] = conditions.time(standing.since)
    if standing.uptime is not None:
        status["uptime"] = f"{standing.uptime}%"
    if standing.latency_us is not None:
        status["latency"] = f"{round(standing.latency_us / 1000)}ms"
    return status


def _up(standing: MonitorStatus) -> Condition:
    status, word = _WORDS[standing.state]
    return Condition(UP, status, word, standing.reason)


def _fresh(standing: MonitorStatus) -> Condition:
    if standing.state is State.PAUSED:
        return Condition(FRESH, UNKNOWN, "Paused", "nobody looks while the monitor is paused")
    if standing.seen is None:
        return Condition(FRESH, UNKNOWN, "NoData", "no result has come in yet")
    if standing.seen:
        return Condition(FRESH, TRUE, "Reporting", "results come in")
    return Condition(FRESH, FALSE, "Silent", "no result has come in for longer than is allowed")


def same(before: Json, after: Json) -> bool:
    """Whether nothing is to be written."""
    return _sorted(before) == _sorted(after)


def _sorted(status: Json) -> Json:
    """The status with its conditions in one order: the API server keeps its own."""
    found = sorted(manifest.blocks(status, "conditions"), key=lambda entry: str(entry.get("type")))
    return {**status, "conditions": [dict(entry) for entry in found]}


def events(before: Json, after: Json) -> tuple[MonitorEvent, ...]:
    """The events between two statuses: changes of Up and Fresh, and Ready when it goes wrong."""
    old, new = (manifest.blocks(status, "conditions") for status in (before, after))
    found = []
    for kind in (UP, FRESH, "Ready"):
        now = manifest.entry(new, "type", kind)
        if now.get("status") == conditions.status_of(old, kind) and _quiet(old, now):
            continue
        if (event := _event(kind, now)) is not None:
            found.append(event)
    return tuple(found)


def _quiet(old: Sequence[Json], now: Json) -> bool:
    """Whether a condition of the same status has the same reason, or one that matters less."""
    before = manifest.entry(old, "type", str(now.get("type")))
    return now.get("type") != "Ready" or before.get("reason") == now.get("reason")


def _event(kind: str, now: Json) -> MonitorEvent | None:
    reason, message = manifest.text(now, "reason"), manifest.text(now, "message")
    status = now.get("status")
    if kind == UP and status != UNKNOWN:
        words = {"Succeeding": "the target is up", "Degraded": "the target is degraded"}
        text = words.get(reason, "the target is down")
        note = f"{text}: {message}" if message else text
        return MonitorEvent(NORMAL if status == TRUE else WARNING, _STATES[reason], note)
    if kind == FRESH and status == FALSE:
        return MonitorEvent(WARNING, "Silent", message)
    if kind == "Ready" and status == FALSE and reason not in ("Starting", "Updating"):
        return MonitorEvent(WARNING, reason, message)
    return None


_STATES = {"Succeeding": "Up", "Degraded": "Degraded", "Failing": "Down"}
