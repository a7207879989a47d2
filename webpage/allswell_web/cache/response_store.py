"""Where finished sheets lie: Flask-Caching, which several replicas can share.

Only bytes go in and come out. The library's own serializer is pickle, with which whoever can write
to a shared store can run code here.
"""

import logging
import pickle
from collections.abc import Callable
from typing import IO, BinaryIO

from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends.rediscache import RedisCache

from allswell_web.cache.redis import PREFIX, RedisReplicas
from allswell_web.errors import DamagedResponse, RedisUnavailable
from allswell_web.responses import rendered_response
from allswell_web.responses.rendered_response import RenderedResponse

log = logging.getLogger(__name__)
# Sheets are evicted by nothing but this number: an outage needs exactly the old ones.
MOST_SHEETS = 20_000
# Far ones only spare the other replicas the rendering.
FAR_S = 300


class BytesSerializer(BaseSerializer):
    """Hands bytes through and refuses anything else."""

    def dumps(self, value: object, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
        """Bytes as they are. Raises TypeError for another type."""
        del protocol
        if not isinstance(value, bytes):
            raise TypeError(f"only bytes are stored, not {type(value).__name__}")
        return value

    def loads(self, bvalue: bytes) -> bytes:
        """Bytes as they are."""
        return bvalue

    def dump(self, value: object, f: IO[bytes], protocol: int = pickle.HIGHEST_PROTOCOL) -> None:
        """Write bytes to a file."""
        f.write(self.dumps(value, protocol))

    def load(self, f: BinaryIO) -> bytes:
        """Read a file of bytes."""
        return f.read()


class SharedResponses(RedisCache):
    """Flask-Caching's Redis, for bytes only. Unlike the near one it is shared."""

    serializer = BytesSerializer()  # type: ignore[assignment] # the library has no base for it


class ResponseStore:
    """Sheets by page and route: near, in this process, and far, in a Redis that replicas share."""

    def __init__(self, app: Flask, replicas: RedisReplicas | None = None) -> None:
        near = {
            "CACHE_TYPE": "SimpleCache",
            "CACHE_THRESHOLD": MOST_SHEETS,
            "CACHE_DEFAULT_TIMEOUT": 0,
            "CACHE_SERIALIZER": BytesSerializer,
        }
        self._app = app
        self._near = _cache(app, near)
        self._replicas = replicas
        if replicas is not None:
            far = {
                "CACHE_TYPE": f"{SharedResponses.__module__}.{SharedResponses.__name__}",
                "CACHE_DEFAULT_TIMEOUT": FAR_S,
                "CACHE_KEY_PREFIX": f"{PREFIX}:sheet:",
                "CACHE_REDIS_HOST": replicas.client,
            }
            self._far = _cache(app, far)

    def put(self, key: str, made: RenderedResponse) -> None:
        """Keep a sheet under a key."""
        written = rendered_response.write(made)
        with self._app.app_context():
            self._near.set(key, written)
            self._ask(lambda: self._far.set(key, written))

    def get(
        self, key: str, serves: Callable[[RenderedResponse], bool] = lambda _: True
    ) -> RenderedResponse | None:
        """The sheet under a key that serves, the near one first; None where there is none."""
        with self._app.app_context():
            found = self._read(key, self._near.get(key))
            if found is None or not serves(found):
                found = self._read(key, self._ask(lambda: self._far.get(key)))
        return found if found is not None and serves(found) else None

    def _ask(self, do: Callable[[], object]) -> object:
        try:
            return None if self._replicas is None else self._replicas.ask(do)
        except RedisUnavailable:
            return None

    def _read(self, key: str, found: object) -> RenderedResponse | None:
        if not isinstance(found, bytes):
            return None
        try:
            return rendered_response.read(found)
        except DamagedResponse:
            log.warning("The store holds something that is no sheet under %r.", key)
            return None


def _cache(app: Flask, config: dict[str, object]) -> Cache:
    cache = Cache(with_jinja2_ext=False, config=config)
    cache.init_app(app)
    return cache
