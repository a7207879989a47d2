"""Reading the end of a certificate's validity."""

from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from allswell.probe import certificate

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def der_until(moment: datetime) -> bytes:
    issued = trustme.CA().issue_cert("a.example", not_after=moment)
    pem = issued.cert_chain_pems[0].bytes()
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 12, 24, 1, 2, 3, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2050, 1, 1, tzinfo=UTC),
        datetime(2001, 1, 1, tzinfo=UTC),
    ],
)
def test_the_end_is_read_in_both_of_its_forms(moment: datetime) -> None:
    assert certificate.not_after(der_until(moment)) == moment


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=7), 7),
        (timedelta(days=7, seconds=-1), 6),
        (timedelta(seconds=1), 0),
        (timedelta(seconds=-1), -1),
    ],
)
def test_days_are_whole_days(left: timedelta, days: int) -> None:
    assert certificate.days_left(der_until(NOW + left), NOW) == days


@given(st.binary(max_size=200))
def test_what_is_no_certificate_has_no_end(data: bytes) -> None:
    assert certificate.days_left(data, NOW) is None
