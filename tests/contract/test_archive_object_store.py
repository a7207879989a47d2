"""A bucket on a real S3 server and a folder of this machine keep the same promises."""

import hashlib
import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

import pytest

from allswell.archive import object_store
from allswell.archive.bucket import S3Bucket
from allswell.archive.bucket_settings import BucketSettings
from allswell.archive.local_folder import LocalFolder
from allswell.archive.object_store import ArchiveError, ListedObject, ObjectHead, ObjectStore
from allswell.checker.errors import UploadFailed
from allswell.checker.object_store_client import HttpUploadTarget, UploadSink
from allswell.domain import archive
from allswell.domain.archive import DayFileContent, DayFileName
from allswell.domain.archive_upload import UploadPermit
from tests import s3server

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 0, 20, tzinfo=UTC)
BODY = b"a day of results"
OTHER = b"another of as many"[: len(BODY)]


class Put(Protocol):
    def __call__(self, key: str, body: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive, how a test puts bytes there behind its back, and where they lie."""

    it: ObjectStore
    put: Put


@pytest.fixture(scope="module")
def server() -> Iterator[s3server.Server]:
    with s3server.running() as found:
        yield found


@pytest.fixture(
    params=[pytest.param("bucket", marks=pytest.mark.needs("versitygw")), "folder"],
)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "folder":
        folder = LocalFolder(tmp_path)

        def write(key: str, body: bytes) -> None:
            assert folder.put(key, body)

        return Kept(folder, write)
    running: s3server.Server = request.getfixturevalue("server")
    bucket = S3Bucket(running.where(tmp_path.name))

    def put(key: str, body: bytes) -> None:
        bucket.put(key, body, archive.CONTENT_TYPE, "no-cache")

    return Kept(bucket, put)


def content(body: bytes = BODY) -> DayFileContent:
    return DayFileContent(len(body), hashlib.sha256(body).hexdigest(), 3)


def key(public_id: str = "abc", day: date = DAY) -> str:
    return archive.key(DayFileName(public_id, day, 1))


def test_nothing_is_where_nothing_was_put(kept: Kept) -> None:
    assert kept.it.head(key()) is None
    assert list(kept.it.stream(key())) == []
    assert list(kept.it.list_objects("v1/")) == []
    assert object_store.holds(kept.it, key(), content()) is None
    kept.it.remove([key()])


def test_what_was_put_is_read_listed_and_removed(kept: Kept) -> None:
    kept.put(key(), BODY)
    kept.put(key("xyz"), OTHER)
    kept.put(key(day=DAY + timedelta(days=1)), OTHER)
    held = kept.it.head(key())
    assert held is not None
    assert held.size == len(BODY)
    assert b"".join(kept.it.stream(key())) == BODY
    assert list(kept.it.list_objects(archive.partition(DAY))) == [
        ListedObject(key(), len(BODY)),
        ListedObject(key("xyz"), len(OTHER)),
    ]
    assert len(list(kept.it.list_objects("v1/"))) == 3
    kept.it.remove([key(), key("xyz")])
    assert [named.key for named in kept.it.list_objects("")] == [key(day=DAY + timedelta(days=1))]


def test_an_archive_holds_a_content_or_another_one(kept: Kept) -> None:
    kept.put(key(), BODY)
    assert object_store.holds(kept.it, key(), content()) is True
    assert object_store.holds(kept.it, key(), content(OTHER)) is False
    assert object_store.holds(kept.it, key(), content(BODY + b"x")) is False


@pytest.mark.needs("versitygw")
def test_a_list_of_more_than_a_page_is_whole(server: s3server.Server) -> None:
    bucket = S3Bucket(server.where("many"))
    folder = server.folder / "data" / s3server.BUCKET / "many" / archive.partition(DAY)
    folder.mkdir(parents=True)
    for number in range(1_003):
        (folder / f"m{number}.1.ndjson.gz").write_bytes(b"")
    assert len({named.key for named in bucket.list_objects("v1/")}) == 1_003


class Silent:
    """A bucket whose store knows no checksums."""

    def __init__(self, bucket: S3Bucket) -> None:
        self._bucket = bucket
        self.read = 0

    def head(self, key: str) -> ObjectHead | None:
        found = self._bucket.head(key)
        return None if found is None else replace(found, sha256=None)

    def stream(self, key: str) -> Iterator[bytes]:
        self.read += 1
        return self._bucket.stream(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._bucket, name)


def send(
    url: str, body: bytes, headers: Mapping[str, str], method: str = "PUT"
) -> tuple[int, bytes]:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body or None, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def bucket(server: s3server.Server, tmp_path: Path) -> S3Bucket:
    return S3Bucket(server.where(tmp_path.name))


signed = pytest.mark.needs("versitygw")


@signed
def test_a_signed_address_takes_what_it_was_signed_for_once(bucket: S3Bucket) -> None:
    address = bucket.upload_url(key(), content(), NOW)
    assert send(address.url, BODY, dict(address.headers))[0] == 200
    assert object_store.holds(bucket, key(), content()) is True
    assert send(address.url, BODY, dict(address.headers))[0] == 412


@signed
def test_the_store_itself_knows_the_checksum_of_what_came_by_a_signed_address(
    bucket: S3Bucket,
) -> None:
    address = bucket.upload_url(key(), content(), NOW)
    send(address.url, BODY, dict(address.headers))
    assert bucket.head(key()) == ObjectHead(len(BODY), content().sha256)


@signed
def test_a_signed_address_takes_no_other_content(bucket: S3Bucket) -> None:
    address = bucket.upload_url(key(), content(), NOW)
    headers = dict(address.headers)
    status, why = send(address.url, OTHER, headers)
    assert (status, b"BadDigest" in why) == (400, True)
    larger = {**headers, "Content-Length": str(len(BODY) + 1)}
    assert send(address.url, BODY + b"x", larger)[0] == 403
    lied = {**headers, "x-amz-checksum-sha256": "x" * 43 + "="}
    assert send(address.url, OTHER, lied)[0] == 403
    without = {name: value for name, value in headers.items() if not name.startswith("x-amz")}
    assert send(address.url, OTHER, without)[0] == 403
    assert bucket.head(key()) is None


@signed
def test_a_signed_address_never_overwrites(bucket: S3Bucket) -> None:
    kept = bucket.upload_url(key(), content(OTHER), NOW)
    send(kept.url, OTHER, dict(kept.headers))
    address = bucket.upload_url(key(), content(), NOW)
    headers = dict(address.headers)
    assert send(address.url, BODY, headers)[0] == 412
    forced = {name: value for name, value in headers.items() if name != "If-None-Match"}
    assert send(address.url, BODY, forced)[0] == 403
    assert b"".join(bucket.stream(key())) == OTHER


@signed
def test_a_signed_address_is_for_one_name_and_one_method(bucket: S3Bucket) -> None:
    bucket.put(key("xyz"), OTHER, archive.CONTENT_TYPE, "no-cache")
    address = bucket.upload_url(key(), content(), NOW)
    headers = dict(address.headers)
    elsewhere = address.url.replace("abc.1", "xyz.1")
    assert elsewhere != address.url
    assert send(elsewhere, BODY, headers)[0] == 403
    for method in ("GET", "HEAD", "DELETE", "POST"):
        assert send(elsewhere, b"", {}, method)[0] in (400, 403, 405), method
        assert send(address.url, b"", {}, method)[0] in (400, 403, 405), method
    root = urllib.parse.urlsplit(address.url)
    listing = f"{root.scheme}://{root.netloc}/{s3server.BUCKET}?list-type=2&{root.query}"
    assert send(listing, b"", {}, "GET")[0] == 403
    assert b"".join(bucket.stream(key("xyz"))) == OTHER
    assert bucket.head(key()) is None


@signed
def test_a_signed_address_ends_after_its_time(server: s3server.Server, tmp_path: Path) -> None:
    bucket = S3Bucket(server.where(tmp_path.name), lifetime_s=2)
    address = bucket.upload_url(key(), content(), NOW)
    headers, deadline = dict(address.headers), time.monotonic() + 20
    # While it is good, another content is refused for its checksum.
    answers = [send(address.url, OTHER, headers)]
    while answers[-1][0] != 403 and time.monotonic() < deadline:
        time.sleep(0.2)
        answers.append(send(address.url, OTHER, headers))
    assert answers[0][0] == 400
    assert b"expired" in answers[-1][1]
    assert send(address.url, BODY, headers)[0] == 403
    assert bucket.head(key()) is None


@signed
def test_a_signed_addresss_time_cannot_be_prolonged(bucket: S3Bucket) -> None:
    address = bucket.upload_url(key(), content(), NOW)
    assert "X-Amz-Expires=300" in address.url
    longer = address.url.replace("X-Amz-Expires=300", "X-Amz-Expires=604800")
    assert send(longer, BODY, dict(address.headers))[0] == 403
    assert bucket.head(key()) is None


@signed
def test_a_signed_address_says_nothing_of_the_secret_key(bucket: S3Bucket) -> None:
    address = bucket.upload_url(key(), content(), NOW)
    assert s3server.SECRET not in repr(address)


@signed
def test_a_store_without_checksums_is_asked_for_the_bytes(bucket: S3Bucket) -> None:
    bucket.put(key(), BODY, archive.CONTENT_TYPE, "no-cache")
    silent = Silent(bucket)
    assert object_store.holds(silent, key(), content()) is True  # type: ignore[arg-type]
    assert object_store.holds(silent, key(), content(OTHER)) is False  # type: ignore[arg-type]
    assert silent.read == 2


@signed
@pytest.mark.parametrize(("how", "kms_key"), [("AES256", ""), ("aws:kms", ""), ("aws:kms", "k")])
def test_encryption_is_part_of_what_is_signed(
    server: s3server.Server, tmp_path: Path, how: str, kms_key: str
) -> None:
    where = replace(server.where(tmp_path.name), encryption=how, kms_key=kms_key)
    address = S3Bucket(where).upload_url(key(), content(), NOW)
    headers = dict(address.headers)
    asked = {name: value for name, value in headers.items() if "encryption" in name}
    assert list(asked.values()) == [how, kms_key][: 1 + bool(kms_key)]
    for name in asked:
        less = {other: value for other, value in headers.items() if other != name}
        assert send(address.url, BODY, less)[0] == 403
    assert send(address.url, BODY, headers)[0] == 200


@pytest.mark.parametrize("encryption", ["", "AES256", "aws:kms"])
def test_whatever_a_checker_is_told_to_send_is_signed_and_nothing_else(encryption: str) -> None:
    where = BucketSettings(
        "results", "a", "", "eu-central-1", "key", "secret", "auto", "", encryption
    )
    address = S3Bucket(where).upload_url(key(), content(), NOW)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address.url).query))
    told = {name.lower() for name, _ in address.headers}
    assert set(query["X-Amz-SignedHeaders"].split(";")) == told | {"host"}


@signed
def test_a_store_with_an_authority_of_its_own_is_believed_with_that_alone(tmp_path: Path) -> None:
    ca = tmp_path / "ca.crt"
    with s3server.running(tls=True) as private:
        ca.write_text(private.authority)
        address = S3Bucket(replace(private.where(), ca_file=str(ca))).upload_url(
            key(), content(), NOW
        )
        permit = UploadPermit(revision=1, url=address.url, headers=dict(address.headers))
        with pytest.raises(UploadFailed, match="SSLCertVerificationError"):
            HttpUploadTarget().put(permit, write)
        assert HttpUploadTarget(ca).put(permit, write)
        assert not HttpUploadTarget(ca).put(permit, write)
        bucket = S3Bucket(replace(private.where(), ca_file=str(ca)))
        assert object_store.holds(bucket, key(), content()) is True
        with pytest.raises(ArchiveError, match="SSLError"):
            S3Bucket(private.where()).head(key())


def write(out: UploadSink) -> None:
    out.write(BODY)


@signed
def test_a_store_that_refuses_and_one_that_is_away_are_failures(server: s3server.Server) -> None:
    stranger = replace(server.where(), secret_access_key="wrong")
    with pytest.raises(ArchiveError, match="refused"):
        S3Bucket(stranger).head(key())
    with pytest.raises(ArchiveError, match="did not answer"):
        S3Bucket(replace(server.where(), endpoint="http://127.0.0.1:9")).head(key())


class Lender(BaseHTTPRequestHandler):
    """Lends keys for an hour to whoever shows the token of a ServiceAccount, as clouds do.

    They come without a session's token, which the store of the tests does not take.
    """

    token = "who-the-pod-is"

    def do_GET(self) -> None:
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
        keys = {"AccessKeyId": s3server.KEY, "SecretAccessKey": s3server.SECRET, "Token": None}
        body = json.dumps({**keys, "Expiration": until}).encode()
        self.send_response(200 if self.headers["Authorization"] == self.token else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def lender() -> Iterator[str]:
    """Yield where keys are lent."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Lender) as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}/v1/credentials"
        found.shutdown()
        thread.join()


@signed
def test_without_keys_of_its_own_it_goes_by_the_role_of_its_pod(
    server: s3server.Server, lender: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = replace(server.where(tmp_path.name), access_key_id="", secret_access_key="")
    (tmp_path / "token").write_text(Lender.token)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", lender)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    bucket = S3Bucket(where)
    address = bucket.upload_url(key(), content(), NOW)
    assert send(address.url, BODY, dict(address.headers))[0] == 200
    assert object_store.holds(bucket, key(), content()) is True


@pytest.mark.parametrize(
    ("style", "host"),
    [("path", "s3.example.com"), ("virtual", "results.s3.example.com"), ("auto", "s3.example.com")],
)
def test_a_bucket_stands_in_the_path_or_in_the_host(style: str, host: str) -> None:
    where = BucketSettings("results", "a", "https://s3.example.com", "", "key", "secret", style)
    address = S3Bucket(where).upload_url(key(), content(), NOW)
    assert urllib.parse.urlsplit(address.url).hostname == host


@pytest.mark.parametrize(
    ("bucket", "style", "host"),
    [
        ("results", "auto", "results.s3.eu-central-1.amazonaws.com"),
        ("acme.results", "auto", "s3.eu-central-1.amazonaws.com"),
        ("results", "path", "s3.eu-central-1.amazonaws.com"),
    ],
)
def test_amazons_own_is_asked_in_its_region(bucket: str, style: str, host: str) -> None:
    """The address of all regions answers for a new bucket elsewhere with a redirect."""
    where = BucketSettings(bucket, "", "", "eu-central-1", "key", "secret", style)
    address = S3Bucket(where).upload_url(key(), content(), NOW)
    assert urllib.parse.urlsplit(address.url).hostname == host


@signed
def test_a_store_takes_what_is_signed_for_a_bucket_in_the_host(
    server: s3server.Server, tmp_path: Path
) -> None:
    endpoint = f"http://{s3server.DOMAIN}:{server.port}"
    where = replace(server.where(tmp_path.name), endpoint=endpoint, style="virtual")
    address = S3Bucket(where).upload_url(key(), content(), NOW)
    parts = urllib.parse.urlsplit(address.url)
    assert parts.hostname == f"{s3server.BUCKET}.{s3server.DOMAIN}"
    # No name server knows it: the request goes to where the server is, and says the name.
    there = parts._replace(netloc=f"127.0.0.1:{server.port}").geturl()
    told = dict(address.headers)
    assert send(there, BODY, {**told, "Host": f"other.{parts.netloc}"})[0] == 403
    assert send(there, BODY, {**told, "Host": parts.netloc})[0] == 200
    assert object_store.holds(S3Bucket(server.where(tmp_path.name)), key(), content()) is True


def test_a_folder_holds_no_other_names(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path / "archive")
    for name in ("../escaped", "v1/date=2026-11-23/../../x.1.ndjson.gz", "/etc/passwd"):
        with pytest.raises(ArchiveError, match="name"):
            folder.put(name, BODY)


def test_a_folder_never_overwrites(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    assert folder.put(key(), OTHER)
    assert not folder.put(key(), BODY)
    assert b"".join(folder.stream(key())) == OTHER
    assert [file.name for file in tmp_path.rglob("*.gz")] == [key().rpartition("/")[2]]
    assert list(tmp_path.rglob(".new-*")) == []


def test_a_folders_address_is_for_one_name_one_content_and_one_time(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path, "http://127.0.0.1:8000")
    address = folder.upload_url(key(), content(), NOW)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address.url).query))
    until, signature = int(query["until"]), query["signature"]
    size, sha256 = len(BODY), content().sha256
    assert folder.is_signed(key(), size, sha256, until, signature)
    assert not folder.is_signed(key("xyz"), size, sha256, until, signature)
    assert not folder.is_signed(key(), size + 1, sha256, until, signature)
    assert not folder.is_signed(key(), size, content(OTHER).sha256, until, signature)
    assert not folder.is_signed(key(), size, sha256, until + 1, signature)
    assert not LocalFolder(tmp_path).is_signed(key(), size, sha256, until, signature)
