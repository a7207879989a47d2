"""`allswell history replay`: transitions and roll-ups made again from raw results."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from allswell.central import history
from allswell.central.history import MonitorHistory
from allswell.cli import manifests
from allswell.cli.history import source
from allswell.cli.history.output import carried_out, progress
from allswell.cli.history.source import BadInput, Source
from allswell.cli.terminal import FAILED, OK, counted, paint
from allswell.domain import duration, instant, replay, rollup, timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.replay import DayFigures, Replay
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm, Monitor
from allswell.domain.timeline import Overlay
from allswell.domain.uptime import Uptime

DESCRIPTION = """\
Fold a monitor's raw results again and show how transitions, roll-ups and uptime differ from what
was recorded. The rule is the Monitor's own where --manifest has it, else the default one; another
one shows what it would have said. Unobserved time, pauses and maintenance are as recorded."""
EPILOG = """\
examples:
  allswell history replay default/api --from 2026-11-01 --to 2026-12-01
  allswell history replay default/api --failures 3 --every 30s
  allswell history replay default/api --manifest status.yaml

exit codes: 0 nothing differs, 1 something differs or cannot be read, 2 bad input"""
DAY = timedelta(days=1)
MOST_LINES = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("monitor", help="namespace/name, or name in the namespace default")
    parser.add_argument("--from", dest="start", metavar="TIME", help="default: its birth")
    parser.add_argument("--to", dest="end", metavar="TIME", help="default: now")
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="where its rule stands")
    parser.add_argument("--failures", type=int, metavar="N", help="failures in a row for down")
    parser.add_argument("--successes", type=int, metavar="N", help="good ones in a row for up")
    parser.add_argument("--every", metavar="30s", help="pass over confirming checks made sooner")
    source.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    return carried_out(_run, options)


def _run(options: argparse.Namespace, it: Source) -> int:
    namespace, name = source.monitor(options.monitor)
    rule = _rule(options, namespace, name)
    end = source.moment(options.end) if options.end else instant.floor(datetime.now(UTC))
    start = source.moment(options.start) if options.start else datetime.min.replace(tzinfo=UTC)
    known = history.read(it.engine, namespace, name, max(start, instant.EPOCH))
    if known is None:
        raise BadInput(f"there is no monitor {namespace}/{name}")
    if start >= end:
        raise BadInput("--from must be before --to, and before now")
    start = max(start, known.born)
    if start >= end:
        raise BadInput(f"{namespace}/{name} is there since {instant.text(start)}: --to is before")
    before = next((claim for claim in known.claims if claim.since <= start), None)
    again = Replay(before, rule)
    expected = it.expected(namespace, name, start, end)
    samples = progress(it.samples(namespace, name, start, end), expected, "samples")
    days = dict(_days(again.through(samples)))
    return _compared(known, again.claims, days, (start, end))


def _rule(options: argparse.Namespace, namespace: str, name: str) -> Confirm:
    own = Confirm() if options.manifest is None else _own(options.manifest, namespace, name)
    failures = own.failures if options.failures is None else options.failures
    successes = own.successes if options.successes is None else options.successes
    if min(failures, successes) < 1:
        raise BadInput("--failures and --successes: write numbers from 1 on")
    return Confirm(failures, successes, _every(options.every))


def _every(text: str | None) -> timedelta | None:
    """Only where it is asked for: a Monitor's own re-checks are at their times already."""
    if text is None:
        return None
    try:
        return duration.parse(text)
    except ValueError as error:
        raise BadInput(f"--every {text!r}: write a duration like 30s") from error


def _own(file: Path, namespace: str, name: str) -> Confirm:
    sheets = manifests.load([file])
    if problems := manifests.problems(sheets):
        raise BadInput("\n".join(str(problem) for problem in problems))
    for thing in manifests.things(sheets):
        if isinstance(thing, Monitor) and (thing.meta.namespace, thing.meta.name) == (
            namespace,
            name,
        ):
            return thing.confirm
    raise BadInput(f"{file} has no Monitor {namespace}/{name}")


def _days(samples: Iterable[Sample]) -> Iterator[tuple[date, DayFigures]]:
    for day, those in groupby(samples, key=lambda sample: instant.day_of(sample.started)):
        yield day, replay.figures(rollup.of_day(day, those))


def _compared(
    known: MonitorHistory,
    claims: Sequence[HealthClaim],
    replayed: dict[date, DayFigures],
    window: tuple[datetime, datetime],
) -> int:
    start, end = window
    recorded = [claim for claim in known.claims if claim.since < end]
    changed = replay.transitions(recorded, claims)
    for mark, kind, those in (
        ("-", "down", changed.recorded_only),
        ("+", "up", changed.replayed_only),
    ):
        for claim in those[:MOST_LINES]:
            words = f"{mark} {instant.text(claim.since)} {claim.state.value} {claim.reason}"
            print(paint(words.rstrip(), kind))
        if len(those) > MOST_LINES:
            print(f"{mark} … and {len(those) - MOST_LINES} more")
    whole = {
        day: found
        for day, found in known.days.items()
        if start <= instant.day_start(day) and instant.day_start(day + DAY) <= end
    }
    part = {day: found for day, found in replayed.items() if day in whole}
    differing = replay.days(whole, part)
    for day, old, new in differing[:MOST_LINES]:
        print(f"- {day} {_said(old)}\n+ {day} {_said(new)}")
    print(_uptimes(known.overlays, recorded, claims, window))
    transitions = counted(len(changed.recorded_only) + len(changed.replayed_only), "transition")
    words = f"{transitions} and {counted(len(differing), 'roll-up')} differ"
    print(paint(words, "bold"))
    return OK if changed.same and not differing else FAILED


def _said(found: DayFigures | None) -> str:
    if found is None:
        return "nothing"
    latency = f"average {found.average_us} µs, p95 {found.p95_us} µs"
    return f"{found.successful} of {counted(found.checks, 'check')} good, {latency}"


def _uptimes(
    overlays: Sequence[Overlay],
    recorded: Sequence[HealthClaim],
    replayed: Sequence[HealthClaim],
    window: tuple[datetime, datetime],
) -> str:
    def of(claims: Sequence[HealthClaim]) -> Uptime:
        return uptime.measure(timeline.segments(claims, overlays, *window), *window)

    old, new = of(recorded), of(replayed)
    return f"uptime recorded {_percent(old)}, replayed {_percent(new)}"


def _percent(found: Uptime) -> str:
    percent = found.percent(4)
    down = timedelta(milliseconds=found.down)
    return "no data" if percent is None else f"{percent} % ({down} down)"
