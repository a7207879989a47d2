"""The condition of a certificate, long before it expires."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from allswell.controller.hostnames import certificate_status
from allswell.kube.conditions import FALSE, TRUE, time
from allswell.kube.manifest import Json
from allswell.kube.views.certificate import CertificateView, challenge_reasons
from tests.central_database import DAY, HOUR, NOON

GOOD: dict[str, object] = {
    "conditions": [{"type": "Ready", "status": "True"}],
    "notBefore": time(NOON - 30 * DAY),
    "notAfter": time(NOON + 60 * DAY),
    "renewalTime": time(NOON + 30 * DAY),
}
FAILED: dict[str, object] = {"lastFailureTime": time(NOON - HOUR), "failedIssuanceAttempts": 2}
ISSUING: dict[str, object] = {
    "conditions": [{"type": "Issuing", "status": "False", "message": "refused"}]
}


def certificate(status: Mapping[str, object]) -> CertificateView:
    return CertificateView.parse({"spec": {"dnsNames": ["a.acme.com"]}, "status": status})


@pytest.mark.parametrize(
    ("status", "days", "expected"),
    [
        (GOOD, 0, (TRUE, "Issued")),
        (GOOD, 31, (TRUE, "RenewalOverdue")),
        (GOOD | {"renewalTime": ""}, 46, (TRUE, "RenewalOverdue")),
        (GOOD | {"renewalTime": ""}, 44, (TRUE, "Issued")),
        (GOOD | FAILED, 0, (TRUE, "RenewalFailing")),
        (GOOD | FAILED, 61, (FALSE, "Expired")),
        (GOOD, 61, (FALSE, "Expired")),
        (FAILED | ISSUING, 0, (FALSE, "IssuanceFailed")),
        ({}, 0, (FALSE, "Issuing")),
    ],
)
def test_a_certificate_is_judged_by_its_end(
    status: dict[str, object], days: int, expected: tuple[str, str]
) -> None:
    condition = certificate_status.condition(certificate(status), NOON + days * DAY)
    assert (condition.status, condition.reason) == expected


def test_the_challenge_knows_the_real_cause() -> None:
    failed = certificate({**FAILED, **ISSUING})
    challenges: list[Json] = [
        {"spec": {"dnsName": "a.acme.com"}, "status": {"reason": "404 at /.well-known"}},
        {"spec": {"dnsName": "b.acme.com"}, "status": {}},
    ]
    reasons = challenge_reasons(challenges)
    assert reasons == {"a.acme.com": "404 at /.well-known"}
    condition = certificate_status.condition(failed, NOON, challenge=reasons["a.acme.com"])
    assert "404 at /.well-known" in condition.message
    assert "refused" in certificate_status.condition(failed, NOON).message


def test_short_lives_are_not_called_overdue() -> None:
    short = {"notBefore": time(NOON), "notAfter": time(NOON + HOUR), "renewalTime": ""}
    late = certificate_status.condition(certificate({**GOOD, **short}), NOON + 0.95 * HOUR)
    assert late.reason == "Issued"


@pytest.mark.parametrize(
    ("failures", "after", "due"),
    [(1, 59, False), (1, 61, True), (2, 239, False), (2, 241, True), (9, 3601, True)],
)
def test_a_failed_order_waits_ever_longer(failures: int, after: int, *, due: bool) -> None:
    failed = certificate({"lastFailureTime": time(NOON), "failedIssuanceAttempts": failures})
    at = NOON + timedelta(seconds=after)
    assert certificate_status.is_retry_due(failed, NOON - HOUR, at) is due
    assert certificate_status.is_retry_due(failed, NOON + timedelta(seconds=1), at)
    assert not certificate_status.is_retry_due(certificate(GOOD), None, at)
