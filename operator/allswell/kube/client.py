"""Call the API server: one request at a time, each with a time limit, errors translated.

It requests known paths through the official client and returns plain mappings. It keeps no state
beside its session, retries nothing and watches nothing: watching is kopf's.
"""

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.exceptions import ApiException, OpenApiException
from kubernetes.aio.config import ConfigException
from kubernetes.aio.dynamic import DynamicClient

from allswell.kube import errors, manifest, names
from allswell.kube.errors import KubeConflict, KubeError, KubeMissing, KubeRejected, KubeUnavailable
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
CHUNK = 500
# The API server wants to hear YAML for a server-side apply. JSON is YAML but for two things: YAML
# knows no character as a pair of escapes, and takes some characters only as an escape. The official
# client would write such pairs; a body whose type has a parameter it sends as it is.
APPLY = "application/apply-patch+yaml; charset=utf-8"
ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
MERGE = "application/merge-patch+json"
EVERYWHERE = ("",)
USER_AGENT = "allswell"
# What the official client raises, what aiohttp below it does, and what both let through.
LOWER = (OpenApiException, ConfigException, aiohttp.ClientError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list, and the version of the cluster's state that it shows."""

    objects: tuple[Json, ...]
    version: int


class Api(Protocol):
    """The Kubernetes API as the operator uses it. Every call raises `KubeError`."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Return an object, or None when there is none."""
        ...

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        """List all objects of a kind, complete or not at all; the namespace "" stands for all."""
        ...

    async def apply(self, kind: Kind, wanted: Json, subresource: str = "", uid: str = "") -> Json:
        """Make our fields of an object so; with a uid only of that very object."""
        ...

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        """Change single fields of an object that somebody else manages; None removes a field."""
        ...

    async def create(self, kind: Kind, wanted: Json) -> Json:
        """Create an object. Raises `KubeConflict` when it exists."""
        ...

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, force: bool) -> None:
        """Delete that very object, or with no uid whichever there is; `force` waits for nobody.

        It is no error when it is gone.
        """
        ...


class Requests(Protocol):
    """The part of the official client that we use: a request of a known path."""

    async def request(
        self, method: str, path: str, body: object = None, **params: object
    ) -> aiohttp.ClientResponse:
        """Send a request; return the response once its head says success."""
        ...


class Client:
    """The API through the official client."""

    def __init__(self, requests: Requests, limits: aiohttp.ClientTimeout = TIMEOUT) -> None:
        self._requests = requests
        self._limits = limits

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Return an object, or None when there is none."""
        try:
            return await self._ask("GET", kind.path(namespace, name))
        except KubeMissing:
            return None

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        """List all objects of a kind, complete or not at all; the namespace "" stands for all."""
        found: list[Json] = []
        versions = []
        for namespace in namespaces or EVERYWHERE:
            path, go_on = kind.path(namespace), ""
            while True:
                page = await self._ask(
                    "GET",
                    path,
                    limit=CHUNK,
                    label_selector=selector or None,
                    _continue=go_on or None,
                )
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
        path = kind.path(namespace, name, subresource)
        try:
            return await self._ask(
                "PATCH",
                path,
                encoded(wanted),
                content_type=APPLY,
                field_manager=names.FIELD_MANAGER,
                force_conflicts=True,
            )
        except KubeRejected as error:
            # For an object that exists a uid that is not its own is called an invalid change.
            if uid and "metadata.uid" in str(error):
                raise KubeConflict(str(error)) from error
            raise

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        """Change single fields of an object that somebody else manages; None removes a field."""
        path = kind.path(*manifest.name(patch), subresource)
        manager = names.FIELD_MANAGER
        return await self._ask("PATCH", path, patch, content_type=MERGE, field_manager=manager)

    async def create(self, kind: Kind, wanted: Json) -> Json:
        """Create an object. Raises `KubeConflict` when it exists."""
        path = kind.path(manifest.name(wanted)[0])
        return await self._ask("POST", path, wanted, field_manager=names.FIELD_MANAGER)

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
        self, method: str, path: str, body: Json | bytes | None = None, **params: object
    ) -> Json:
        try:
            answer = await self._requests.request(
                method, path, body, serialize=False, _request_timeout=self._limits, **params
            )
            async with answer:
                return _read(await answer.read())
        except LOWER as error:
            raise translated(error) from error


@asynccontextmanager
async def connected(
    configuration: Configuration, limits: aiohttp.ClientTimeout = TIMEOUT
) -> AsyncIterator[Client]:
    """Open a client that lives in the running loop until the block ends."""
    async with ApiClient(configuration) as api:
        api.user_agent = USER_AGENT
        yield Client(DynamicClient(api), limits)


def translated(error: Exception) -> KubeError:
    """Translate an error of the layers below into a `KubeError`."""
    words = f"{type(error).__name__}: {error}"
    match error:
        case ApiException(status=int(status)) if status:
            return errors.of(status, _message(error.body or ""))
        case aiohttp.ClientError() | OSError():
            return KubeUnavailable(f"the API server: {words}")
        case _:
            return KubeRejected(f"the request cannot be made: {words}")


def encoded(body: Json) -> bytes:
    """Encode a body that reads the same as JSON and as YAML."""
    text = json.dumps(body, ensure_ascii=False)
    return ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _read(content: bytes) -> Json:
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        beginning = content[:200].decode(errors="replace")
        raise KubeUnavailable(f"the API server: no object, but {beginning!r}")
    return value


def _message(content: str) -> str:
    try:
        value = json.loads(content)
    except ValueError:
        return content[:200] or "no message"
    return manifest.text(value if isinstance(value, dict) else {}, "message") or "no message"
