"""Watch the cluster with kopf, and pass every event on to the cache.

Only raw events are handled. So kopf writes nothing at all: no annotation of its own, no finalizer,
no progress. That an object is to be reconciled, that it failed and when it is tried again is the
work queue's to know; whether anything is to be done is found by comparing live with desired.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypedDict

import kopf

from allswell.controller.cache.cache import CHILDREN, WATCHED
from allswell.kube import names
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json

log = logging.getLogger(__name__)
RETRY_S = 5.0


class RawEvent(TypedDict):
    """The event that kopf passes to a handler; the type is None for what a first list shows."""

    type: str | None
    object: Json


Observe = Callable[[Kind, Json, bool], None]
Login = Callable[[], Awaitable[kopf.AiohttpSession]]


def registry(login: Login, observe: Observe) -> kopf.OperatorRegistry:
    """Register a handler for each kind; `observe` gets kind, object, and whether it is gone."""
    handlers = kopf.OperatorRegistry()
    kopf.on.login(registry=handlers)(_login_handler(login))
    for kind in WATCHED:
        kopf.on.event(
            group=kind.group,
            version=kind.version,
            plural=kind.plural,
            id=kind.plural,
            registry=handlers,
        )(_event_handler(kind, observe))
    return handlers


def _login_handler(login: Login) -> Callable[..., Awaitable[kopf.AiohttpSession]]:
    async def log_in(**_: object) -> kopf.AiohttpSession:
        return await login()

    return log_in


def _event_handler(kind: Kind, observe: Observe) -> Callable[..., Awaitable[None]]:
    async def handle(event: RawEvent, **_: object) -> None:
        observe(kind, event["object"], event["type"] == "DELETED")

    return handle


class EndlessBackoff:
    """Pauses in seconds, without an end: after the last one kopf gives a watch up for good."""

    def __iter__(self) -> Iterator[float]:
        """Begin with a second; never wait longer than five."""
        yield from (1, 1, 2, 3)
        yield from itertools.repeat(5.0)


def settings() -> kopf.OperatorSettings:
    """Configure kopf: dead streams are noticed, lists come in chunks, nothing is posted."""
    options = kopf.OperatorSettings()
    options.watching.server_timeout = 290
    options.watching.client_timeout = 310
    options.watching.chunk_size = 500
    options.posting.enabled = False
    options.posting.loggers = False
    options.peering.standalone = True
    options.queueing.idle_timeout = 1.0
    options.networking.connect_timeout = 10
    options.networking.request_timeout = 60
    options.networking.error_backoffs = EndlessBackoff()
    for kind in CHILDREN:
        group = (
            (kind.group, kind.version, kind.plural) if kind.group else (kind.version, kind.plural)
        )
        options.watching.label_selectors[group] = names.SELECTOR
    return options


async def run(
    handlers: kopf.OperatorRegistry,
    namespaces: Sequence[str],
    stop: asyncio.Event,
    *,
    on_ready: Callable[[], None],
    on_restart: Callable[[], None],
) -> None:
    """Watch these namespaces, or with none all, until `stop` is set.

    kopf gives up where a kind goes, so it is begun anew; `on_restart` is called then, and
    `on_ready` as soon as kopf runs.
    """
    while True:
        ready = asyncio.Event()
        waiting = asyncio.create_task(_call_when(ready, on_ready))
        try:
            return await kopf.operator(
                registry=handlers,
                settings=settings(),
                clusterwide=not namespaces,
                namespaces=namespaces,
                standalone=True,
                stop_flag=stop,
                ready_flag=ready,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, kopf has cleaned up after it
            words = "the watches have ended and begin anew: %s: %s"
            log.warning(words, type(error).__name__, error)
            on_restart()
            await asyncio.sleep(RETRY_S)
        finally:
            waiting.cancel()


async def _call_when(event: asyncio.Event, call: Callable[[], None]) -> None:
    await event.wait()
    call()
