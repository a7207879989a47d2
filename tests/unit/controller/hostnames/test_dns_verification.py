"""The interval between two lookups of a host name."""

from datetime import timedelta

import pytest

from allswell.controller.hostnames import dns_verification
from allswell.controller.hostnames.dns_verification import (
    FIRST_INTERVAL,
    LONGEST_INTERVAL,
    LONGEST_UNANSWERED,
    RETRY_INTERVAL,
    Verification,
)
from allswell.domain.hostname_claim import HostnameClaim, HostnameClaimState, Proof, ProofOutcome
from allswell.domain.preflight import DnsTrouble, Preflight
from tests.central_database import NOON

RECHECK = timedelta(minutes=10)
PROVED, MISSING = Preflight(Proof.CNAME), Preflight(None, DnsTrouble.RECORD_MISSING)
FAILED, CAA = Preflight(None, DnsTrouble.DNS_FAILED), Preflight(Proof.CNAME, DnsTrouble.CAA_FORBIDS)
MINE = HostnameClaim("a.acme.com", HostnameClaimState.HELD, Proof.CNAME, NOON)


def interval(judged: Preflight, repeats: int, claim: HostnameClaim | None = None) -> timedelta:
    outcome = ProofOutcome.HELD if claim else ProofOutcome.TAKEN
    verification = Verification(
        NOON, judged, outcome, claim, NOON if judged.is_certifiable else None, repeats
    )
    return dns_verification.interval(verification, RECHECK)


@pytest.mark.parametrize(
    ("judged", "at_last"),
    [
        (MISSING, LONGEST_INTERVAL),
        (CAA, LONGEST_INTERVAL),
        (FAILED, LONGEST_UNANSWERED),
        (PROVED, LONGEST_INTERVAL),
    ],
    ids=["no record", "forbidden", "servers fail", "taken by another page"],
)
def test_a_name_that_the_page_has_not_is_looked_at_ever_later(
    judged: Preflight, at_last: timedelta
) -> None:
    intervals = [interval(judged, repeats) for repeats in (0, 1, 5, 50, 50_000)]
    assert intervals[0] == FIRST_INTERVAL
    assert intervals == sorted(intervals)
    assert intervals[-2:] == [at_last, at_last]


def test_a_name_that_the_page_has_is_looked_at_now_and_then_and_soon_when_it_fails() -> None:
    assert interval(PROVED, 50, MINE) == RECHECK
    assert {interval(judged, 50, MINE) for judged in (MISSING, FAILED, CAA)} == {RETRY_INTERVAL}
