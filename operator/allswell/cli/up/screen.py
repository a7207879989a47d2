"""What `allswell up` shows: a header, then one line for each thing that happens."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.metadata import version

from allswell.cli.manifests import Key, Thing
from allswell.cli.terminal import counted, paint
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
    "If this machine is offline, that is why: nothing is wrong with the target.",
    "With --egress-reference HOST:PORT such a target is unknown then, not down.",
)
HINTS = {
    state.DNS_FAILED: OFFLINE,
    state.UNREACHABLE: OFFLINE,
    state.EGRESS_LOST: (
        "No reference target answers: this machine seems to be offline, so nothing is said of",
        "public targets until it is back.",
    ),
    state.SECRET_MISSING: (
        "A header needs a Secret that stands in none of the files: add the Secret's document.",
    ),
}


class Screen:
    """Writes to standard output, a line at a time; any thread may call."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._explained: set[str] = set()

    def line(self, text: str) -> None:
        """One line with the time of day in front."""
        at = self._now().astimezone().strftime("%H:%M:%S")
        print(f"{paint(at, 'dim')}  {text}", flush=True)

    def header(self, desired: DesiredState, host: str, port: int, data: DataFolder) -> None:
        """What runs, where the page is, and how to stop."""
        monitors = sum(isinstance(thing, Monitor) for thing in desired.things)
        pages = [thing for thing in desired.things if isinstance(thing, StatusPage)]
        shown = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        print(paint(f"allswell {version('allswell')}", "bold"))
        print(f"  page      {shown if pages else 'none: add a StatusPage to see one'}")
        print(f"  running   {counted(monitors, 'monitor')}, {counted(len(pages), 'page')}")
        print(f"  results   {data.path}")
        print(f"  details   {data.log}")
        print("  Edit the files at any time; Ctrl-C stops.\n", flush=True)

    def news(self, news: StateChange) -> None:
        """A change of state."""
        claim = news.claim
        word = paint(f"{claim.state.value:<{WIDTH}}", claim.state.value)
        since = claim.since.astimezone().strftime("%H:%M:%S")
        why = f"  {claim.reason}" if claim.reason else ""
        name = named(news.namespace, news.monitor)
        self.line(f"{word} {name}{why}{paint(f'  since {since}', 'dim')}")
        if claim.reason and claim.reason not in self._explained:
            self._explained.add(claim.reason)
            for sentence in explained(claim.reason, news.monitor):
                print(paint(f"          {sentence}", "dim"), flush=True)

    def trouble(self, text: str) -> None:
        """Something that needs somebody's eye."""
        self.line(paint(text, "degraded"))

    def problems(
        self,
        before: Iterable[LocatedProblem],
        after: Iterable[LocatedProblem],
        *,
        at_start: bool = False,
    ) -> None:
        """Problems that are new, and that all are gone."""
        known, now = set(before), tuple(after)
        does = "does not run yet" if at_start else "stays as it was last"
        self._new(known, now, f"what is wrong {does}; mend it and it takes effect")
        if known and not now:
            self.line("all problems are mended")

    def lacking(self, before: Iterable[LocatedProblem], after: Iterable[LocatedProblem]) -> None:
        """Monitors that a page names and that are not there, when that is new."""
        self._new(set(before), tuple(after), "the page runs without it; mend it and it is shown")

    def _new(
        self, known: set[LocatedProblem], now: tuple[LocatedProblem, ...], consequence: str
    ) -> None:
        new = [problem for problem in now if problem not in known]
        for problem in new:
            print(paint(str(problem), "down"), file=sys.stderr, flush=True)
        if new:
            self.trouble(consequence)

    def changed(self, before: Iterable[Thing], after: Iterable[Thing]) -> None:
        """What an edit has added, changed and removed."""
        old, new = _by_key(before), _by_key(after)
        for key in [*new, *(key for key in old if key not in new)]:
            if old.get(key) != new.get(key):
                word = "added" if key not in old else "removed" if key not in new else "changed"
                self.line(f"{word:<{WIDTH}} {key[0]} {named(key[1], key[2])}")


def named(namespace: str, name: str) -> str:
    """A name as people know it: the usual namespace goes without saying."""
    return name if namespace == DEFAULT_NAMESPACE else f"{namespace}/{name}"


def explained(reason: str, monitor: str) -> tuple[str, ...]:
    """What a reason may mean here, for the first time that it is seen."""
    if state.of(reason) is not State.UNKNOWN:
        advice = (f"`allswell check FILE {monitor}` shows what was expected and what was seen.",)
        return (*HINTS.get(reason, ()), *advice)
    return HINTS.get(reason, ())


def _by_key(things: Iterable[Thing]) -> dict[Key, Thing]:
    return {_key(thing): thing for thing in things}


def _key(thing: Thing) -> Key:
    if isinstance(thing, Monitor):
        return "Monitor", thing.meta.namespace, thing.meta.name
    if isinstance(thing, StatusPage):
        return "StatusPage", thing.meta.namespace, thing.meta.name
    return "Secret", thing.namespace, thing.name
