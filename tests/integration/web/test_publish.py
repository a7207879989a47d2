"""Check the static copy in a real S3 server, fetched as a CDN would and as a browser does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from allswell.archive.bucket import ArchiveError, S3Bucket
from tests import s3server
from tests.integration.web.running import filled, hidden, recover

pytestmark = [pytest.mark.integration, pytest.mark.needs("versitygw")]


@pytest.fixture(scope="module")
def server() -> Iterator[s3server.Server]:
    with s3server.running() as running:
        yield running


def environment(server: s3server.Server, url: str, prefix: str) -> dict[str, str]:
    where = server.where(prefix)
    return {
        **os.environ,
        "ALLSWELL_DATABASE_URL": url,
        "ALLSWELL_PUBLISH_BUCKET": where.bucket,
        "ALLSWELL_PUBLISH_PREFIX": prefix,
        "ALLSWELL_PUBLISH_ENDPOINT": where.endpoint,
        "ALLSWELL_PUBLISH_REGION": where.region,
        "ALLSWELL_PUBLISH_ACCESS_KEY_ID": where.access_key_id,
        "ALLSWELL_PUBLISH_SECRET_ACCESS_KEY": where.secret_access_key,
    }


def publish(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "allswell.cli", "publish", "--once"]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=50, check=False
    )


def test_a_page_is_published_changed_and_taken_away(
    server: s3server.Server, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/central.db"
    central = filled(url)
    environ = environment(server, url, "copies/a")
    bucket = S3Bucket(server.where("copies/a/default/acme"))
    others = server.names()
    assert publish(environ).returncode == 0
    page, status = bucket.get("index.html"), bucket.get("api/v2/status.json")
    assert page is not None
    assert status is not None
    assert b"Public &lt;API&gt; is down" in page
    assert b"As of <time" in page
    assert json.loads(status)["status"]["indicator"] == "critical"
    assert all(name.startswith("copies/a/") for name in server.names() - others)
    recover(central)
    assert publish(environ).returncode == 0
    assert b"is down" not in (bucket.get("index.html") or b"is down")
    hidden(central)
    assert publish(environ).returncode == 0
    assert bucket.get("index.html") is None
    assert [name for name in server.names() if name.startswith("copies/a/default")] == []


def test_a_file_is_served_with_its_type_and_cache_header(server: s3server.Server) -> None:
    bucket = S3Bucket(server.where("types"))
    bucket.put("a.html", b"<p>", "text/html; charset=utf-8", "public, max-age=30")
    answer = bucket._call("get_object", "a.html")
    assert answer["ContentType"] == "text/html; charset=utf-8"
    assert answer["CacheControl"] == "public, max-age=30"


def test_what_is_not_there_is_nothing_and_is_removed_all_the_same(server: s3server.Server) -> None:
    bucket = S3Bucket(server.where("none"))
    assert bucket.get("a") is None
    bucket.remove(["a"])


def test_a_store_that_refuses_or_is_away_is_told_without_its_secrets(
    server: s3server.Server, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/central.db"
    filled(url)
    environ = environment(server, url, "refused")
    wrong = {**environ, "ALLSWELL_PUBLISH_SECRET_ACCESS_KEY": "wrong-secret"}
    away = {**environ, "ALLSWELL_PUBLISH_ENDPOINT": "http://127.0.0.1:9"}
    for variables, word in ((wrong, "the store refused"), (away, "the store did not answer")):
        finished = publish(variables)
        assert finished.returncode == 1
        assert word in finished.stderr
        assert "secret" not in finished.stderr


def test_a_bucket_that_is_not_there_is_a_failure(server: s3server.Server) -> None:
    bucket = S3Bucket(replace(server.where(), bucket="nowhere"))
    with pytest.raises(ArchiveError, match="NoSuchBucket"):
        bucket.put("a", b"", "text/plain", "")


def test_settings_are_refused_all_at_once() -> None:
    finished = publish({"PATH": os.defpath, "ALLSWELL_PUBLISH_ENDPOINT": "s3.example.com"})
    assert finished.returncode == 2
    names = [line.split()[0].rstrip(":") for line in finished.stderr.splitlines()]
    assert names == [
        "ALLSWELL_DATABASE_URL",
        "ALLSWELL_PUBLISH_BUCKET",
        "ALLSWELL_PUBLISH_ENDPOINT",
    ]
