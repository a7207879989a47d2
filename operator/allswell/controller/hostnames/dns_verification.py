"""Verify every host name in the DNS, for ever: often while it is unverified, later now and then.

Each lookup is a task of its own, so that a broken name delays no other, and a namespace full of
broken names delays no other namespace.
"""

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
MAX_LOOKUPS = 32
# Of these, as many as one namespace can use: whoever lists slow names waits for their own.
MAX_LOOKUPS_PER_NAMESPACE = 8
POLL_SECONDS = 0.25
FIRST_INTERVAL = timedelta(seconds=5)
# A name whose name servers answer costs little to look up.
LONGEST_INTERVAL, LONGEST_UNANSWERED = timedelta(minutes=5), timedelta(minutes=30)
RETRY_INTERVAL = timedelta(minutes=1)
UNANSWERED = (DnsTrouble.DNS_FAILED, DnsTrouble.NO_RESOLVER)

DnsLookup = Callable[[ExpectedProof], Awaitable[Sequence[ResolverAnswer]]]
PageAndHost = tuple[ObjectKey, str]


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of the last lookup of a host name.

    `outcome` is what the central database decided on the last proof, None without one.
    `certifiable_since` is since when the name is verified and certifiable without a break; None
    when it is not. `repeats` counts the lookups before this one that ended the same. `served_until`
    is when the page loses a name whose verification fails; None while it does not.
    """

    at: datetime
    preflight: Preflight
    outcome: ProofOutcome | None = None
    claim: HostnameClaim | None = None
    certifiable_since: datetime | None = None
    repeats: int = 0
    served_until: datetime | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether the page has the host name."""
        return self.claim is not None and self.claim.state is HostnameClaimState.HELD


@dataclass(slots=True)
class _Task:
    page_id: int
    expected: ExpectedProof
    due: datetime
    verification: Verification | None = None
    running: bool = False


