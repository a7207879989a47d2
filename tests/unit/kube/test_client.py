"""The client against a small HTTP server: what it sends, and what it makes of answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from allswell.kube import errors
from allswell.kube.client import ESCAPED, Client, encoded
from allswell.kube.kinds import CONFIGMAP, MONITOR, STATEFULSET

pytestmark = pytest.mark.asyncio


class Server:
    """Answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], object]] = []
        self.answers: list[tuple[int, object]] = []

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.path, dict(request.query), body))
        status, content = self.answers.pop(0)
        if isinstance(content, str):
            return web.Response(status=status, text=content)
        return web.json_response(content, status=status)


@asynccontextmanager
async def talking(
    *answers: tuple[int, object], headers: Callable[[], dict[str, str]] = dict
) -> AsyncIterator[tuple[Client, Server]]:
    server = Server()
    server.answers = list(answers)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Client(f"http://127.0.0.1:{runner.addresses[0][1]}/", session, headers), server
    finally:
        await runner.cleanup()


async def test_a_list_is_read_to_its_end() -> None:
    first = {"metadata": {"resourceVersion": "7", "continue": "more"}, "items": [{"a": 1}]}
    last = {"metadata": {"resourceVersion": "7"}, "items": [{"a": 2}]}
    async with talking((200, first), (200, last)) as (client, server):
        found = await client.every(STATEFULSET, [""], "a=b")
    assert (found.objects, found.version) == (({"a": 1}, {"a": 2}), 7)
    assert [asked[1] for asked in server.asked] == ["/apis/apps/v1/statefulsets"] * 2
    assert server.asked[1][2] == {"limit": "500", "labelSelector": "a=b", "continue": "more"}


async def test_a_list_that_breaks_off_is_no_list() -> None:
    first = {"metadata": {"resourceVersion": "7", "continue": "more"}, "items": [{"a": 1}]}
    async with talking((200, first), (410, {"message": "too old"})) as (client, _):
        with pytest.raises(errors.ListExpired):
            await client.every(MONITOR, [""])


async def test_namespaces_are_listed_one_by_one() -> None:
    def page(version: str) -> tuple[int, object]:
        return 200, {"metadata": {"resourceVersion": version}, "items": []}

    async with talking(page("9"), page("8")) as (client, server):
        found = await client.every(MONITOR, ["a", "b"])
    assert [asked[1] for asked in server.asked] == [
        "/apis/allswell.dev/v1alpha1/namespaces/a/monitors",
        "/apis/allswell.dev/v1alpha1/namespaces/b/monitors",
    ]
    assert found.version == 8


async def test_an_object_that_is_not_there_is_none() -> None:
    async with talking((404, {"message": "not found"})) as (client, server):
        assert await client.get(CONFIGMAP, "acme", "api") is None
    assert server.asked[0][:2] == ("GET", "/api/v1/namespaces/acme/configmaps/api")


async def test_an_apply_names_its_manager_and_the_very_object() -> None:
    wanted = {"metadata": {"name": "api", "namespace": "acme"}, "status": {}}
    async with talking((200, {"done": True})) as (client, server):
        assert await client.apply(MONITOR, wanted, "status", uid="u") == {"done": True}
    method, path, query, body = server.asked[0]
    assert (method, path) == (
        "PATCH",
        "/apis/allswell.dev/v1alpha1/namespaces/acme/monitors/api/status",
    )
    assert query == {"fieldManager": "allswell", "force": "true"}
    assert body == {"metadata": {"name": "api", "namespace": "acme", "uid": "u"}, "status": {}}


async def test_a_deletion_names_the_very_object_and_may_find_it_gone() -> None:
    async with talking((404, {}), (200, {})) as (client, server):
        await client.delete(CONFIGMAP, "acme", "api", "u", force=True)
        await client.delete(CONFIGMAP, "acme", "api", "u", force=False)
    assert server.asked[0][3] == {"preconditions": {"uid": "u"}, "gracePeriodSeconds": 0}
    assert server.asked[1][3] == {"preconditions": {"uid": "u"}}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (409, errors.KubeConflict),
        (429, errors.KubeUnavailable),
        (500, errors.KubeUnavailable),
        (403, errors.KubeRejected),
        (422, errors.KubeRejected),
        (302, errors.KubeRejected),
    ],
)
async def test_answers_become_errors_of_this_room(
    status: int, error: type[errors.KubeError]
) -> None:
    async with talking((status, {"message": "because"})) as (client, _):
        with pytest.raises(error, match=f"{status}: because"):
            await client.create(CONFIGMAP, {"metadata": {"namespace": "acme"}})


async def test_an_answer_that_is_not_json_keeps_its_beginning() -> None:
    async with talking((502, "<html>bad gateway")) as (client, _):
        with pytest.raises(errors.KubeUnavailable, match="bad gateway"):
            await client.get(CONFIGMAP, "acme", "api")


async def test_no_server_at_all_is_unavailable() -> None:
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    async with aiohttp.ClientSession() as session:
        client = Client(f"http://127.0.0.1:{port}", session, dict)
        with pytest.raises(errors.KubeUnavailable):
            await client.get(CONFIGMAP, "acme", "api")


async def test_a_body_reads_the_same_as_json_and_holds_nothing_that_yaml_refuses() -> None:
    every = "".join(chr(n) for n in range(0x11000) if not 0xD800 <= n < 0xE000)
    written = encoded({"all": every}).decode()
    assert json.loads(written) == {"all": every}
    assert ESCAPED.search(written) is None
