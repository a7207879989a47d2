"""What kopf is told: what to watch, and to hand every sight to the index. No logic lives here.

Only raw events are handled. So kopf writes nothing at all: no annotation of its own, no finalizer,
no progress. That an object needs a look, that it failed and that it comes again is the work
queue's to know; whether anything is to be done is told by comparing what is with what shall be.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import TypedDict

import kopf

from allswell.controller.cache.cache import CHILDREN, WATCHED
from allswell.kube import names
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json


class RawEvent(TypedDict):
    """What kopf hands over; the type is None for what a first list has shown."""

    type: str | None
    object: Json


See = Callable[[Kind, Json, bool], None]
Login = Callable[[], Awaitable[kopf.AiohttpSession]]


def registry(login: Login, see: See) -> kopf.OperatorRegistry:
    """All handlers."""
    found = kopf.OperatorRegistry()
    kopf.on.login(registry=found)(_login(login))
    for kind in WATCHED:
        kopf.on.event(
            group=kind.group,
            version=kind.version,
            plural=kind.plural,
            id=kind.plural,
            registry=found,
        )(_seen(kind, see))
    return found


def _login(login: Login) -> Callable[..., Awaitable[kopf.AiohttpSession]]:
    async def log_in(**_: object) -> kopf.AiohttpSession:
        return await login()

    return log_in


def _seen(kind: Kind, see: See) -> Callable[..., Awaitable[None]]:
    async def seen(event: RawEvent, **_: object) -> None:
        see(kind, event["object"], event["type"] == "DELETED")

    return seen


class Patience:
    """Pauses in seconds, without an end: after the last one kopf gives a watch up for good."""

    def __iter__(self) -> Iterator[float]:
        """Begin with a second; never wait longer than five."""
        yield from (1, 1, 2, 3)
        yield from itertools.repeat(5.0)


def settings() -> kopf.OperatorSettings:
    """How kopf watches: dead streams are noticed, lists come in pieces, nothing is posted."""
    it = kopf.OperatorSettings()
    it.watching.server_timeout = 290
    it.watching.client_timeout = 310
    it.watching.chunk_size = 500
    it.posting.enabled = False
    it.posting.loggers = False
    it.peering.standalone = True
    it.queueing.idle_timeout = 1.0
    it.networking.connect_timeout = 10
    it.networking.request_timeout = 60
    it.networking.error_backoffs = Patience()
    for kind in CHILDREN:
        group = (
            (kind.group, kind.version, kind.plural) if kind.group else (kind.version, kind.plural)
        )
        it.watching.label_selectors[group] = names.SELECTOR
    return it
