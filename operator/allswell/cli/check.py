"""`allswell check`: run each check once, now, and explain the verdict."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from allswell.cli import manifests
from allswell.cli.manifests import Thing
from allswell.cli.terminal import BAD_INPUT, FAILED, OK, complain, counted, paint
from allswell.domain import duration
from allswell.domain.spec.monitor import Monitor
from allswell.domain.state import State
from allswell.probe import AddressPolicy, Outcome, Prober

DESCRIPTION = """\
Run the check of each Monitor once from this machine and show what was expected, what was seen and
how long each phase took. Secrets are taken from Secret documents in the same files."""
EPILOG = """\
examples:
  allswell check status.yaml
  allswell check status.yaml api website
  allswell check --output json status.yaml | jq .

exit codes: 0 all are up or degraded, 1 at least one is not, 2 bad input"""
GOOD = (State.UP, State.DEGRADED)
MARKS = {True: "✓", False: "✗"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A monitor with what its check found."""

    monitor: Monitor
    outcome: Outcome


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file or folder of manifests")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these Monitors")
    parser.add_argument("--output", choices=("text", "json"), default="text", help="default: text")


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    sheets = manifests.load([options.file])
    for problem in manifests.problems(sheets):
        complain(str(problem))
    if manifests.problems(sheets):
        return BAD_INPUT
    things = manifests.things(sheets)
    monitors = [thing for thing in things if isinstance(thing, Monitor)]
    chosen = chosen_from(monitors, options.names)
    if chosen is None:
        return BAD_INPUT
    verdicts = asyncio.run(carry_out(chosen, things))
    if options.output == "json":
        print(json.dumps([as_json(verdict) for verdict in verdicts], indent=2))
    else:
        print("\n\n".join(explained(verdict) for verdict in verdicts))
    return OK if all(verdict.outcome.state in GOOD for verdict in verdicts) else FAILED


def chosen_from(monitors: Sequence[Monitor], names: Sequence[str]) -> list[Monitor] | None:
    """The monitors asked for, or None after saying which name is not there."""
    known = [monitor.meta.name for monitor in monitors]
    if not known:
        complain("there is no Monitor in there; give a file that holds one")
        return None
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            complain(f"there is no Monitor {name!r}; {advice}")
            return None
    return [monitor for monitor in monitors if not names or monitor.meta.name in names]


async def carry_out(monitors: Sequence[Monitor], things: Sequence[Thing]) -> list[CheckResult]:
    """Run all checks side by side, at most 50 at a time."""
    prober = Prober(AddressPolicy(allow_loopback=True))
    turns = asyncio.Semaphore(50)

    async def one(monitor: Monitor) -> CheckResult:
        secrets = manifests.secrets(things, monitor.meta.namespace)
        async with turns:
            found = await prober.check(monitor.check, monitor.effective_timeout, secrets)
        return CheckResult(monitor, found)

    return await asyncio.gather(*(one(monitor) for monitor in monitors))


def explained(verdict: CheckResult) -> str:
    """The verdict for people."""
    monitor, outcome = verdict.monitor, verdict.outcome
    word = paint(outcome.state.value.upper(), outcome.state.value)
    lines = [f"{paint(monitor.meta.name, 'bold')}: {word} {outcome.reason}".rstrip()]
    lines.append(f"  target   {monitor.check.target}")
    if outcome.address:
        lines.append(f"  address  {outcome.address}")
    for assertion in outcome.assertions:
        mark = paint(MARKS[assertion.holds], "up" if assertion.holds else "down")
        lines.append(
            f"  {mark} {assertion.name}: expected {assertion.expected}, saw {assertion.seen}"
        )
    lines.append(f"  phases   {phases(outcome)}")
    if outcome.certificate_days is not None:
        left = counted(outcome.certificate_days, "day")
        lines.append(f"  certificate valid for {left} more")
    if outcome.detail:
        lines.append(f"  {outcome.detail}")
    if outcome.state not in GOOD and monitor.confirm.failures > 1:
        times, every = monitor.confirm.failures, duration.text(monitor.effective_every)
        counts = f"it counts as {outcome.state.value} after {times} such checks in a row"
        lines.append(f"  {counts}, {every} apart")
    return "\n".join(lines)


def phases(outcome: Outcome) -> str:
    """`dns 1.2 ms · connect 0.3 ms · … · total 4 ms`, only what was reached."""
    found = outcome.phases
    named = (
        ("dns", found.dns),
        ("connect", found.connect),
        ("tls", found.tls),
        ("first byte", found.first_byte),
        ("total", found.total),
    )
    return " · ".join(f"{name} {value * 1000:.1f} ms" for name, value in named if value is not None)


def as_json(verdict: CheckResult) -> dict[str, object]:
    """The verdict for programs."""
    outcome, found = verdict.outcome, verdict.outcome.phases
    return {
        "name": verdict.monitor.meta.name,
        "namespace": verdict.monitor.meta.namespace,
        "target": verdict.monitor.check.target,
        "state": outcome.state.value,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "address": outcome.address,
        "certificate_days": outcome.certificate_days,
        "assertions": [
            {"name": a.name, "expected": a.expected, "seen": a.seen, "holds": a.holds}
            for a in outcome.assertions
        ],
        "phases_s": {
            "dns": found.dns,
            "connect": found.connect,
            "tls": found.tls,
            "first_byte": found.first_byte,
            "total": found.total,
        },
    }
