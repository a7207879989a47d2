"""TokenReview: who is behind a projected token, by what the API server and the index say.

A token counts when the API server takes it for our audience and it is bound to a pod that is, in
the index, the current pod of a Monitor's StatefulSet in the token's own namespace. Names prove
nothing: whoever may edit a namespace can have a token for any of its pods. Nothing ever crosses a
namespace. Verdicts of the API server are kept until the token ends; the index is asked each time,
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
from allswell.controller.cache import cache as indices
from allswell.controller.cache.cache import Cache
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube import manifest, names
from allswell.kube.client import Api
from allswell.kube.errors import KubeError, KubeRejected
from allswell.kube.kinds import POD, STATEFULSET, TOKEN_REVIEW
from allswell.kube.manifest import Json

EXTRA = "authentication.kubernetes.io"
ACCOUNT = "system:serviceaccount:"
MOST_KEPT = 10_000
# A token that was refused may be asked about again after this.
REFUSED_FOR = timedelta(seconds=10)
AT_ONCE = 8
LONGEST_TOKEN = 16_384


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What the API server says of a token; `until` is when to ask again. No `user`: refused."""

    until: datetime
    user: str = ""
    pod: str = ""
    pod_uid: str = ""

    @property
    def namespace(self) -> str:
        """The namespace of the account that the token is of."""
        return self.user.removeprefix(ACCOUNT).partition(":")[0]


def review(token: str) -> Json:
    """What the API server is asked."""
    spec = {"token": token, "audiences": [names.AUDIENCE]}
    return {"apiVersion": TOKEN_REVIEW.api, "kind": TOKEN_REVIEW.name, "spec": spec}


def verdict(answer: Json, token: str, now: datetime) -> TokenVerdict:
    """What the answer means. Only a token of our audience and of a service account counts."""
    status = manifest.block(answer, "status")
    audiences = status.get("audiences")
    user = manifest.text(status, "user", "username")
    ours = isinstance(audiences, list) and names.AUDIENCE in audiences
    if status.get("authenticated") is not True or not ours or not user.startswith(ACCOUNT):
        return TokenVerdict(now + REFUSED_FOR)
    return TokenVerdict(
        until=ends(token, now),
        user=user,
        pod=_first(status, f"{EXTRA}/pod-name"),
        pod_uid=_first(status, f"{EXTRA}/pod-uid"),
    )


def _first(status: Json, key: str) -> str:
    found = manifest.at(status, "user", "extra", key)
    return str(found[0]) if isinstance(found, list) and found else ""


def ends(token: str, now: datetime) -> datetime:
    """When a token that the API server has taken ends; soon, if it does not say."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, OSError):
        return now + REFUSED_FOR


def monitor_of(index: Cache, namespace: str, pod: Json) -> str:
    """The Monitor whose current pod this is, as the index has it; empty when it is nobody's."""
    reference = manifest.owner(pod)
    name = manifest.text(reference, "name")
    held = index[STATEFULSET].get(namespace, name)
    if reference.get("kind") != STATEFULSET.name or held is None:
        return ""
    if held.uid != reference.get("uid") or manifest.name(pod)[1] != f"{name}-0":
        return ""
    return indices.monitor_of(index, held.manifest)


class TokenReviews:
    """The authenticator of an installation on Kubernetes. It lives in the collector's loop."""

    def __init__(
        self,
        *,
        api: Api,
        index: Cache,
        page: str,
        meters: OperatorMetrics,
        now: Callable[[], datetime],
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._api = api
        self._index = index
        self._page = page
        self._meters = meters
        self._now = now
        self._most_kept = most_kept
        # Apart, so that who sends tokens of no worth makes nobody else be asked about again.
        self._taken: dict[bytes, TokenVerdict] = {}
        self._refused: dict[bytes, TokenVerdict] = {}
        self._asking: dict[bytes, asyncio.Task[TokenVerdict]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def identify(self, token: str) -> Sender:
        """The identity behind a token. Raises `Refused`."""
        try:
            found = await self._identify(token)
        except RequestRefused as error:
            self._meters.verdicts.labels(type(error).__name__).inc()
            raise
        self._meters.verdicts.labels("Accepted").inc()
        return found

    async def _identify(self, token: str) -> Sender:
        if len(token) > LONGEST_TOKEN:
            raise Unauthorized("this is no token")
        if not self._index.synced:
            raise NotInSync("the operator has not seen the whole cluster yet")
        said = await self._verdict(token)
        if not said.user:
            raise Unauthorized("the API server does not take this token for allswell-collector")
        if said.user == self._page:
            return Sender("", page=True)
        if not said.pod_uid:
            raise RequestRefused("this token is not bound to a pod")
        return Sender(said.namespace, await self._monitor(said))

    async def _monitor(self, said: TokenVerdict) -> str:
        """The Monitor of a pod that the index knows, or that the API server shows right now."""
        kept = self._index[POD].get(said.namespace, said.pod)
        pod = kept.manifest if kept and kept.uid == said.pod_uid else await self._pod_now(said)
        monitor = monitor_of(self._index, said.namespace, pod)
        if not monitor:
            raise RequestRefused("this pod is not the checker of a Monitor")
        if manifest.uid(pod) != said.pod_uid:
            raise CheckerGone("another pod has taken over from this one")
        return monitor

    async def _pod_now(self, said: TokenVerdict) -> Json:
        """The watch may be behind: see what is there now, if it is there."""
        try:
            pod = await self._api.get(POD, said.namespace, said.pod)
        except KubeRejected as error:
            raise RequestRefused("this installation does not serve the pod's namespace") from error
        except KubeError as error:
            raise NotInSync("the API server cannot be asked about this pod") from error
        if pod is None:
            raise CheckerGone("this pod is not there any more")
        return pod

    async def _verdict(self, token: str) -> TokenVerdict:
        key = hashlib.sha256(token.encode()).digest()
        known = self._taken.get(key) or self._refused.get(key)
        if known is not None and self._now() < known.until:
            return known
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask(token))
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key, None))
        found = await asyncio.shield(self._asking[key])
        self._keep(key, found)
        return found

    def _keep(self, key: bytes, found: TokenVerdict) -> None:
        """Remember a verdict; the oldest of its kind makes way."""
        self._taken.pop(key, None)
        self._refused.pop(key, None)
        kept = self._taken if found.user else self._refused
        while len(kept) >= self._most_kept:
            kept.pop(next(iter(kept)))
        kept[key] = found

    async def _ask(self, token: str) -> TokenVerdict:
        try:
            async with self._slots:
                answer = await self._api.create(TOKEN_REVIEW, review(token))
        except KubeError as error:
            raise NotInSync("the API server cannot be asked about this token") from error
        return verdict(answer, token, self._now())
