"""Store rendered responses in Flask-Caching, in this process and in a Redis that replicas share.

Only bytes are stored. The library's own serializer is pickle, with which whoever can write to a
shared store could run code here.
"""

import logging
import pickle
from collections.abc import Callable
from typing import IO, BinaryIO

from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends.rediscache import RedisCache

from allswell_web.cache.redis import PREFIX, RedisSharedCache
from allswell_web.errors import DamagedResponse, RedisUnavailable
from allswell_web.responses import rendered_response
from allswell_web.responses.rendered_response import RenderedResponse

log = logging.getLogger(__name__)
# Responses are evicted by this number only: an outage needs exactly the old ones.
MAX_RESPONSES = 20_000
# Shared ones only save the other replicas the rendering.
SHARED_S = 300


class BytesSerializer(BaseSerializer):
    """A serializer that passes bytes through and refuses anything else."""

    def dumps(self, value: object, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
        """Return bytes unchanged. Raises TypeError for another type."""
        del protocol
        if not isinstance(value, bytes):
            raise TypeError(f"only bytes are stored, not {type(value).__name__}")
        return value

    def loads(self, bvalue: bytes) -> bytes:
        """Return bytes unchanged."""
        return bvalue

    def dump(self, value: object, f: IO[bytes], protocol: int = pickle.HIGHEST_PROTOCOL) -> None:
        """Write bytes to a file."""
        f.write(self.dumps(value, protocol))

    def load(self, f: BinaryIO) -> bytes:
        """Read a file of bytes."""
        return f.read()


class RedisBytesBackend(RedisCache):
    """Flask-Caching's Redis backend, for bytes only."""

    serializer = BytesSerializer()  # type: ignore[assignment] # the library has no base for it


class ResponseStore:
    """Responses by page and route: local in this process, and shared in Redis."""

    def __init__(self, app: Flask, replicas: RedisSharedCache | None = None) -> None:
        local = {
            "CACHE_TYPE": "SimpleCache",
            "CACHE_THRESHOLD": MAX_RESPONSES,
            "CACHE_DEFAULT_TIMEOUT": 0,
            "CACHE_SERIALIZER": BytesSerializer,
        }
        self._app = app
        self._local = _cache(app, local)
        self._replicas = replicas
        if replicas is not None:
            shared = {
                "CACHE_TYPE": f"{RedisBytesBackend.__module__}.{RedisBytesBackend.__name__}",
                "CACHE_DEFAULT_TIMEOUT": SHARED_S,
                "CACHE_KEY_PREFIX": f"{PREFIX}:sheet:",
                "CACHE_REDIS_HOST": replicas.client,
            }
            self._shared = _cache(app, shared)

    def put(self, key: str, rendered: RenderedResponse) -> None:
        """Store a response under a key."""
        data = rendered_response.write(rendered)
        with self._app.app_context():
            self._local.set(key, data)
            self._call_redis(lambda: self._shared.set(key, data))

    def get(
        self, key: str, is_usable: Callable[[RenderedResponse], bool] = lambda _: True
    ) -> RenderedResponse | None:
        """Return the response under a key that is usable, the local one first, or None."""
        with self._app.app_context():
            rendered = self._read(key, self._local.get(key))
            if rendered is None or not is_usable(rendered):
                rendered = self._read(key, self._call_redis(lambda: self._shared.get(key)))
        return rendered if rendered is not None and is_usable(rendered) else None

    def _call_redis(self, do: Callable[[], object]) -> object:
        try:
            return None if self._replicas is None else self._replicas.call(do)
        except RedisUnavailable:
            return None

    def _read(self, key: str, data: object) -> RenderedResponse | None:
        if not isinstance(data, bytes):
            return None
        try:
            return rendered_response.read(data)
        except DamagedResponse:
            log.warning("response store: the value is no response key=%r", key)
            return None


def _cache(app: Flask, config: dict[str, object]) -> Cache:
    cache = Cache(with_jinja2_ext=False, config=config)
    cache.init_app(app)
    return cache
