"""A bucket's settings: all of them read, each mistake told with what to write instead."""

from pathlib import Path

import pytest

from allswell.archive import bucket_settings
from allswell.archive.bucket_settings import BucketSettings

NAMES = "ALLSWELL_ARCHIVE_"


def problems(**given: str) -> list[str]:
    found: list[str] = []
    bucket_settings.read({f"{NAMES}{name}": value for name, value in given.items()}, NAMES, found)
    return found


def test_without_a_bucket_there_is_none_and_nothing_wrong() -> None:
    found: list[str] = []
    assert bucket_settings.read({}, NAMES, found) is None
    assert found == []


def test_settings_without_a_bucket_are_a_mistake() -> None:
    assert problems(REGION="eu-central-1") == [
        "ALLSWELL_ARCHIVE_REGION needs ALLSWELL_ARCHIVE_BUCKET"
    ]


def test_everything_is_read(tmp_path: Path) -> None:
    ca, secret = tmp_path / "ca.crt", tmp_path / "secret"
    ca.write_text("PEM")
    secret.write_text("hush\n")
    variables = {
        "ALLSWELL_ARCHIVE_BUCKET": "results",
        "ALLSWELL_ARCHIVE_PREFIX": "allswell/a",
        "ALLSWELL_ARCHIVE_ENDPOINT": "https://minio.example.com:9000",
        "ALLSWELL_ARCHIVE_REGION": "eu-central-1",
        "ALLSWELL_ARCHIVE_ADDRESSING": "virtual",
        "ALLSWELL_ARCHIVE_CA_FILE": str(ca),
        "ALLSWELL_ARCHIVE_ENCRYPTION": "aws:kms",
        "ALLSWELL_ARCHIVE_KMS_KEY": "alias/results",
        "ALLSWELL_ARCHIVE_ACCESS_KEY_ID": "us",
        "ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY_FILE": str(secret),
    }
    found: list[str] = []
    assert bucket_settings.read(variables, NAMES, found) == BucketSettings(
        bucket="results",
        prefix="allswell/a",
        endpoint="https://minio.example.com:9000",
        region="eu-central-1",
        access_key_id="us",
        secret_access_key="hush",
        style="virtual",
        ca_file=str(ca),
        encryption="aws:kms",
        kms_key="alias/results",
    )
    assert found == []


def test_a_secret_key_is_not_shown() -> None:
    assert "hush" not in repr(BucketSettings("results", secret_access_key="hush"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BUCKET", "s3://results"),
        ("PREFIX", "../a"),
        ("PREFIX", "a//b"),
        ("ENDPOINT", "minio:9000"),
        ("ENDPOINT", "https://minio.example.com/results"),
        ("ENDPOINT", "https://me:hush@minio.example.com"),
        ("ADDRESSING", "dns"),
        ("CA_FILE", "/nowhere/ca.crt"),
        ("ENCRYPTION", "aes"),
        ("KMS_KEY", "alias/x"),
        ("ACCESS_KEY_ID", "us"),
        ("SECRET_ACCESS_KEY_FILE", "/nowhere/secret"),
    ],
)
def test_a_mistake_is_told_by_its_name(name: str, value: str) -> None:
    found = problems(**({"BUCKET": "results"} | {name: value}))
    assert len(found) == 1
    assert found[0].startswith(f"ALLSWELL_ARCHIVE_{name}")
    assert "hush" not in found[0]
