"""A bucket of an S3 store: files by name below a prefix."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Some stores know no checksums but those that S3 had for long.
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "max_attempts": 3},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class Failed(Exception):
    """The store refused or did not answer; the text says in its own words why."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which bucket, and how to get in. Without keys the machine's own identity is used."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)


class Bucket:
    """Writes, reads and removes files. Every method raises `Failed`."""

    def __init__(self, where: Where) -> None:
        self._bucket = where.bucket
        self._prefix = f"{where.prefix.strip('/')}/" if where.prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=where.endpoint or None,
            region_name=where.region or None,
            aws_access_key_id=where.access_key_id or None,
            aws_secret_access_key=where.secret_access_key or None,
            config=_CONFIG.merge(_addressing(where)),
        )

    def put(self, name: str, body: bytes, content_type: str, cache: str) -> None:
        """Write a file with the headers that it is served with."""
        headers = {"ContentType": content_type, "CacheControl": cache}
        self._ask("put_object", name, Body=body, **headers)

    def get(self, name: str) -> bytes | None:
        """A file's content; None where there is none."""
        found = self._ask("get_object", name)
        if found is None:
            return None
        try:
            content: bytes = found["Body"].read()
        except (BotoCoreError, OSError) as problem:
            raise Failed("the store broke off") from problem
        return content

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is not there counts as removed."""
        for name in names:
            self._ask("delete_object", name)

    def _ask(self, what: str, name: str, **more: object) -> Any:  # noqa: ANN401 - no types there
        try:
            do = getattr(self._client, what)
            return do(Bucket=self._bucket, Key=f"{self._prefix}{name}", **more)
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", "?"))
            if code in _MISSING:
                return None
            raise Failed(f"the store refused {what} with {code}") from problem
        except (BotoCoreError, OSError) as problem:
            raise Failed(f"the store did not answer: {type(problem).__name__}") from problem


def _addressing(where: Where) -> Config:
    """A store of one's own has seldom a host name for each bucket."""
    return Config(s3={"addressing_style": "path" if where.endpoint else "auto"})
