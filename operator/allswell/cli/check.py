"""Run `allswell check`: run each check once, now, and explain the result."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from allswell.cli import manifests
from allswell.cli.errors import BadInput
from allswell.cli.manifests import Resource
from allswell.cli.terminal import BAD_INPUT, FAILED, OK, count_of, paint, print_error
from allswell.domain import duration
from allswell.domain.spec.monitor import Monitor
from allswell.domain.state import State
from allswell.probe import AddressPolicy, Outcome, Prober

DESCRIPTION = """\
Run the check of each Monitor once from this machine and explain the result: what each assertion
expected and saw, and how long each phase took. Nothing is recorded, and no state changes.
Secrets come from Secret documents in the same files."""
EPILOG = """\
examples:
  allswell check status.yaml
  allswell check status.yaml api website
  allswell check --output json status.yaml | jq .

exit codes: 0 every check is up or degraded, 1 at least one is not, 2 bad input"""
GOOD = (State.UP, State.DEGRADED)
MARKS = {True: "✓", False: "✗"}
CONCURRENT_CHECKS = 50


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A monitor with the outcome of its check."""

    monitor: Monitor
    outcome: Outcome


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file or folder of manifests")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="run only these Monitors (default: all)"
    )
    parser.add_argument(
        "--output", choices=("text", "json"), default="text", help="the format, default text"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    files = manifests.load([options.file])
    for problem in manifests.problems(files):
        print_error(str(problem))
    if manifests.problems(files):
        return BAD_INPUT
    resources = manifests.resources(files)
    try:
        monitors = select(resources, options.names)
    except BadInput as error:
        print_error(str(error))
        return BAD_INPUT
    results = asyncio.run(run_checks(monitors, resources))
    if options.output == "json":
        print(json.dumps([to_json(result) for result in results], indent=2))
    else:
        print("\n\n".join(explain(result) for result in results))
    return OK if all(result.outcome.state in GOOD for result in results) else FAILED


def select(resources: Sequence[Resource], names: Sequence[str]) -> list[Monitor]:
    """Select the monitors of these names, or all. Raises `BadInput` for a name that is missing."""
    monitors = [resource for resource in resources if isinstance(resource, Monitor)]
    known = [monitor.meta.name for monitor in monitors]
    if not known:
        raise BadInput("no Monitor found; give a file that contains one")
    for name in names:
        if name not in known:
            similar = get_close_matches(name, known, n=1)
            advice = f"did you mean {similar[0]}?" if similar else f"there are: {', '.join(known)}"
            raise BadInput(f"there is no Monitor {name!r}; {advice}")
    return [monitor for monitor in monitors if not names or monitor.meta.name in names]


async def run_checks(
    monitors: Sequence[Monitor], resources: Sequence[Resource]
) -> list[CheckResult]:
    """Run all checks concurrently, at most 50 at a time."""
    prober = Prober(AddressPolicy(allow_loopback=True))
    slots = asyncio.Semaphore(CONCURRENT_CHECKS)

    async def run_check(monitor: Monitor) -> CheckResult:
        secrets = manifests.secrets(resources, monitor.meta.namespace)
        async with slots:
            outcome = await prober.check(monitor.check, monitor.effective_timeout, secrets)
        return CheckResult(monitor, outcome)

    return await asyncio.gather(*(run_check(monitor) for monitor in monitors))


def explain(result: CheckResult) -> str:
    """Explain a result for people."""
    monitor, outcome = result.monitor, result.outcome
    state = paint(outcome.state.value.upper(), outcome.state.value)
    lines = [f"{paint(monitor.meta.name, 'bold')}: {state} {outcome.reason}".rstrip()]
    lines.append(f"  target   {monitor.check.target}")
    if outcome.address:
        lines.append(f"  address  {outcome.address}")
    for assertion in outcome.assertions:
        mark = paint(MARKS[assertion.holds], "up" if assertion.holds else "down")
        lines.append(
            f"  {mark} {assertion.name}: expected {assertion.expected}, saw {assertion.seen}"
        )
    lines.append(f"  phases   {format_phases(outcome)}")
    if outcome.certificate_days is not None:
        lines.append(f"  certificate valid for {count_of(outcome.certificate_days, 'more day')}")
    if outcome.detail:
        lines.append(f"  {outcome.detail}")
    if outcome.state not in GOOD and monitor.confirm.failures > 1:
        times, every = monitor.confirm.failures, duration.text(monitor.effective_every)
        rule = f"it counts as {outcome.state.value} after {times} such checks in a row"
        lines.append(f"  {rule}, {every} apart")
    return "\n".join(lines)


def format_phases(outcome: Outcome) -> str:
    """Format the phases that were reached: `dns 1.2 ms · connect 0.3 ms · … · total 4 ms`."""
    phases = outcome.phases
    named = (
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
        ("total", phases.total),
    )
    return " · ".join(f"{name} {value * 1000:.1f} ms" for name, value in named if value is not None)


def to_json(result: CheckResult) -> dict[str, object]:
    """Return a result for programs."""
    outcome, phases = result.outcome, result.outcome.phases
    return {
        "name": result.monitor.meta.name,
        "namespace": result.monitor.meta.namespace,
        "target": result.monitor.check.target,
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
            "dns": phases.dns,
            "connect": phases.connect,
            "tls": phases.tls,
            "first_byte": phases.first_byte,
            "total": phases.total,
        },
    }
