"""Decide `CertificateReady` of a host name, and when a failed order is repeated: pure.

`CertificateReady` is decided by an ordered list of named checks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.domain.decision import first_finding
from allswell.kube import conditions
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, Condition
from allswell.kube.views.certificate import CertificateView

CERTIFICATE_READY = "CertificateReady"
# A renewal that is so late has failed, whatever cert-manager says of it.
RENEWAL_TOLERANCE = timedelta(hours=6)
# A certificate that has less than this part of its life left should have been renewed long ago.
LAST_PART = 6
# Certificates of a shorter life are renewed too late for that to mean anything.
SHORT_LIFE = timedelta(days=1)
MAX_CAUSE_LENGTH = 500
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
WAITING_FOR_DOMAIN = Condition(
    CERTIFICATE_READY,
    UNKNOWN,
    "WaitingForDomain",
    "the certificate is ordered when the host name is verified and CAA records allow it",
)


@dataclass(frozen=True, slots=True)
class Issuance:
    """All that the checks decide by: a Certificate as it is now.

    `cause` is why its order is open or has failed, empty where nobody says.
    """

    certificate: CertificateView
    cause: str
    now: datetime


IssuanceCheck = Callable[[Issuance], Condition | None]


def condition(
    certificate: CertificateView | None, now: datetime, *, challenge: str = "", excess: str = ""
) -> Condition:
    """Decide `CertificateReady` of a verified host name: the first of `CHECKS` decides.

    `challenge` is the reason of the host's open Challenge, `excess` the limit that an order would
    exceed. A Certificate without any finding is being issued.
    """
    if certificate is None:
        return not_ordered(excess)
    issuance = Issuance(certificate, challenge or certificate.issuing_message, now)
    return first_finding(CHECKS, issuance) or issuing(issuance)


def not_ordered(excess: str) -> Condition:
    """Report a host name without a Certificate: one is ordered now, or waits for the budget."""
    if not excess:
        return _false("Issuing", "the certificate is being ordered")
    message = f"{excess}; the certificate is ordered as soon as the limit allows"
    return _false("BudgetSpent", message)


def expired(issuance: Issuance) -> Condition | None:
    """Find a certificate whose validity has ended."""
    not_after = issuance.certificate.not_after
    if not_after is None or issuance.now < not_after:
        return None
    message = f"the certificate expired at {conditions.time(not_after)}"
    return _false("Expired", message, issuance.cause)


def renewal_failing(issuance: Issuance) -> Condition | None:
    """Find a valid certificate whose last renewal failed."""
    if not _is_valid(issuance) or issuance.certificate.last_failure is None:
        return None
    message = f"the renewal failed, the certificate is {_valid_until(issuance)}"
    return _true("RenewalFailing", message, issuance.cause)


def renewal_overdue(issuance: Issuance) -> Condition | None:
    """Find a valid certificate that should have been renewed long ago."""
    if not _is_valid(issuance) or not (_is_late(issuance) or _is_near_end(issuance)):
        return None
    message = f"the renewal is overdue, the certificate is {_valid_until(issuance)}"
    return _true("RenewalOverdue", message, issuance.cause)


def issued(issuance: Issuance) -> Condition | None:
    """Find a valid certificate."""
    return _true("Issued", _valid_until(issuance)) if _is_valid(issuance) else None


def issuance_failed(issuance: Issuance) -> Condition | None:
    """Find a certificate that was refused and never issued."""
    if issuance.certificate.last_failure is None:
        return None
    times = max(issuance.certificate.failed_attempts, 1)
    return _false("IssuanceFailed", f"the authority refused {times} times", issuance.cause)


def issuing(issuance: Issuance) -> Condition:
    """Report a Certificate that is being issued."""
    return _false("Issuing", "the certificate is being ordered", issuance.cause)


# What visitors see comes first: an ended certificate, then a valid one, the worst news of it first.
CHECKS: tuple[IssuanceCheck, ...] = (
    expired,
    renewal_failing,
    renewal_overdue,
    issued,
    issuance_failed,
)


def _is_valid(issuance: Issuance) -> bool:
    return issuance.certificate.is_valid(issuance.now)


def _is_late(issuance: Issuance) -> bool:
    renewal_time = issuance.certificate.renewal_time
    return renewal_time is not None and issuance.now - renewal_time > RENEWAL_TOLERANCE


def _is_near_end(issuance: Issuance) -> bool:
    begin, end = issuance.certificate.not_before, issuance.certificate.not_after
    if begin is None or end is None or end - begin < SHORT_LIFE:
        return False
    return end - issuance.now < (end - begin) / LAST_PART


def _valid_until(issuance: Issuance) -> str:
    end = issuance.certificate.not_after
    return f"valid until {conditions.time(end)}" if end else "valid"


def _true(reason: str, message: str, cause: str = "") -> Condition:
    return Condition(CERTIFICATE_READY, TRUE, reason, _joined(message, cause))


def _false(reason: str, message: str, cause: str = "") -> Condition:
    return Condition(CERTIFICATE_READY, FALSE, reason, _joined(message, cause))


def _joined(message: str, cause: str) -> str:
    return f"{message}: {cause[:MAX_CAUSE_LENGTH]}" if cause else message


def is_retry_due(
    certificate: CertificateView, verified_since: datetime | None, now: datetime
) -> bool:
    """Tell whether a failed order may be repeated before cert-manager would repeat it.

    At once when the host name was verified anew after the failure, else after a pause that grows.
    """
    failure = certificate.last_failure
    if failure is None:
        return False
    if verified_since is not None and verified_since > failure:
        return True
    factor: int = 4 ** min(max(certificate.failed_attempts, 1) - 1, 8)
    return now - failure >= min(FIRST_RETRY * factor, LONGEST_RETRY)
