"""The client against a small HTTP server: what it sends, and what it makes of answers."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import kubernetes.aio.client.exceptions
import kubernetes.aio.config.config_exception
import kubernetes.aio.dynamic.exceptions
import pytest
from aiohttp import ClientTimeout

from allswell.kube import access, client, errors
from allswell.kube.client import ESCAPED, Client, encoded
from allswell.kube.kinds import CONFIGMAP, MONITOR, STATEFULSET
from tests.unit.kube import apiserver
from tests.unit.kube.apiserver import Server

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def talking(*answers: tuple[int, object]) -> AsyncIterator[tuple[Client, Server]]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(apiserver.serving(*answers))
        way = access.configuration(f"{server.url}/")
        yield await stack.enter_async_context(client.connected(way)), server


async def test_a_list_is_read_to_its_end() -> None:
    first = {"metadata": {"resourceVersion": "7", "continue": "more"}, "items": [{"a": 1}]}
    last = {"metadata": {"resourceVersion": "7"}, "items": [{"a": 2}]}
    async with talking((200, first), (200, last)) as (client, server):
        found = await client.every(STATEFULSET, [""], "a=b")
    assert (found.objects, found.version) == (({"a": 1}, {"a": 2}), 7)
    assert [asked.path for asked in server.asked] == ["/apis/apps/v1/statefulsets"] * 2
    assert server.asked[1].query == {"limit": "500", "labelSelector": "a=b", "continue": "more"}


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
    assert [asked.path for asked in server.asked] == [
        "/apis/allswell.dev/v1alpha1/namespaces/a/monitors",
        "/apis/allswell.dev/v1alpha1/namespaces/b/monitors",
    ]
    assert found.version == 8


async def test_an_object_that_is_not_there_is_none() -> None:
    async with talking((404, {"message": "not found"})) as (client, server):
        assert await client.get(CONFIGMAP, "acme", "api") is None
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("GET", "/api/v1/namespaces/acme/configmaps/api")


async def test_an_apply_names_its_manager_and_the_very_object() -> None:
    wanted = {"metadata": {"name": "api", "namespace": "acme"}, "status": {}}
    async with talking((200, {"done": True})) as (client, server):
        assert await client.apply(MONITOR, wanted, "status", uid="u") == {"done": True}
    asked = server.asked[0]
    assert (asked.method, asked.path) == (
        "PATCH",
        "/apis/allswell.dev/v1alpha1/namespaces/acme/monitors/api/status",
    )
    assert asked.query == {"fieldManager": "allswell", "force": "true"}
    assert asked.body == {
        "metadata": {"name": "api", "namespace": "acme", "uid": "u"},
        "status": {},
    }


async def test_a_deletion_names_the_very_object_and_may_find_it_gone() -> None:
    async with talking((404, {}), (200, {})) as (client, server):
        await client.delete(CONFIGMAP, "acme", "api", "u", force=True)
        await client.delete(CONFIGMAP, "acme", "api", "u", force=False)
    assert server.asked[0].body == {"preconditions": {"uid": "u"}, "gracePeriodSeconds": 0}
    assert server.asked[1].body == {"preconditions": {"uid": "u"}}


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


async def test_a_list_goes_on_where_it_was_told_to() -> None:
    odd = "a+b/c=&%2B é"
    first = {"metadata": {"resourceVersion": "7", "continue": odd}, "items": []}
    last = {"metadata": {"resourceVersion": "7"}, "items": []}
    async with talking((200, first), (200, last)) as (client, server):
        await client.every(STATEFULSET, [""], "a in (b,c),d!=e")
    assert server.asked[1].query["continue"] == odd
    assert server.asked[1].query["labelSelector"] == "a in (b,c),d!=e"


@pytest.mark.parametrize("content", ["<html>welcome", "[]", "", "null"])
async def test_what_is_no_object_is_no_empty_list(content: str) -> None:
    async with talking((200, content)) as (client, _):
        with pytest.raises(errors.KubeUnavailable):
            await client.every(MONITOR, [""])


async def test_an_apply_arrives_without_pairs_of_escapes() -> None:
    wanted = {"metadata": {"name": "api", "namespace": "acme"}, "data": {"a": "\U0001f600\u2028"}}
    async with talking((200, {})) as (client, server):
        await client.apply(CONFIGMAP, wanted)
    asked = server.asked[0]
    assert asked.headers["Content-Type"].partition(";")[0] == "application/apply-patch+yaml"
    assert asked.content == encoded(wanted)


async def test_a_redirect_is_followed_nowhere() -> None:
    async with talking((302, {"message": "moved"})) as (client, server):
        server.headers["Location"] = f"{server.url}/elsewhere"
        with pytest.raises(errors.KubeRejected, match="302: moved"):
            await client.get(CONFIGMAP, "acme", "api")
    assert len(server.asked) == 1


async def test_what_fails_is_not_tried_again() -> None:
    async with talking((503, {}), (200, {})) as (client, server):
        with pytest.raises(errors.KubeUnavailable, match="503"):
            await client.get(CONFIGMAP, "acme", "api")
    assert len(server.asked) == 1


async def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with apiserver.serving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with talking((200, {"there": True})) as (client, _):
            assert await client.get(CONFIGMAP, "acme", "api") == {"there": True}
        assert proxy.asked == []


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    left = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as listener:
        way = access.configuration(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        at_once = ClientTimeout(total=0.01)
        async with client.connected(way, at_once) as api:
            with pytest.raises(errors.KubeUnavailable, match="TimeoutError"):
                await api.get(CONFIGMAP, "acme", "api")
        await left.wait()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        b"HTTP/1.1 500 no\r\nContent-Length: 9\r\n\r\n{}",
    ],
)
async def test_what_is_no_whole_answer_is_unavailable(said: bytes) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        way = access.configuration(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        async with client.connected(way) as api:
            with pytest.raises(errors.KubeUnavailable):
                await api.get(CONFIGMAP, "acme", "api")


def raised_below() -> list[type[Exception]]:
    """Return every error class of the layers below, but for what is raised where we do not go."""
    layers = (
        kubernetes.aio.client.exceptions,
        kubernetes.aio.config.config_exception,
        kubernetes.aio.dynamic.exceptions,
        aiohttp.client_exceptions,
        ssl,
        socket,
    )
    found = {
        each
        for layer in layers
        for name, each in vars(layer).items()
        if isinstance(each, type) and not name.startswith("_")
    }
    elsewhere = {
        kubernetes.aio.dynamic.exceptions.ResourceNotFoundError,  # discovery
        kubernetes.aio.dynamic.exceptions.ResourceNotUniqueError,  # discovery
        kubernetes.aio.dynamic.exceptions.KubernetesValidateMissing,  # validation on our side
        aiohttp.client_exceptions.WSMessageTypeError,  # web sockets
    }
    return sorted((each for each in found - elsewhere if issubclass(each, Exception)), key=named)


def named(error: type[Exception]) -> str:
    return f"{error.__module__}.{error.__qualname__}"


@pytest.mark.parametrize("lower", raised_below(), ids=named)
async def test_every_error_from_below_becomes_one_of_this_room(lower: type[Exception]) -> None:
    # However it is made.
    bare = {"__init__": lambda _: None, "__str__": lambda _: "because", "status": None}
    raised = type(lower.__name__, (lower,), bare)()

    class Failing:
        async def request(self, *_: object, **__: object) -> aiohttp.ClientResponse:
            raise raised

    with pytest.raises(errors.KubeError) as caught:
        await Client(Failing()).get(CONFIGMAP, "acme", "api")
    assert caught.value.__cause__ is raised


async def test_no_server_at_all_is_unavailable() -> None:
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    async with client.connected(access.configuration(f"http://127.0.0.1:{port}")) as api:
        with pytest.raises(errors.KubeUnavailable):
            await api.get(CONFIGMAP, "acme", "api")


async def test_a_body_reads_the_same_as_json_and_holds_nothing_that_yaml_refuses() -> None:
    every = "".join(chr(n) for n in range(0x11000) if not 0xD800 <= n < 0xE000)
    written = encoded({"all": every}).decode()
    assert json.loads(written) == {"all": every}
    assert ESCAPED.search(written) is None
