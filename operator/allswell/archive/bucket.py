"""Write and read objects of an S3 bucket, by key below a prefix."""

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
    URL_LIFETIME_S,
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
    """Writes, reads and removes objects, and signs uploads. Every method raises `ArchiveError`."""

    def __init__(self, settings: BucketSettings, *, lifetime_s: int = URL_LIFETIME_S) -> None:
        self._bucket = settings.bucket
        self._lifetime_s = lifetime_s
        self._prefix = f"{settings.prefix.strip('/')}/" if settings.prefix.strip("/") else ""
        self._encryption: dict[str, Any] = _encryption(settings)
        try:
            self._client: Any = boto3.client(
                "s3",
                endpoint_url=settings.endpoint or None,
                region_name=settings.region or None,
                aws_access_key_id=settings.access_key_id or None,
                aws_secret_access_key=settings.secret_access_key or None,
                verify=settings.ca_file or None,
                config=_CONFIG.merge(_addressing(settings)),
            )
        except (BotoCoreError, ValueError) as problem:
            raise ArchiveError(f"the bucket's settings cannot be used: {problem}") from problem

    def upload_url(self, key: str, content: DayFileContent, now: datetime) -> UploadUrl:  # noqa: ARG002
        """Return where exactly this content can be uploaded, for five minutes by the store's clock.

        Length, SHA-256, type, encryption and that the key must be free are signed headers.
        """
        sha256 = base64.b64encode(bytes.fromhex(content.sha256)).decode()
        signed = {
            "ContentLength": content.size,
            "ContentType": CONTENT_TYPE,
            "ChecksumSHA256": sha256,
            "IfNoneMatch": "*",
            **self._encryption,
        }
        try:
            url = self._client.generate_presigned_url(
                "put_object",
                Params={"Bucket": self._bucket, "Key": f"{self._prefix}{key}", **signed},
                ExpiresIn=self._lifetime_s,
                HttpMethod="PUT",
            )
        except (BotoCoreError, ValueError, OSError) as problem:
            raise ArchiveError(
                f"the upload cannot be signed: {type(problem).__name__}"
            ) from problem
        return UploadUrl(str(url), tuple((_HEADERS[name], str(signed[name])) for name in signed))

    def head(self, key: str) -> ObjectHead | None:
        """Return an object's size, and its SHA-256 where the store has verified one."""
        response = self._call("head_object", key, ChecksumMode="ENABLED")
        if response is None:
            return None
        return ObjectHead(int(response["ContentLength"]), _sha256(response))

    def stream(self, key: str) -> Iterator[bytes]:
        """Yield an object's content, a little at a time; nothing where there is none."""
        response = self._call("get_object", key)
        if response is None:
            return
        try:
            yield from response["Body"].iter_chunks(_CHUNK)
        except (BotoCoreError, HTTPError, OSError) as problem:
            raise ArchiveInterrupted("the connection to the store ended") from problem
        finally:
            response["Body"].close()

    def list_objects(self, prefix: str) -> Iterator[ListedObject]:
        """Yield every object whose key begins with `prefix`, a page of a thousand at a time."""
        token: dict[str, Any] = {}
        while True:
            response = self._call("list_objects_v2", prefix, as_prefix=True, **token)
            for entry in (response or {}).get("Contents", ()):
                yield ListedObject(str(entry["Key"]).removeprefix(self._prefix), int(entry["Size"]))
            if not response or not response.get("IsTruncated"):
                return
            token = {"ContinuationToken": str(response["NextContinuationToken"])}

    def put(self, key: str, body: bytes, content_type: str, cache: str) -> None:
        """Write an object with the headers that it is served with."""
        headers: dict[str, Any] = {"ContentType": content_type, "CacheControl": cache}
        self._call("put_object", key, Body=body, **headers, **self._encryption)

    def get(self, key: str) -> bytes | None:
        """Return an object's content; None where there is none."""
        response = self._call("get_object", key)
        if response is None:
            return None
        try:
            content: bytes = response["Body"].read()
        except (BotoCoreError, HTTPError, OSError) as problem:
            raise ArchiveInterrupted("the connection to the store ended") from problem
        return content

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is not there counts as removed."""
        for key in keys:
            self._call("delete_object", key)

    def _call(self, operation: str, key: str, *, as_prefix: bool = False, **more: object) -> Any:  # noqa: ANN401 - no types there
        try:
            call = getattr(self._client, operation)
            parameter = "Prefix" if as_prefix else "Key"
            return call(Bucket=self._bucket, **{parameter: f"{self._prefix}{key}"}, **more)
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", "?"))
            if code in _MISSING:
                return None
            raise ArchiveError(f"the store refused {operation} with {code}") from problem
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


def _sha256(response: Any) -> str | None:  # noqa: ANN401 - no types there
    """Return the checksum of the whole object; that of one in parts is not of its bytes."""
    checksum = response.get("ChecksumSHA256")
    if not checksum or response.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        return base64_text.decode(checksum).hex()
    except ValueError:
        return None


def _encryption(settings: BucketSettings) -> dict[str, str]:
    if not settings.encryption:
        return {}
    key = {"SSEKMSKeyId": settings.kms_key} if settings.kms_key else {}
    return {"ServerSideEncryption": settings.encryption, **key}


def _addressing(settings: BucketSettings) -> Config:
    """Choose how buckets are addressed: a store of one's own has seldom a host name for each.

    Amazon's own is asked in its region: left to itself, boto3 signs for the address of all regions,
    which answers for a new bucket elsewhere with a redirect. A name with dots goes into the path.
    """
    usual = "path" if settings.endpoint else "virtual"
    return Config(s3={"addressing_style": usual if settings.style == "auto" else settings.style})
