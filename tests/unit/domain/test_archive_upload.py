"""Deposits and permits survive the way, and nothing else is taken for one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import archive_upload
from allswell.domain.archive import DayFileContent
from allswell.domain.archive_upload import UploadPermit, UploadRequest
from allswell.domain.message import MalformedMessage

CONTENT = DayFileContent(8_000, "ab" * 32, 1_440)
WANTED = UploadRequest("api", "s1", date(2026, 11, 23), CONTENT)


@given(
    st.booleans(),
    st.integers(0, 99),
    st.integers(1, archive_upload.MOST_BYTES),
    st.integers(0, 10**6),
)
def test_a_deposit_is_read_as_it_was_written(
    whole: bool,
    revision: int,
    size: int,
    samples: int,
) -> None:
    content = DayFileContent(size, "0f" * 32, samples)
    wanted = UploadRequest("api", "s1", date(2026, 11, 23), content, whole, revision)
    assert archive_upload.read_request(archive_upload.request_json(wanted)) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 0),
        ("size", archive_upload.MOST_BYTES + 1),
        ("size", "8000"),
        ("sha256", "AB" * 32),
        ("sha256", "ab" * 31),
        ("sha256", "../" * 10),
        ("day", "yesterday"),
        ("samples", -1),
        ("monitor", ""),
        ("whole", "yes"),
    ],
)
def test_a_deposit_that_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(MalformedMessage, match=name):
        archive_upload.read_request({**archive_upload.request_json(WANTED), name: value})


@pytest.mark.parametrize(
    "permit",
    [
        UploadPermit(recorded=True, revision=2),
        UploadPermit(revision=1),
        UploadPermit(revision=1, url="https://b.example.com/k?x=y", headers={"If-None-Match": "*"}),
    ],
)
def test_a_permit_is_read_as_it_was_written(permit: UploadPermit) -> None:
    assert archive_upload.read_permit(archive_upload.permit_json(permit)) == permit


def test_headers_that_are_no_texts_are_refused() -> None:
    with pytest.raises(MalformedMessage, match="headers"):
        archive_upload.read_permit({"headers": {"Content-Length": 5}})
