"""Judge tokens by the API server's answer and by the cache."""

import asyncio
import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from allswell.collector.authentication import (
    CheckerGone,
    NotInSync,
    RequestRefused,
    Sender,
    Unauthorized,
)
from allswell.controller.cache.cache import Cache
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.token_review import TokenReviews
from allswell.kube.client import Listing
from allswell.kube.errors import KubeError, KubeRejected, KubeUnavailable
from allswell.kube.kinds import MONITOR, POD, STATEFULSET, TOKEN_REVIEW, Kind
from allswell.kube.manifest import Json
from tests.unit.controller.objects import NOW, live_statefulset, monitor, pod, with_meta

EXPIRES = NOW + timedelta(minutes=10)


def token(mark: str = "a", expires: datetime = EXPIRES) -> str:
    claims = json.dumps({"exp": int(expires.timestamp()), "mark": mark}).encode()
    return f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


def answer(
    user: str = "system:serviceaccount:acme:default",
    uid: str = "p1",
    audiences: Sequence[str] = ("allswell-collector",),
    name: str = "api-check-0",
) -> dict[str, object]:
    root = "authentication.kubernetes.io"
    extra = {f"{root}/pod-name": [name], f"{root}/pod-uid": [uid]} if uid else {}
    held = {"username": user, "extra": extra}
    return {"status": {"authenticated": True, "audiences": list(audiences), "user": held}}


class Cluster:
    """An API server that knows one answer and one pod."""

    def __init__(self, said: Json | KubeError, pod: Json | KubeError | None = None) -> None:
        self.said = said
        self.pod = pod
        self.reviews = 0
        self.gets = 0
        self.now = NOW

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        assert (kind, namespace, name) == (POD, "acme", "api-check-0")
        self.gets += 1
        if isinstance(self.pod, KubeError):
            raise self.pod
        return self.pod

    async def create(self, kind: Kind, wanted: Json) -> Json:
        assert (kind, wanted["kind"]) == (TOKEN_REVIEW, "TokenReview")
        self.reviews += 1
        await asyncio.sleep(0)
        if isinstance(self.said, KubeError):
            raise self.said
        return self.said

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        raise NotImplementedError

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        raise NotImplementedError

    async def apply(self, kind: Kind, wanted: Json, subresource: str = "", uid: str = "") -> Json:
        raise NotImplementedError

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, force: bool) -> None:
        raise NotImplementedError


def cache_of(*, current: str = "p1", synced: bool = True) -> Cache:
    it = Cache(synced=synced)
    parts: tuple[tuple[Kind, Json], ...] = (
        (MONITOR, monitor()),
        (STATEFULSET, live_statefulset()),
        (POD, pod(uid=current)),
    )
    for kind, seen in parts:
        it.observe(kind, with_meta(seen, resourceVersion="5"))
    return it


def token_reviews(cluster: Cluster, cache: Cache, most_kept: int = 100) -> TokenReviews:
    return TokenReviews(
        api=cluster, cache=cache, page="system:serviceaccount:home:allswell-web",
        metrics=OperatorMetrics(), now=lambda: cluster.now, most_kept=most_kept,
    )  # fmt: skip


def judge(cluster: Cluster, it: Cache, *tokens: str) -> list[Sender]:
    reviews = token_reviews(cluster, it)

    async def ask() -> list[Sender]:
        return [await reviews.identify(one) for one in tokens]

    return asyncio.run(ask())


def test_the_current_pod_speaks_for_its_monitor() -> None:
    assert judge(Cluster(answer()), cache_of(), token()) == [Sender("acme", "api")]


def test_a_verdict_is_kept_and_the_cache_is_asked_each_time() -> None:
    cluster = Cluster(answer())
    judge(cluster, cache_of(), token(), token(), token("b"))
    assert cluster.reviews == 2


def test_tokens_of_no_worth_push_no_verdict_out() -> None:
    cluster = Cluster(answer())

    async def ask() -> None:
        reviews = token_reviews(cluster, cache_of(), most_kept=1)
        assert await reviews.identify(token("a")) == Sender("acme", "api")
        cluster.said = {"status": {"authenticated": False}}
        for mark in "bccd":
            with pytest.raises(Unauthorized):
                await reviews.identify(token(mark))
        assert cluster.reviews == 4
        assert await reviews.identify(token("a")) == Sender("acme", "api")
        assert cluster.reviews == 4
        cluster.said = answer()
        await reviews.identify(token("e"))
        await reviews.identify(token("a"))
        assert cluster.reviews == 6

    asyncio.run(ask())


def test_a_verdict_ends_with_its_token() -> None:
    cluster = Cluster(answer())
    old = token(expires=NOW - timedelta(seconds=1))
    judge(cluster, cache_of(), old, old)
    assert cluster.reviews == 2


def test_a_token_of_another_audience_is_unknown() -> None:
    with pytest.raises(Unauthorized):
        judge(Cluster(answer(audiences=["api"])), cache_of(), token())


@pytest.mark.parametrize(
    "said", [{}, {"status": {"authenticated": False}}, answer(user="system:admin")], ids=str
)
def test_who_is_no_service_account_is_unknown(said: Json) -> None:
    with pytest.raises(Unauthorized):
        judge(Cluster(said), cache_of(), token())


def test_a_token_of_no_pod_is_refused() -> None:
    with pytest.raises(RequestRefused, match="not bound"):
        judge(Cluster(answer(uid="")), cache_of(), token())


def test_a_pod_that_was_replaced_is_gone() -> None:
    now = with_meta(pod(uid="p2"), resourceVersion="9")
    with pytest.raises(CheckerGone):
        judge(Cluster(answer(), now), cache_of(current="p2"), token())


def test_a_pod_that_is_no_longer_there_is_gone() -> None:
    with pytest.raises(CheckerGone):
        judge(Cluster(answer(uid="p9")), cache_of(), token())


def test_a_pod_of_a_namespace_that_is_not_served_is_refused_for_good() -> None:
    with pytest.raises(RequestRefused, match="does not serve"):
        judge(Cluster(answer(uid="p9"), KubeRejected("403: forbidden")), cache_of(), token())


def test_a_pod_that_the_watch_has_not_shown_yet_is_looked_up() -> None:
    cluster = Cluster(answer(uid="p2"), with_meta(pod(uid="p2"), resourceVersion="9"))
    assert judge(cluster, cache_of(), token()) == [Sender("acme", "api")]
    assert cluster.gets == 1


def test_the_account_of_another_namespace_speaks_for_none_of_ours() -> None:
    said = answer(user="system:serviceaccount:acme:default", uid="p3")
    stray = with_meta(pod(uid="p3"), ownerReferences=[])
    with pytest.raises(RequestRefused, match="not the checker"):
        judge(Cluster(said, stray), cache_of(), token())


def test_the_page_is_its_own_account_only() -> None:
    said = answer(user="system:serviceaccount:home:allswell-web")
    assert judge(Cluster(said), cache_of(), token()) == [Sender("", page=True)]


def test_nobody_is_judged_before_the_cluster_was_seen() -> None:
    with pytest.raises(NotInSync):
        judge(Cluster(answer()), cache_of(synced=False), token())


def test_an_api_server_that_is_away_condemns_nobody() -> None:
    with pytest.raises(NotInSync):
        judge(Cluster(KubeUnavailable("away")), cache_of(), token())


def test_a_token_that_does_not_say_when_it_ends_is_asked_about_soon_again() -> None:
    cluster = Cluster(answer())
    judge(cluster, cache_of(), "odd")
    cluster.now = NOW.astimezone(UTC)
    assert cluster.reviews == 1