class DnsVerification:
    """Verify the host names that pages list, and keep the last verification of each."""

    def __init__(
        self,
        look_up: DnsLookup,
        claims: ClaimsClient,
        *,
        issuers: Sequence[str],
        recheck: timedelta,
        grace: timedelta,
        enqueue: Callable[[ObjectKey], None],
        now: Callable[[], datetime],
    ) -> None:
        """Call `enqueue` with each page for which a verification brings something new.

        `recheck` is the interval of a verified name; `grace` how long a held name may fail.
        """
        self._look_up = look_up
        self._claims = claims
        self._issuers = issuers
        self._recheck = recheck
        self._grace = grace
        self._enqueue = enqueue
        self._now = now
        self._pages: dict[ObjectKey, dict[str, tuple[int, ExpectedProof]]] = {}
        self._tasks: dict[PageAndHost, _Task] = {}
        self._slots = asyncio.Semaphore(MAX_LOOKUPS)
        self._namespace_slots = defaultdict[str, asyncio.Semaphore](
            lambda: asyncio.Semaphore(MAX_LOOKUPS_PER_NAMESPACE)
        )
        self._running: set[asyncio.Task[None]] = set()

    def set_expected(self, key: ObjectKey, page_id: int, expected: Sequence[ExpectedProof]) -> bool:
        """Verify exactly these host names of a page, new ones at once; tell whether any changed."""
        before = self._pages.get(key, {})
        after = {each.host: (page_id, each) for each in expected}
        if before == after:
            return False
        for host in before.keys() - after.keys():
            del self._tasks[key, host]
        for host, target in after.items():
            if before.get(host) != target:
                self._tasks[key, host] = _Task(*target, self._now())
        self._pages[key] = after
        if not after:
            del self._pages[key]
        return True

    def latest(self, key: ObjectKey, host: str) -> Verification | None:
        """Return the last verification of a page's host name; None before the first."""
        task = self._tasks.get((key, host))
        return task.verification if task else None

    def verifications(self) -> dict[PageAndHost, Verification]:
        """Return the last verification of every host name that has one."""
        tasks = self._tasks.items()
        return {target: task.verification for target, task in tasks if task.verification}

    async def run(self) -> None:
        """Start a task for each host name whose lookup is due, for ever."""
        while True:
            now = self._now()
            for target, task in list(self._tasks.items()):
                if task.due <= now and not task.running:
                    task.running = True
                    running = asyncio.create_task(self._verify(target, task))
                    self._running.add(running)
                    running.add_done_callback(self._running.discard)
            await asyncio.sleep(POLL_SECONDS)

    async def _verify(self, target: PageAndHost, task: _Task) -> None:
        """Verify one host name once.

        1. Wait for a slot of the namespace and one of all, and ask the resolvers.
        2. Judge their answers.
        3. Record in the central database what follows for the page's claim.
        4. Enqueue the page if anything visible has changed.
        """
        key, host = target
        try:
            async with self._namespace_slots[key.namespace], self._slots:
                answers = await self._look_up(task.expected)
            judged = preflight.judge(task.expected, answers, self._issuers)
            await self._record(key, task, judged)
        except CentralError as error:
            # While nothing can be recorded, nobody's name servers should be asked again and again.
            log.warning("DNS verification: cannot record the result: %s %s", error, _at(key, host))
            task.due = self._now() + RETRY_INTERVAL
        except Exception:
            log.exception("DNS verification: failed %s", _at(key, host))
            task.due = self._now() + RETRY_INTERVAL
        finally:
            task.running = False

    async def _record(self, key: ObjectKey, task: _Task, judged: Preflight) -> None:
        before = task.verification
        after = await self._verification(task, judged)
        task.verification = after
        # Spread the load; nobody gains by guessing it.
        jitter = random.uniform(0.8, 1.2)  # noqa: S311
        task.due = after.at + interval(after, self._recheck) * jitter
        if before is None or _visible(before) != _visible(after):
            self._enqueue(key)

    async def _verification(self, task: _Task, judged: Preflight) -> Verification:
        now, before = self._now(), task.verification
        outcome = await self._outcome(task, judged, now)
        claim = await self._claim(task, judged, now)
        since = (before.certifiable_since if before else None) or now
        failing_since = claim.failing_since if claim else None
        after = Verification(
            now,
            judged,
            outcome,
            claim,
            certifiable_since=since if judged.is_certifiable else None,
            served_until=failing_since and failing_since + self._grace,
        )
        if before and (before.outcome, before.is_held) == (outcome, after.is_held):
            return replace(after, repeats=before.repeats + 1)
        return after

    async def _outcome(self, task: _Task, judged: Preflight, now: datetime) -> ProofOutcome | None:
        """Record a proof, or that there is none; a lookup without any answer changes nothing."""
        host = task.expected.host
        if judged.proof is not None:
            return await self._claims.record_proof(task.page_id, host, judged.proof, now)
        if judged.is_conclusive:
            await self._claims.record_failure(task.page_id, host, now)
            return None
        return task.verification.outcome if task.verification else None

    async def _claim(self, task: _Task, judged: Preflight, now: datetime) -> HostnameClaim | None:
        """Return the page's claim, after taking away a name that has failed for too long."""
        host = task.expected.host
        claim = (await self._claims.of_page(task.page_id)).get(host)
        failing_since = claim.failing_since if claim else None
        if not judged.is_conclusive or not failing_since or now - failing_since <= self._grace:
            return claim
        await self._claims.revoke(task.page_id, host, now)
        return (await self._claims.of_page(task.page_id)).get(host)


def interval(verification: Verification, recheck: timedelta) -> timedelta:
    """Return the time until the next lookup: growing while the page does not have the name.

    `recheck` is the interval of a name that the page has and that is verified.
    """
    if verification.is_held:
        return recheck if verification.certifiable_since else min(RETRY_INTERVAL, recheck)
    is_unanswered = verification.preflight.trouble in UNANSWERED
    longest = LONGEST_UNANSWERED if is_unanswered else LONGEST_INTERVAL
    return min(FIRST_INTERVAL * 1.5 ** min(verification.repeats, 30), longest)


def _visible(verification: Verification) -> object:
    """Return what of a verification the page's status shows."""
    claim = verification.claim and replace(verification.claim, verified_at=None, proof=None)
    is_certifiable = verification.certifiable_since is not None
    return verification.preflight, verification.outcome, claim, is_certifiable


def _at(key: ObjectKey, host: str) -> str:
    return f"host={host} kind={key.kind} namespace={key.namespace} name={key.name}"
