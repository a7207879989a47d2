"""A bucket of an S3 store: files by name below a prefix."""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from allswell.archive.bucket_settings import BucketSettings
from allswell.archive.object_store import (
    LIFE_S,
    ArchiveError,
    ArchiveInterrupted,
    ListedObject,
    ObjectHead,
    UploadUrl,
)
from allswell.domain import base64_text
from allswell.domain.archive import CONTENT_TYPE, DayFileContent

__all__ = ["ArchiveError", "BucketSettings", "S3Bucket"]

# Some stores know no checksums but those that S3 had for long.
_CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "max_attempts": 3},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_CHUNK = 65_536


class S3Bucket:
    """Writes, reads and removes files, and signs for others. Every method raises `Failed`."""

    def __init__(self, where: BucketSettings, *, life_s: int = LIFE_S) -> None:
        self._bucket = where.bucket
        self._life_s = life_s
        self._prefix = f"{where.prefix.strip('/')}/" if where.prefix.strip("/") else ""
        self._more: dict[str, Any] = _encryption(where)
        try:
            self._client: Any = boto3.client(
                "s3",
                endpoint_url=where.endpoint or None,
                region_name=where.region or None,
                aws_access_key_id=where.access_key_id or None,
                aws_secret_access_key=where.secret_access_key or None,
                verify=where.ca_file or None,
                config=_CONFIG.merge(_addressing(where)),
            )
        except (BotoCoreError, ValueError) as problem:
            raise ArchiveError(f"the bucket's settings cannot be used: {problem}") from problem

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:  # noqa: ARG002
        """Where this very content can be put under a key, for five minutes by the store's clock.

        Length, SHA-256, type, encryption and that nothing must be there are signed headers.
        """
        sha256 = base64.b64encode(bytes.fromhex(content.sha256)).decode()
        signed = {
            "ContentLength": content.size,
            "ContentType": CONTENT_TYPE,
            "ChecksumSHA256": sha256,
            "IfNoneMatch": "*",
            **self._more,
        }
        try:
            url = self._client.generate_presigned_url(
                "put_object",
                Params={"Bucket": self._bucket, "Key": f"{self._prefix}{key}", **signed},
                ExpiresIn=self._life_s,
                HttpMethod="PUT",
            )
        except (BotoCoreError, ValueError, OSError) as problem:
            raise ArchiveError(f"nothing can be signed: {type(problem).__name__}") from problem
        return UploadUrl(str(url), tuple((_HEADERS[name], str(signed[name])) for name in signed))

    def head(self, key: str) -> ObjectHead | None:
        """How large a file is, and its SHA-256 where the store has verified one."""
        found = self._ask("head_object", key, ChecksumMode="ENABLED")
        if found is None:
            return None
        return ObjectHead(int(found["ContentLength"]), _sha256(found))

    def stream(self, key: str) -> Iterator[bytes]:
        """A file's content, a little at a time; nothing where there is none."""
        found = self._ask("get_object", key)
        if found is None:
            return
        try:
            yield from found["Body"].iter_chunks(_CHUNK)
        except (BotoCoreError, HTTPError, OSError) as problem:
            raise ArchiveInterrupted("the store broke off") from problem
        finally:
            found["Body"].close()

    def names(self, prefix: str) -> Iterator[ListedObject]:
        """Every file whose name begins so, a page of a thousand at a time."""
        token: dict[str, Any] = {}
        while True:
            found = self._ask("list_objects_v2", prefix, as_prefix=True, **token)
            for entry in (found or {}).get("Contents", ()):
                yield ListedObject(str(entry["Key"]).removeprefix(self._prefix), int(entry["Size"]))
            if not found or not found.get("IsTruncated"):
                return
            token = {"ContinuationToken": str(found["NextContinuationToken"])}

    def put(self, name: str, body: bytes, content_type: str, cache: str) -> None:
        """Write a file with the headers that it is served with."""
        headers: dict[str, Any] = {"ContentType": content_type, "CacheControl": cache}
        self._ask("put_object", name, Body=body, **headers, **self._more)

    def get(self, name: str) -> bytes | None:
        """A file's content; None where there is none."""
        found = self._ask("get_object", name)
        if found is None:
            return None
        try:
            content: bytes = found["Body"].read()
        except (BotoCoreError, HTTPError, OSError) as problem:
            raise ArchiveInterrupted("the store broke off") from problem
        return content

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is not there counts as removed."""
        for name in names:
            self._ask("delete_object", name)

    def _ask(self, what: str, name: str, *, as_prefix: bool = False, **more: object) -> Any:  # noqa: ANN401 - no types there
        try:
            do = getattr(self._client, what)
            key = "Prefix" if as_prefix else "Key"
            return do(Bucket=self._bucket, **{key: f"{self._prefix}{name}"}, **more)
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", "?"))
            if code in _MISSING:
                return None
            raise ArchiveError(f"the store refused {what} with {code}") from problem
        except (BotoCoreError, HTTPError, OSError) as problem:
            raise ArchiveError(f"the store did not answer: {type(problem).__name__}") from problem


_HEADERS = {
    "ContentLength": "Content-Length",
    "ContentType": "Content-Type",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "IfNoneMatch": "If-None-Match",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
}


def _sha256(found: Any) -> str | None:  # noqa: ANN401 - no types there
    """The checksum of the whole; that of a file in parts is none of its bytes."""
    written = found.get("ChecksumSHA256")
    if not written or found.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        return base64_text.decode(written).hex()
    except ValueError:
        return None


def _encryption(where: BucketSettings) -> dict[str, str]:
    if not where.encryption:
        return {}
    key = {"SSEKMSKeyId": where.kms_key} if where.kms_key else {}
    return {"ServerSideEncryption": where.encryption, **key}


def _addressing(where: BucketSettings) -> Config:
    """A store of one's own has seldom a host name for each bucket.

    Amazon's own is asked in its region: left to itself, boto3 signs for the address of all regions,
    which answers for a new bucket elsewhere with a redirect. A name with dots goes into the path.
    """
    usual = "path" if where.endpoint else "virtual"
    return Config(s3={"addressing_style": usual if where.style == "auto" else where.style})
