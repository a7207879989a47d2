"""The way to the API server: one request at a time, each with a time limit, errors translated.

It keeps no state beside its session, retries nothing and watches nothing: watching is kopf's.
"""

import json
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from allswell.kube import errors, manifest, names
from allswell.kube.errors import KubeConflict, KubeMissing, KubeRejected, KubeUnavailable
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
CHUNK = 500
# The API server wants to hear YAML for a server-side apply. JSON is YAML but for two things: YAML
# knows no character as a pair of escapes, and takes some characters only as an escape.
APPLY = "application/apply-patch+yaml"
ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
MERGE = "application/merge-patch+json"
EVERYWHERE = ("",)


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list, and the version of the cluster's state that it shows."""

    objects: tuple[Json, ...]
    version: int


class Api(Protocol):
    """What the rest of the house asks of the Kubernetes API. Every call raises `KubeError`."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """An object, or None when it is not there."""
        ...

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        """All objects of a kind, complete or not at all; the namespace "" stands for all."""
        ...

    async def apply(self, kind: Kind, wanted: Json, subresource: str = "", uid: str = "") -> Json:
        """Make our fields of an object so; with a uid only of that very object."""
        ...

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        """Change single fields of an object that somebody else manages; None removes a field."""
        ...

    async def create(self, kind: Kind, wanted: Json) -> Json:
        """Create an object. Raises `Conflict` when it is there."""
        ...

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, force: bool) -> None:
        """Delete that very object, or with no uid whichever there is; `force` waits for nobody.

        It is no error when it is gone.
        """
        ...


class Client:
    """The real one. `headers` is asked for each request, so that a token may be renewed."""

    def __init__(
        self,
        server: str,
        session: aiohttp.ClientSession,
        headers: Callable[[], Mapping[str, str]],
    ) -> None:
        self._server = server.rstrip("/")
        self._session = session
        self._headers = headers

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """An object, or None when it is not there."""
        try:
            return await self._ask("GET", kind.path(namespace, name))
        except KubeMissing:
            return None

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        """All objects of a kind, complete or not at all; the namespace "" stands for all."""
        found: list[Json] = []
        versions = []
        for namespace in namespaces or EVERYWHERE:
            path, go_on = kind.path(namespace), ""
            while True:
                page = await self._ask("GET", path, query=_page(selector, go_on))
                found.extend(manifest.blocks(page, "items"))
                go_on = manifest.text(page, "metadata", "continue")
                if not go_on:
                    break
            versions.append(int(manifest.text(page, "metadata", "resourceVersion") or 0))
        return Listing(tuple(found), min(versions))

    async def apply(self, kind: Kind, wanted: Json, subresource: str = "", uid: str = "") -> Json:
        """Make our fields of an object so; with a uid only of that very object."""
        namespace, name = manifest.name(wanted)
        if uid:
            wanted = {**wanted, "metadata": {**manifest.block(wanted, "metadata"), "uid": uid}}
        query = {"fieldManager": names.FIELD_MANAGER, "force": "true"}
        path = kind.path(namespace, name, subresource)
        try:
            return await self._ask("PATCH", path, wanted, query=query, media=APPLY)
        except KubeRejected as error:
            # For an object that exists a uid that is not its own is called an invalid change.
            if uid and "metadata.uid" in str(error):
                raise KubeConflict(str(error)) from error
            raise

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        """Change single fields of an object that somebody else manages; None removes a field."""
        path = kind.path(*manifest.name(patch), subresource)
        query = {"fieldManager": names.FIELD_MANAGER}
        return await self._ask("PATCH", path, patch, query=query, media=MERGE)

    async def create(self, kind: Kind, wanted: Json) -> Json:
        """Create an object. Raises `Conflict` when it is there."""
        query = {"fieldManager": names.FIELD_MANAGER}
        return await self._ask("POST", kind.path(manifest.name(wanted)[0]), wanted, query=query)

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, force: bool) -> None:
        """Delete that very object, or with no uid whichever there is; `force` waits for nobody."""
        options: dict[str, object] = {"preconditions": {"uid": uid}} if uid else {}
        if force:
            options["gracePeriodSeconds"] = 0
        try:
            await self._ask("DELETE", kind.path(namespace, name), options)
        except KubeMissing:
            return

    async def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] = {},
        media: str = "application/json",
    ) -> Json:
        headers = {"Accept": "application/json", "Content-Type": media, **self._headers()}
        content = None if body is None else encoded(body)
        try:
            async with self._session.request(
                method,
                self._server + path,
                params=query,
                data=content,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:
                return _read(answer.status, await answer.read())
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise KubeUnavailable(f"the API server: {type(error).__name__}: {error}") from error


def encoded(body: Json) -> bytes:
    """A body that says the same to those who read JSON and those who read YAML."""
    text = json.dumps(body, ensure_ascii=False)
    return ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _page(selector: str, go_on: str) -> dict[str, str]:
    query = {"limit": str(CHUNK)}
    if selector:
        query["labelSelector"] = selector
    if go_on:
        query["continue"] = go_on
    return query


def _read(status: int, content: bytes) -> Json:
    try:
        value = json.loads(content)
    except ValueError:
        value = {"message": content[:200].decode(errors="replace")}
    found: Json = value if isinstance(value, dict) else {}
    if status >= 300:  # noqa: PLR2004 - no redirect is ours to follow
        raise errors.of(status, manifest.text(found, "message") or "no message")
    return found


def session(tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """A session for the running loop; no proxy is taken from the environment."""
    connector = aiohttp.TCPConnector(ssl=tls, limit=32)
    return aiohttp.ClientSession(connector=connector, trust_env=False)
