"""Run `allswell history replay`: judge raw results again, and compare with what was recorded."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from allswell.central import history
from allswell.central.history import MonitorHistory
from allswell.cli import manifests
from allswell.cli.errors import BadInput
from allswell.cli.history import command_line
from allswell.cli.history.output import progress, run_on_source
from allswell.cli.history.source import Source
from allswell.cli.terminal import FAILED, OK, count_of, paint
from allswell.domain import duration, instant, replay, rollup, timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.replay import DayFigures, Replay
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm, Monitor
from allswell.domain.timeline import Overlay
from allswell.domain.uptime import Uptime

DESCRIPTION = """\
Judge a monitor's raw results again and show how transitions, roll-ups and uptime differ from what
was recorded. The rule is the Monitor's own with --manifest, else the default one; with another rule
the output shows what it would have recorded. Time that nobody observed, pauses and maintenance
count as recorded."""
EPILOG = """\
examples:
  allswell history replay default/api --from 2026-11-01 --to 2026-12-01
  allswell history replay default/api --failures 3 --every 30s
  allswell history replay default/api --manifest status.yaml

output: - recorded only, + replayed only
exit codes: 0 nothing differs, 1 something differs or cannot be read, 2 bad input"""
DAY = timedelta(days=1)
MAX_LINES = 50
Window = tuple[datetime, datetime]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    command_line.add_monitor(parser)
    parser.add_argument(
        "--manifest", type=Path, metavar="FILE", help="take the rule of the Monitor in this file"
    )
    parser.add_argument(
        "--failures", type=int, metavar="N", help="how many failures in a row make it down"
    )
    parser.add_argument(
        "--successes", type=int, metavar="N", help="how many successes in a row make it up"
    )
    parser.add_argument(
        "--every", metavar="30s", help="skip confirming checks that were made sooner than this"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    return run_on_source(_run, options)


def _run(options: argparse.Namespace, source: Source) -> int:
    """Replay a monitor's results.

    1. Parse the monitor, the rule and the window; the window begins at the monitor's first day.
    2. Start from the claim that was recorded at the window's start.
    3. Fold every sample of the window by the rule.
    4. Compare transitions, roll-ups and uptime with the recorded ones.
    """
    namespace, name = command_line.parse_monitor(options.monitor)
    rule = _rule(options, namespace, name)
    end = command_line.parse_time(options.end) if options.end else instant.floor(datetime.now(UTC))
    start = datetime.min.replace(tzinfo=UTC)
    if options.start:
        start = command_line.parse_time(options.start)
    recorded = history.read(source.engine, namespace, name, max(start, instant.EPOCH))
    if recorded is None:
        raise BadInput(f"there is no monitor {namespace}/{name}")
    start = _checked_start(start, end, recorded.born, f"{namespace}/{name}")
    initial = next((claim for claim in recorded.claims if claim.since <= start), None)
    replayed = Replay(initial, rule)
    expected = source.expected(namespace, name, start, end)
    samples = progress(source.samples(namespace, name, start, end), expected, "samples")
    days = dict(_figures_by_day(replayed.through(samples)))
    return _compare(recorded, replayed.claims, days, (start, end))


def _checked_start(start: datetime, end: datetime, born: datetime, monitor: str) -> datetime:
    """Return the start of the window, not before the monitor's birth. Raises `BadInput`."""
    if start >= end:
        raise BadInput("--from must be before --to, and before now")
    start = max(start, born)
    if start >= end:
        raise BadInput(f"{monitor} exists since {instant.text(start)}: --to is before that")
    return start


def _rule(options: argparse.Namespace, namespace: str, name: str) -> Confirm:
    own = Confirm()
    if options.manifest is not None:
        own = _rule_in_manifest(options.manifest, namespace, name)
    failures = own.failures if options.failures is None else options.failures
    successes = own.successes if options.successes is None else options.successes
    if min(failures, successes) < 1:
        raise BadInput("--failures and --successes: write a number of at least 1")
    return Confirm(failures, successes, _parse_every(options.every))


