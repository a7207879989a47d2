import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from allswell.controller.runtime import leader_election
from allswell.controller.runtime.leader_election import (
    LeaderElection,
    LeadershipLost,
    LeaseMove,
    LeaseObservation,
)
from allswell.kube import lease as kube_lease
from allswell.kube import manifest
from allswell.kube.errors import KubeUnavailable
from allswell.kube.kinds import LEASE
from allswell.kube.lease import LeaseView
from allswell.kube.manifest import Json
from tests.kubeapi import FakeApi
from tests.unit.controller.objects import NOW

PLACE = ("allswell", "allswell-operator")
NEW = LeaseObservation("1", 0.0)
ALMOST, AFTER = (
    leader_election.LEASE_DURATION / timedelta(seconds=1) + more for more in (0.0, 0.1)
)


def lease(holder: str) -> Json:
    return kube_lease.build(PLACE, holder, "", duration=leader_election.LEASE_DURATION, now=NOW)


@pytest.mark.parametrize(
    ("live", "ticks", "move"),
    [
        (None, 0.0, LeaseMove.TAKE),
        (lease(""), 0.0, LeaseMove.TAKE),
        (lease("me"), 0.0, LeaseMove.TAKE),
        (lease("other"), ALMOST, LeaseMove.WAIT),
        (lease("other"), AFTER, LeaseMove.TAKE),
    ],
)
def test_a_lease_is_taken_when_nobody_holds_it_or_its_holder_is_silent(
    live: Json | None, ticks: float, move: LeaseMove
) -> None:
    assert leader_election.decide(LeaseView.parse(live), "me", NEW, ticks) is move


def one(api: FakeApi, me: str, ticks: list[float]) -> LeaderElection:
    return LeaderElection(api, PLACE, me, now=lambda: NOW, monotonic=lambda: ticks[0])


def holder(api: FakeApi) -> str:
    return manifest.text(api.objects[(LEASE, *PLACE)], "spec", "holderIdentity")


def within(awaited: Awaitable[None]) -> bool:
    """Tell whether something ends without a pause."""

    async def waited() -> bool:
        try:
            await asyncio.wait_for(awaited, 0.05)
        except TimeoutError:
            return False
        return True

    return asyncio.run(waited())


def test_the_first_begins_at_once_and_the_second_when_it_is_given_back() -> None:
    api, ticks = FakeApi(), [0.0]
    first, second = one(api, "first", ticks), one(api, "second", ticks)
    assert within(first.acquire())
    assert not within(second.acquire())
    assert holder(api) == "first"
    asyncio.run(first.release())
    assert within(second.acquire())
    asyncio.run(first.release())
    assert holder(api) == "second"


def test_the_second_begins_when_the_first_has_been_silent() -> None:
    api, ticks = FakeApi(), [0.0]
    second = one(api, "second", ticks)
    assert within(one(api, "first", ticks).acquire())
    assert not within(second.acquire())
    ticks[0] = AFTER
    assert within(second.acquire())
    assert holder(api) == "second"


def test_a_holder_that_renews_is_not_silent() -> None:
    api, ticks = FakeApi(), [0.0]
    second = one(api, "second", ticks)
    assert within(one(api, "first", ticks).acquire())
    assert not within(second.acquire())
    ticks[0] = AFTER
    api.put(LEASE, {**lease("first"), "spec": {"holderIdentity": "first", "renewTime": "later"}})
    assert not within(second.acquire())


def test_who_starts_anew_under_the_same_name_need_not_wait() -> None:
    api, ticks = FakeApi(), [0.0]
    assert within(one(api, "pod-1", ticks).acquire())
    assert within(one(api, "pod-1", ticks).acquire())


def test_an_api_server_that_is_away_is_waited_for() -> None:
    api = FakeApi(trouble={"get": [KubeUnavailable("away")]})
    assert not within(one(api, "me", [0.0]).acquire())


def test_whoever_has_lost_it_stops_and_leaves_it_alone() -> None:
    api, ticks = FakeApi(), [0.0]
    mine = LeaderElection(
        api, PLACE, "me", now=lambda: NOW, monotonic=lambda: ticks[0], every=timedelta()
    )
    assert within(mine.acquire())
    api.put(LEASE, lease("other"))
    with pytest.raises(LeadershipLost, match="lost the Lease to other"):
        within(mine.renew())
    asyncio.run(mine.release())
    assert holder(api) == "other"


def test_an_api_server_that_is_away_takes_it_from_nobody() -> None:
    api, ticks = FakeApi(), [0.0]
    mine = LeaderElection(
        api, PLACE, "me", now=lambda: NOW, monotonic=lambda: ticks[0], every=timedelta()
    )
    assert within(mine.acquire())
    api.trouble["get"] = [KubeUnavailable("away")] * 3
    assert not within(mine.renew())
    assert (api.trouble["get"], holder(api)) == ([], "me")
