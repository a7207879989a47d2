"""The loop that looks at every name in the DNS, for ever: soon while it is not proved, now and then
once it is. Each look is a task of its own, so that a broken name delays no other, and a namespace
full of them delays no other namespace.
"""  # noqa: D205 - one sentence

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.domain import preflight
from allswell.domain.hostname_claim import HostnameClaim, HostnameClaimState, ProofOutcome
from allswell.domain.preflight import DnsTrouble, ExpectedProof, Preflight, ResolverAnswer

log = logging.getLogger(__name__)
AT_ONCE = 32
# Of these, what one namespace can take: whoever lists slow names waits for their own.
SHARE = 8
TICK = 0.25
SECOND = timedelta(seconds=1)
# A name whose servers answer costs little to ask for.
FIRST, SLOW, SLOWEST = timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)
FAILING = timedelta(minutes=1)
UNHEARD = (DnsTrouble.DNS_FAILED, DnsTrouble.NO_RESOLVER)

Looking = Callable[[ExpectedProof], Awaitable[Sequence[ResolverAnswer]]]
Target = tuple[ObjectKey, str]


@dataclass(frozen=True, slots=True)
class Verification:
    """What the last look at a name has found, and what came of it.

    `green` is since when it has been proved and certifiable without a break; None: it is not.
    `tries` is how often the same came of it before.
    """

    at: datetime
    finding: Preflight
    verdict: ProofOutcome | None = None
    claim: HostnameClaim | None = None
    green: datetime | None = None
    tries: int = 0

    @property
    def held(self) -> bool:
        """Whether the page has the name."""
        return self.claim is not None and self.claim.state is HostnameClaimState.HELD


@dataclass(slots=True)
class _Task:
    page: int
    wanted: ExpectedProof
    due: datetime
    look: Verification | None = None
    running: bool = False


class DnsVerification:
    """What every page wants to be looked at, and what was found."""

    def __init__(
        self,
        looking: Looking,
        ledger: ClaimsClient,
        *,
        issuers: Sequence[str],
        recheck: timedelta,
        grace: timedelta,
        wake: Callable[[ObjectKey], None],
        now: Callable[[], datetime],
    ) -> None:
        self._looking = looking
        self._ledger = ledger
        self._issuers = issuers
        self._recheck = recheck
        self._grace = grace
        self._wake = wake
        self._now = now
        self._pages: dict[ObjectKey, dict[str, tuple[int, ExpectedProof]]] = {}
        self._tasks: dict[Target, _Task] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._shares = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(SHARE))
        self._running: set[asyncio.Task[None]] = set()

    def want(self, key: ObjectKey, page: int, wanted: Sequence[ExpectedProof]) -> bool:
        """Look at exactly these names for a page, new ones at once; whether that is news."""
        known = self._pages.get(key, {})
        shall = {each.host: (page, each) for each in wanted}
        if known == shall:
            return False
        for host in known.keys() - shall.keys():
            del self._tasks[key, host]
        for host, asked in shall.items():
            if known.get(host) != asked:
                self._tasks[key, host] = _Task(*asked, self._now())
        self._pages[key] = shall
        if not shall:
            del self._pages[key]
        return True

    def look(self, key: ObjectKey, host: str) -> Verification | None:
        """What was found; None before the first look."""
        task = self._tasks.get((key, host))
        return task.look if task else None

    def found(self) -> dict[Target, Verification]:
        """All that was found."""
        return {target: task.look for target, task in self._tasks.items() if task.look}

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            now = self._now()
            for target, task in list(self._tasks.items()):
                if task.due <= now and not task.running:
                    task.running = True
                    running = asyncio.create_task(self._one(target, task))
                    self._running.add(running)
                    running.add_done_callback(self._running.discard)
            await asyncio.sleep(TICK)

    async def _one(self, target: Target, task: _Task) -> None:
        try:
            async with self._shares[target[0].namespace], self._slots:
                seen = await self._looking(task.wanted)
            found = preflight.judge(task.wanted, seen, self._issuers)
            await self._noted(target, task, found)
        except CentralError as error:
            # As long as nothing can be kept, nobody's servers should be asked again and again.
            log.warning("%s: what the DNS says cannot be kept: %s", target[1], error)
            task.due = self._now() + FAILING
        except Exception:
            log.exception("%s could not be looked at", target[1])
            task.due = self._now() + FAILING
        finally:
            task.running = False

    async def _noted(self, target: Target, task: _Task, found: Preflight) -> None:
        now, before = self._now(), task.look
        verdict = before.verdict if before else None
        host = task.wanted.host
        if found.proof is not None:
            verdict = await self._ledger.record_proof(task.page, host, found.proof, now)
        elif found.is_conclusive:
            verdict = None
            await self._ledger.record_failure(task.page, host, now)
        claim = (await self._ledger.of_page(task.page)).get(host)
        if (
            found.is_conclusive
            and claim
            and claim.failing_since
            and now - claim.failing_since > self._grace
        ):
            await self._ledger.revoke(task.page, host, now)
            claim = (await self._ledger.of_page(task.page)).get(host)
        green = found.proof is not None and found.trouble is None
        since = before.green if before and before.green else now
        look = Verification(now, found, verdict, claim, since if green else None)
        if before and (before.verdict, before.held) == (verdict, look.held):
            look = replace(look, tries=before.tries + 1)
        task.look = look
        # A little apart from all others; nobody gains by guessing it.
        apart = random.uniform(0.8, 1.2)  # noqa: S311
        task.due = now + pause(look, self._recheck) * apart
        if before is None or _told(before) != _told(look):
            self._wake(target[0])


def pause(look: Verification, recheck: timedelta) -> timedelta:
    """Until the next look: soon at first, and ever later for a name that the page has not.

    `recheck` is that of a name that the page has and goes on proving.
    """
    if look.held:
        return recheck if look.green else min(FAILING, recheck)
    slowest = SLOWEST if look.finding.trouble in UNHEARD else SLOW
    return min(FIRST * 1.5 ** min(look.tries, 30), slowest)


def _told(look: Verification) -> object:
    """What of a look people can see."""
    claim = look.claim and replace(look.claim, verified_at=None, proof=None)
    return look.finding, look.verdict, claim, look.green is not None