def _parse_every(text: str | None) -> timedelta | None:
    """Parse `--every`; without it a Monitor's own re-checks are at their times already."""
    if text is None:
        return None
    try:
        return duration.parse(text)
    except ValueError as error:
        raise BadInput(f"--every {text!r}: write a duration like 30s") from error


def _rule_in_manifest(file: Path, namespace: str, name: str) -> Confirm:
    files = manifests.load([file])
    if problems := manifests.problems(files):
        raise BadInput("\n".join(str(problem) for problem in problems))
    monitors = (it for it in manifests.resources(files) if isinstance(it, Monitor))
    for monitor in monitors:
        if (monitor.meta.namespace, monitor.meta.name) == (namespace, name):
            return monitor.confirm
    raise BadInput(f"{file} has no Monitor {namespace}/{name}")


def _figures_by_day(samples: Iterable[Sample]) -> Iterator[tuple[date, DayFigures]]:
    for day, day_samples in groupby(samples, key=lambda sample: instant.day_of(sample.started)):
        yield day, replay.figures(rollup.of_day(day, day_samples))


def _compare(
    recorded: MonitorHistory,
    replayed: Sequence[HealthClaim],
    days: Mapping[date, DayFigures],
    window: Window,
) -> int:
    """Print every difference; return the exit code."""
    claims = [claim for claim in recorded.claims if claim.since < window[1]]
    difference = replay.transitions(claims, replayed)
    _print_claims("-", "down", difference.recorded_only)
    _print_claims("+", "up", difference.replayed_only)
    whole_days = {day: figures for day, figures in recorded.days.items() if _within(day, window)}
    differing = replay.days(
        whole_days, {day: figures for day, figures in days.items() if day in whole_days}
    )
    for day, old, new in differing[:MAX_LINES]:
        print(f"- {day} {_format_figures(old)}\n+ {day} {_format_figures(new)}")
    print(_format_uptimes(recorded.overlays, claims, replayed, window))
    count = len(difference.recorded_only) + len(difference.replayed_only)
    transitions, roll_ups = count_of(count, "transition"), count_of(len(differing), "roll-up")
    print(paint(f"{transitions} and {roll_ups} differ", "bold"))
    return OK if difference.same and not differing else FAILED


def _print_claims(mark: str, style: str, claims: Sequence[HealthClaim]) -> None:
    for claim in claims[:MAX_LINES]:
        line = f"{mark} {instant.text(claim.since)} {claim.state.value} {claim.reason}"
        print(paint(line.rstrip(), style))
    if len(claims) > MAX_LINES:
        print(f"{mark} … and {len(claims) - MAX_LINES} more")


def _within(day: date, window: Window) -> bool:
    """Tell whether a whole UTC day is within a window."""
    start, end = window
    return start <= instant.day_start(day) and instant.day_start(day + DAY) <= end


def _format_figures(figures: DayFigures | None) -> str:
    if figures is None:
        return "no roll-up"
    latency = f"average {figures.average_us} µs, p95 {figures.p95_us} µs"
    return f"{figures.successful} of {count_of(figures.checks, 'check')} successful, {latency}"


def _format_uptimes(
    overlays: Sequence[Overlay],
    recorded: Sequence[HealthClaim],
    replayed: Sequence[HealthClaim],
    window: Window,
) -> str:
    def measure(claims: Sequence[HealthClaim]) -> Uptime:
        return uptime.measure(timeline.segments(claims, overlays, *window), *window)

    old, new = measure(recorded), measure(replayed)
    return f"uptime recorded {_format_uptime(old)}, replayed {_format_uptime(new)}"


def _format_uptime(measured: Uptime) -> str:
    percent = measured.percent(4)
    down = timedelta(milliseconds=measured.down)
    return "no data" if percent is None else f"{percent} % ({down} down)"
