"""Authenticate the collector's clients by TokenReview and by the cache.

A token counts when the API server takes it for our audience and it is bound to a pod that is, in
the cache, the current pod of a Monitor's StatefulSet in the token's own namespace. Names prove
nothing: whoever may edit a namespace can have a token for any of its pods. Nothing ever crosses a
namespace. Verdicts of the API server are kept until the token ends; the cache is asked each time,
so that a pod that has been replaced is fenced at once, whatever its token says.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from allswell.collector.authentication import (
    CheckerGone,
    NotInSync,
    RequestRefused,
    Sender,
    Unauthorized,
)
from allswell.controller.cache.cache import Cache
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube import names, token_review
from allswell.kube.client import Api
from allswell.kube.errors import KubeError, KubeRejected
from allswell.kube.kinds import POD, STATEFULSET, TOKEN_REVIEW
from allswell.kube.manifest import Json
from allswell.kube.token_review import TokenReviewView
from allswell.kube.views.pod import PodView

ACCOUNT = "system:serviceaccount:"
MOST_KEPT = 10_000
# A token that was refused may be reviewed again after this.
REFUSED_FOR = timedelta(seconds=10)
AT_ONCE = 8
LONGEST_TOKEN = 16_384


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """The API server's verdict on a token until then. One without a `user` refuses it."""

    until: datetime
    user: str = ""
    pod: str = ""
    pod_uid: str = ""

    @property
    def namespace(self) -> str:
        """Return the namespace of the account that the token is of."""
        return self.user.removeprefix(ACCOUNT).partition(":")[0]


def judge(answer: Json, token: str, now: datetime) -> TokenVerdict:
    """Judge an answer. Only a token of our audience and of a service account counts."""
    review = TokenReviewView.parse(answer)
    ours = review.authenticated and names.AUDIENCE in review.audiences
    if not ours or not review.user.startswith(ACCOUNT):
        return TokenVerdict(now + REFUSED_FOR)
    return TokenVerdict(expiry(token, now), review.user, review.pod, review.pod_uid)


def expiry(token: str, now: datetime) -> datetime:
    """Return when a token that the API server has taken expires; soon, if it does not say."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, OSError):
        return now + REFUSED_FOR


def monitor_of(cache: Cache, namespace: str, pod: PodView) -> str:
    """Return the Monitor whose current pod this is, as the cache has it; empty when nobody's."""
    owner = pod.meta.owner
    if owner is None or owner.kind != STATEFULSET.name:
        return ""
    statefulset = cache.statefulset(namespace, owner.name)
    if statefulset is None or statefulset.meta.uid != owner.uid:
        return ""
    return cache.monitor_of(statefulset) if pod.meta.name == f"{owner.name}-0" else ""


class TokenReviews:
    """The authenticator of an installation on Kubernetes. It lives in the collector's loop.

    `page` is the account of the page, which asks for latencies.
    """

    def __init__(
        self,
        *,
        api: Api,
        cache: Cache,
        page: str,
        metrics: OperatorMetrics,
        now: Callable[[], datetime],
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._api = api
        self._cache = cache
        self._page = page
        self._metrics = metrics
        self._now = now
        self._most_kept = most_kept
        # Apart, so that who sends tokens of no worth makes nobody else be reviewed again.
        self._accepted: dict[bytes, TokenVerdict] = {}
        self._refused: dict[bytes, TokenVerdict] = {}
        self._reviewing: dict[bytes, asyncio.Task[TokenVerdict]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def identify(self, token: str) -> Sender:
        """Return the sender behind a token. Raises `RequestRefused`."""
        try:
            sender = await self._identify(token)
        except RequestRefused as error:
            self._metrics.token_verdicts.labels(type(error).__name__).inc()
            raise
        self._metrics.token_verdicts.labels("Accepted").inc()
        return sender

    async def _identify(self, token: str) -> Sender:
        if len(token) > LONGEST_TOKEN:
            raise Unauthorized("this is no token")
        if not self._cache.synced:
            raise NotInSync("the operator has not listed the whole cluster yet")
        verdict = await self._verdict(token)
        if not verdict.user:
            raise Unauthorized("the API server does not take this token for allswell-collector")
        if verdict.user == self._page:
            return Sender("", page=True)
        if not verdict.pod_uid:
            raise RequestRefused("this token is not bound to a pod")
        return Sender(verdict.namespace, await self._monitor(verdict))

    async def _monitor(self, verdict: TokenVerdict) -> str:
        """Return the Monitor of a pod that the cache knows, or that the API server shows now."""
        pod = self._cache.pod(verdict.namespace, verdict.pod)
        if pod is None or pod.meta.uid != verdict.pod_uid:
            pod = await self._live_pod(verdict)
        monitor = monitor_of(self._cache, verdict.namespace, pod)
        if not monitor:
            raise RequestRefused("this pod is not the checker of a Monitor")
        if pod.meta.uid != verdict.pod_uid:
            raise CheckerGone("another pod has taken over from this one")
        return monitor

    async def _live_pod(self, verdict: TokenVerdict) -> PodView:
        """Get the pod as it is now, if it is there: the watch may be behind."""
        try:
            pod = await self._api.get(POD, verdict.namespace, verdict.pod)
        except KubeRejected as error:
            raise RequestRefused("this installation does not serve the pod's namespace") from error
        except KubeError as error:
            raise NotInSync("the API server cannot be asked about this pod") from error
        if pod is None:
            raise CheckerGone("this pod is not there any more")
        return PodView.parse(pod)

    async def _verdict(self, token: str) -> TokenVerdict:
        key = hashlib.sha256(token.encode()).digest()
        known = self._accepted.get(key) or self._refused.get(key)
        if known is not None and self._now() < known.until:
            return known
        if key not in self._reviewing:
            self._reviewing[key] = asyncio.create_task(self._review(token))
            self._reviewing[key].add_done_callback(lambda _: self._reviewing.pop(key, None))
        verdict = await asyncio.shield(self._reviewing[key])
        self._keep(key, verdict)
        return verdict

    def _keep(self, key: bytes, verdict: TokenVerdict) -> None:
        """Remember a verdict; the oldest of its kind makes way."""
        self._accepted.pop(key, None)
        self._refused.pop(key, None)
        verdicts = self._accepted if verdict.user else self._refused
        while len(verdicts) >= self._most_kept:
            verdicts.pop(next(iter(verdicts)))
        verdicts[key] = verdict

    async def _review(self, token: str) -> TokenVerdict:
        try:
            async with self._slots:
                answer = await self._api.create(TOKEN_REVIEW, token_review.build(token))
        except KubeError as error:
            raise NotInSync("the API server cannot be asked about this token") from error
        return judge(answer, token, self._now())
