"""A reason decides its state, and its number is for ever."""

import pytest

from allswell.domain import state
from allswell.domain.state import State

NUMBERS = {
    "": 0,
    "Slow": 1,
    "CertificateExpiring": 2,
    "Timeout": 10,
    "DNSFailed": 11,
    "ConnectionRefused": 12,
    "ConnectionReset": 13,
    "Unreachable": 14,
    "ConnectionFailed": 15,
    "TLSExpired": 20,
    "TLSUntrusted": 21,
    "TLSNameMismatch": 22,
    "TLSFailed": 23,
    "ProtocolError": 30,
    "BodyMismatch": 31,
    "BodyTooLarge": 32,
    "TooManyRedirects": 33,
    "BadRedirect": 34,
    "UnexpectedReply": 35,
    "AddressRefused": 40,
    "Flapping": 60,
    "EgressLost": 80,
    "SecretMissing": 81,
    "CheckerError": 82,
    "HTTP 100": 1100,
    "HTTP 503": 1503,
    "HTTP 999": 1999,
}


@pytest.mark.parametrize(("reason", "number"), NUMBERS.items())
def test_the_number_of_a_reason_never_changes(reason: str, number: int) -> None:
    assert (number, reason) == (state.code(reason), state.reason_of(number))


@pytest.mark.parametrize("reason", NUMBERS)
def test_no_reason_is_a_formula_to_a_spreadsheet(reason: str) -> None:
    assert reason == "" or reason[0].isalpha()


@pytest.mark.parametrize(
    "reason",
    ["slow", "HTTP", "HTTP 99", "HTTP 1000", "HTTP 0503", "HTTP ٥٠٣", "HTTP  503", "HTTPS 503"],
)
def test_a_reason_that_is_not_on_the_list_has_no_number(reason: str) -> None:
    with pytest.raises(ValueError, match="is not a reason that allswell knows"):
        state.code(reason)


def test_a_number_from_a_newer_version_reads_as_an_error_of_the_checker() -> None:
    assert state.reason_of(99) == state.CHECKER_ERROR


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (state.OK, State.UP),
        (state.SLOW, State.DEGRADED),
        (state.CERTIFICATE_EXPIRING, State.DEGRADED),
        (state.TIMEOUT, State.DOWN),
        (state.FLAPPING, State.DOWN),
        (state.http(503), State.DOWN),
        (state.EGRESS_LOST, State.UNKNOWN),
        (state.CHECKER_ERROR, State.UNKNOWN),
    ],
)
def test_a_reason_decides_the_state(reason: str, expected: State) -> None:
    assert expected is state.of(reason)
