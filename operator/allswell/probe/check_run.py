"""Record what one check observes, and turn it into an outcome at its end.

It is the only thing in this room that changes while a check runs, and it belongs to that check
alone. It also keeps the secrets that went out, so that no word of them comes back in a text: a
target may well answer with what it was sent.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from allswell.domain import duration, state
from allswell.domain.state import State
from allswell.probe.fault import Fault
from allswell.probe.outcome import Assertion, Outcome, Phases

LONGEST_DETAIL = 300
LONGEST_SEEN = 300
SHORTEST_SECRET = 3


class CheckRun:
    """One check under way. `doing` says in words what it waits for."""

    def __init__(self, timeout: timedelta, now: Callable[[], datetime]) -> None:
        self.started = time.perf_counter()
        self.timeout = timeout
        self.now = now
        self.doing = "starting"
        self.secrets: list[str] = []
        self.address = ""
        self.certificate_days: int | None = None
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None
        self.first_byte: float | None = None
        # What the deadline means when it comes in the midst of a reply.
        self.when_late: Fault | None = None
        self.summary = ""
        self._assertions: list[Assertion] = []
        self._failed: list[Fault] = []

    @property
    def elapsed(self) -> float:
        """Return the seconds since the check began."""
        return time.perf_counter() - self.started

    @property
    def remaining(self) -> float:
        """Return the seconds until the deadline."""
        return self.timeout.total_seconds() - self.elapsed

    def next_hop(self) -> None:
        """Forget the phases of the hop before."""
        self.dns = self.connect = self.tls = self.first_byte = None
        self.certificate_days = None
        self.address = ""

    def expect(self, reason: str, name: str, expected: str, seen: str, *, holds: bool) -> bool:
        """Note an assertion and the reason that it stands for; gives whether it holds."""
        self._assertions.append(Assertion(name, expected, self._clean(seen, LONGEST_SEEN), holds))
        if not holds:
            self._failed.append(Fault(reason, f"{name}: {expected} was expected"))
        return holds

    def expect_latency(self, limit: timedelta | None) -> None:
        """Judge the time that the check took, when a limit is stated."""
        if limit is not None:
            took = self.elapsed
            holds = took <= limit.total_seconds()
            seen = f"{took * 1000:.0f}ms"
            self.expect(state.SLOW, "latency", duration.text(limit), seen, holds=holds)

    def expect_certificate(self, days: int | None) -> None:
        """Judge how long the certificate is still good, when a least is stated."""
        if days is not None:
            left = self.certificate_days
            self.expect(
                state.CERTIFICATE_EXPIRING,
                "certificateDays",
                f"{days} or more",
                "no certificate" if left is None else str(left),
                holds=left is not None and left >= days,
            )

    def late(self) -> Fault:
        """Return the fault that a passed deadline means now."""
        after = f"no answer within {duration.text(self.timeout)}"
        return self.when_late or Fault(state.TIMEOUT, f"{after}, while {self.doing}")

    def outcome(self, fault: Fault | None = None) -> Outcome:
        """Return the verdict: the fault that ended the check, else the worst failed assertion."""
        total = self.elapsed
        failed = fault or min(self._failed, key=_mildness, default=None)
        return Outcome(
            reason=failed.reason if failed else state.OK,
            phases=Phases(self.dns, self.connect, self.tls, self.first_byte, total),
            assertions=tuple(self._assertions),
            detail=self._clean(self._detail(failed), LONGEST_DETAIL),
            address=self.address,
            certificate_days=self.certificate_days,
        )

    def _detail(self, failed: Fault | None) -> str:
        return "; ".join(filter(None, (failed.detail if failed else "", self.summary)))

    def _clean(self, text: str, longest: int) -> str:
        """Reduce a text to one printable line of bounded length, without any secret."""
        for secret in self.secrets:
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, "***")
        if not text.isprintable():
            text = "".join(c if c.isprintable() else " " for c in text)
        line = " ".join(text.split())
        return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _mildness(fault: Fault) -> bool:
    return state.of(fault.reason) is State.DEGRADED
