"""Show what `allswell up` does: a header, then one line for each event."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.metadata import version

from allswell.cli.manifests import Key, Resource
from allswell.cli.terminal import count_of, paint
from allswell.cli.up.data_folder import DataFolder
from allswell.cli.up.desired import DesiredState
from allswell.cli.yamlfile import LocatedProblem
from allswell.collector.state import StateChange
from allswell.domain import state
from allswell.domain.spec.meta import DEFAULT_NAMESPACE
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage
from allswell.domain.state import State

WIDTH = 9
OFFLINE = (
    "If this machine is offline, that is the cause: nothing is wrong with the target.",
    "With --egress-reference HOST:PORT its state would be unknown then, not down.",
)
HINTS = {
    state.DNS_FAILED: OFFLINE,
    state.UNREACHABLE: OFFLINE,
    state.EGRESS_LOST: (
        "No reference target can be reached: this machine seems to be offline, so the state of",
        "public targets is unknown until it is online again.",
    ),
    state.SECRET_MISSING: ("A header needs a Secret that no file defines: add a Secret document.",),
}


class Screen:
    """Writes to standard output, a line at a time; any thread may call."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._explained: set[str] = set()

    def line(self, text: str) -> None:
        """Print one line with the time of day in front."""
        time = self._now().astimezone().strftime("%H:%M:%S")
        print(f"{paint(time, 'dim')}  {text}", flush=True)

    def header(self, desired: DesiredState, host: str, port: int, data: DataFolder) -> None:
        """Print what runs, where the page is, and how to stop."""
        monitors = sum(isinstance(resource, Monitor) for resource in desired.resources)
        pages = sum(isinstance(resource, StatusPage) for resource in desired.resources)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        print(paint(f"allswell {version('allswell')}", "bold"))
        print(f"  page      {url if pages else 'none: add a StatusPage to get one'}")
        print(f"  running   {count_of(monitors, 'monitor')}, {count_of(pages, 'page')}")
        print(f"  results   {data.path}")
        print(f"  log       {data.log}")
        print("  Edit the files at any time; Ctrl-C stops.\n", flush=True)

    def state_changed(self, change: StateChange) -> None:
        """Print a change of state; explain its reason the first time it occurs."""
        claim = change.claim
        state_word = paint(f"{claim.state.value:<{WIDTH}}", claim.state.value)
        since = claim.since.astimezone().strftime("%H:%M:%S")
        reason = f"  {claim.reason}" if claim.reason else ""
        name = display_name(change.namespace, change.monitor)
        self.line(f"{state_word} {name}{reason}{paint(f'  since {since}', 'dim')}")
        if claim.reason and claim.reason not in self._explained:
            self._explained.add(claim.reason)
            for sentence in explain(claim.reason, change.monitor):
                print(paint(f"          {sentence}", "dim"), flush=True)

    def warn(self, text: str) -> None:
        """Print something that needs attention."""
        self.line(paint(text, "degraded"))

    def problems(
        self,
        before: Iterable[LocatedProblem],
        after: Iterable[LocatedProblem],
        *,
        at_start: bool = False,
    ) -> None:
        """Print the problems that are new, or that all are fixed."""
        known, now = set(before), tuple(after)
        consequence = "objects with problems keep their last good state until they are fixed"
        if at_start:
            consequence = "objects with problems do not run until they are fixed"
        self._print_new(known, now, consequence)
        if known and not now:
            self.line("all problems are fixed")

    def dangling(self, before: Iterable[LocatedProblem], after: Iterable[LocatedProblem]) -> None:
        """Print the Monitors that a page names and that do not exist, when that is new."""
        consequence = "the page is served without that Monitor until the problem is fixed"
        self._print_new(set(before), tuple(after), consequence)

    def _print_new(
        self, known: set[LocatedProblem], now: tuple[LocatedProblem, ...], consequence: str
    ) -> None:
        new = [problem for problem in now if problem not in known]
        for problem in new:
            print(paint(str(problem), "down"), file=sys.stderr, flush=True)
        if new:
            self.warn(consequence)

    def changed(self, before: Iterable[Resource], after: Iterable[Resource]) -> None:
        """Print what an edit has added, changed and removed."""
        old, new = _by_key(before), _by_key(after)
        for key in [*new, *(key for key in old if key not in new)]:
            if old.get(key) != new.get(key):
                word = "added" if key not in old else "removed" if key not in new else "changed"
                self.line(f"{word:<{WIDTH}} {key[0]} {display_name(key[1], key[2])}")


def display_name(namespace: str, name: str) -> str:
    """Return a name for people, without the namespace if it is the default one."""
    return name if namespace == DEFAULT_NAMESPACE else f"{namespace}/{name}"


def explain(reason: str, monitor: str) -> tuple[str, ...]:
    """Explain in sentences what a reason may mean on this machine."""
    if state.of(reason) is not State.UNKNOWN:
        advice = (f"`allswell check FILE {monitor}` shows what was expected and what was seen.",)
        return (*HINTS.get(reason, ()), *advice)
    return HINTS.get(reason, ())


def _by_key(resources: Iterable[Resource]) -> dict[Key, Resource]:
    return {_key(resource): resource for resource in resources}


def _key(resource: Resource) -> Key:
    if isinstance(resource, Monitor):
        return "Monitor", resource.meta.namespace, resource.meta.name
    if isinstance(resource, StatusPage):
        return "StatusPage", resource.meta.namespace, resource.meta.name
    return "Secret", resource.namespace, resource.name
