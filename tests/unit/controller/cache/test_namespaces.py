import asyncio

from allswell.controller.cache.namespaces import Namespaces
from allswell.kube.kinds import NAMESPACE
from tests.kubeapi import FakeApi


def asked(api: FakeApi) -> int:
    return len([call for call in api.asked if call[:2] == ("get", "Namespace")])


def test_a_burst_of_objects_asks_once() -> None:
    api = FakeApi()
    uid = api.namespace("acme")
    it = Namespaces(api, lambda: 1.0)

    async def burst() -> list[str | None]:
        return list(await asyncio.gather(*(it.uid("acme", f"m{n}") for n in range(5))))

    assert asyncio.run(burst()) == [uid] * 5
    assert asked(api) == 1


def test_an_object_that_is_seen_later_may_be_of_a_later_namespace() -> None:
    api, ticks = FakeApi(), [1.0]
    old = api.namespace("acme")
    it = Namespaces(api, lambda: ticks[0])
    assert asyncio.run(it.uid("acme", "m1")) == old
    api.remove(NAMESPACE, "", "acme")
    new = api.namespace("acme")
    ticks[0] = 2.0
    assert asyncio.run(it.uid("acme", "m1")) == old
    assert asyncio.run(it.uid("acme", "m2")) == new
    assert new != old


def test_a_namespace_that_is_gone_has_no_uid() -> None:
    assert asyncio.run(Namespaces(FakeApi(), lambda: 1.0).uid("acme", "m1")) is None


def test_objects_that_are_gone_are_forgotten() -> None:
    api, ticks = FakeApi(), [1.0]
    api.namespace("acme")
    it = Namespaces(api, lambda: ticks[0])
    asyncio.run(it.uid("acme", "m1"))
    it.retain(frozenset())
    ticks[0] = 2.0
    asyncio.run(it.uid("acme", "m1"))
    assert asked(api) == 2
