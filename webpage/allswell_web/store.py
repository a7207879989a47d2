"""Where finished sheets lie: Flask-Caching, which several replicas can share.

Only bytes go in and come out. The library's own serializer is pickle, with which whoever can write
to a shared store can run code here.
"""

import logging
import pickle
from typing import IO, BinaryIO

from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache

from allswell_web import sheet
from allswell_web.sheet import Sheet

log = logging.getLogger(__name__)
# Sheets are evicted by nothing but this number: an outage needs exactly the old ones.
MOST_SHEETS = 20_000


class BytesOnly(BaseSerializer):
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


class Store:
    """Sheets by page and route."""

    def __init__(self, app: Flask) -> None:
        config = {
            "CACHE_TYPE": "SimpleCache",
            "CACHE_THRESHOLD": MOST_SHEETS,
            "CACHE_DEFAULT_TIMEOUT": 0,
            "CACHE_SERIALIZER": BytesOnly,
        }
        self._cache = Cache(with_jinja2_ext=False, config=config)
        self._cache.init_app(app)
        self._app = app

    def put(self, key: str, made: Sheet) -> None:
        """Keep a sheet under a key."""
        with self._app.app_context():
            self._cache.set(key, sheet.write(made))

    def get(self, key: str) -> Sheet | None:
        """The sheet under a key; None where there is none that can be read."""
        with self._app.app_context():
            found = self._cache.get(key)
        if not isinstance(found, bytes):
            return None
        try:
            return sheet.read(found)
        except sheet.Damaged:
            log.warning("The store holds something that is no sheet under %r.", key)
            return None
