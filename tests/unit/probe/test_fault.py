"""What lower errors mean."""

import errno
import os
import socket
import ssl

import pytest

from allswell.domain import state
from allswell.probe import fault
from allswell.probe.lean_httpx import httpx


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNREFUSED, state.CONNECTION_REFUSED),
        (errno.ECONNRESET, state.CONNECTION_RESET),
        (errno.EPIPE, state.CONNECTION_RESET),
        (errno.ETIMEDOUT, state.TIMEOUT),
        (errno.EHOSTUNREACH, state.UNREACHABLE),
        (errno.ENETUNREACH, state.UNREACHABLE),
        (errno.EMFILE, state.CHECKER_ERROR),
        (errno.ENOBUFS, state.CHECKER_ERROR),
        (errno.EPERM, state.CHECKER_ERROR),
        (errno.EADDRNOTAVAIL, state.CHECKER_ERROR),
        (errno.EPROTO, state.CONNECTION_FAILED),
    ],
)
def test_an_errno_tells_the_targets_trouble_from_our_own(number: int, reason: str) -> None:
    found = fault.of_os_error(OSError(number, os.strerror(number)), "connecting")
    assert (found.reason, found.detail.startswith("connecting: ")) == (reason, True)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (socket.EAI_NONAME, state.DNS_FAILED),
        (socket.EAI_AGAIN, state.DNS_FAILED),
        (socket.EAI_MEMORY, state.CHECKER_ERROR),
        (socket.EAI_SYSTEM, state.CHECKER_ERROR),
    ],
)
def test_a_failed_lookup_is_the_names_trouble_unless_it_is_ours(number: int, reason: str) -> None:
    assert fault.of_lookup_error(socket.gaierror(number, "said so"), "looking").reason == reason


def test_a_lookup_without_an_answer_of_the_resolver_is_our_own_trouble() -> None:
    """Seen with glibc when no descriptor was left."""
    found = fault.of_lookup_error(OSError(errno.EBUSY, "Device or resource busy"), "looking up a")
    assert found.reason == state.CHECKER_ERROR


def test_a_tls_error_without_a_name_still_has_words() -> None:
    found = fault.of_tls_error(ssl.SSLError(), "a.example")
    assert (found.reason, found.detail) == (
        state.TLS_FAILED,
        "TLS with a.example: the handshake failed",
    )


def test_a_fault_reads_as_its_reason_and_detail() -> None:
    assert str(fault.Fault(state.TIMEOUT, "late")) == "Timeout: late"


def test_an_answer_without_tls_is_told_as_that() -> None:
    error = ssl.SSLError()
    error.reason = "WRONG_VERSION_NUMBER"
    assert fault.of_tls_error(error, "a.example").detail == (
        "TLS with a.example: what answers there speaks no TLS (wrong version number)"
    )


def tree(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(tree(branch) for branch in root.__subclasses__()))


def test_every_error_of_httpx_has_a_reason_of_its_own() -> None:
    ours = {error for error in vars(httpx).values() if isinstance(error, type)}
    errors = {error for error in ours if issubclass(error, Exception)}
    assert errors == set(fault.OF_HTTPX)
    assert {error for error in tree(Exception) if error.__module__ == "httpx"} == errors


def test_whatever_the_http_client_raises_is_caught_as_such() -> None:
    assert all(issubclass(error, fault.HTTP_ERRORS) for error in fault.OF_HTTPX)
    assert issubclass(UnicodeError, fault.HTTP_ERRORS)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ReadTimeout("token=s3cret"), state.TIMEOUT),
        (httpx.ReadError("token=s3cret"), state.CONNECTION_RESET),
        (httpx.RemoteProtocolError("token=s3cret"), state.PROTOCOL_ERROR),
        (httpx.InvalidURL("token=s3cret"), state.CHECKER_ERROR),
        (UnicodeEncodeError("ascii", "token=s3cret", 0, 1, "s3cret"), state.CHECKER_ERROR),
        (ValueError("token=s3cret"), state.CHECKER_ERROR),
    ],
)
def test_an_error_of_the_http_client_becomes_words_that_quote_nothing(
    error: Exception, reason: str
) -> None:
    found = fault.of_http_error(error, "waiting")
    assert (found.reason, "s3cret" in found.detail) == (reason, False)
    assert found.detail.startswith("waiting: ")
    assert type(error).__name__ in found.detail
