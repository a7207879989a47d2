"""Translate the errors of lower libraries into one error with a public reason.

A fault carries a reason from the closed list, which the public may see, and a detail in words for
the owner. A problem of the checker itself (no descriptors left, a local firewall) never becomes
a statement about the target: it is `CheckerError`, and the state is unknown.
"""

import errno
import socket
import ssl
from collections.abc import Mapping

from allswell.domain import state
from allswell.probe.lean_httpx import httpx

LOCAL_ERRORS = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,
        errno.EAGAIN,
        errno.EPERM,
        errno.EACCES,
    }
)
LOCAL_LOOKUP_ERRORS = frozenset({socket.EAI_MEMORY, socket.EAI_SYSTEM})
NO_ROUTE = frozenset(
    {
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.EAFNOSUPPORT,
    }
)
# What httpx, idna and the cookie jar raise; idna's errors and UnicodeError are ValueErrors.
HTTP_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    ValueError,
)
_CUT = (state.CONNECTION_RESET, "the connection was cut")
_LATE = (state.TIMEOUT, "no answer")
_BROKEN = (state.PROTOCOL_ERROR, "the answer breaks the rules of HTTP")
_OURS = (state.CHECKER_ERROR, "the checker itself uses its HTTP client wrongly")
_UNREADABLE = (state.CHECKER_ERROR, "the checker's HTTP client cannot read what it was given")
# Every class of httpx's tree by itself: a new release of httpx adds none without our notice.
OF_HTTPX: Mapping[type[Exception], tuple[str, str]] = {
    httpx.HTTPError: _BROKEN,
    httpx.RequestError: _BROKEN,
    httpx.TransportError: (state.CONNECTION_FAILED, "the connection failed"),
    httpx.TimeoutException: _LATE,
    httpx.ConnectTimeout: _LATE,
    httpx.ReadTimeout: _LATE,
    httpx.WriteTimeout: _LATE,
    httpx.PoolTimeout: (state.CHECKER_ERROR, "the checker itself has no connection to spare"),
    httpx.NetworkError: _CUT,
    httpx.ConnectError: (state.CONNECTION_FAILED, "no connection was made"),
    httpx.ReadError: _CUT,
    httpx.WriteError: _CUT,
    httpx.CloseError: _CUT,
    httpx.ProtocolError: _BROKEN,
    httpx.LocalProtocolError: (state.CHECKER_ERROR, "the checker itself breaks the rules of HTTP"),
    httpx.RemoteProtocolError: _BROKEN,
    httpx.ProxyError: (state.CHECKER_ERROR, "the checker's proxy refuses"),
    httpx.UnsupportedProtocol: (state.BAD_REDIRECT, "the address is not one of http or https"),
    httpx.DecodingError: (state.PROTOCOL_ERROR, "the body is not packed as it is said to be"),
    httpx.TooManyRedirects: (state.TOO_MANY_REDIRECTS, "too many redirects"),
    httpx.HTTPStatusError: _BROKEN,
    httpx.InvalidURL: _UNREADABLE,
    httpx.CookieConflict: _UNREADABLE,
    httpx.StreamError: _OURS,
    httpx.StreamConsumed: _OURS,
    httpx.StreamClosed: _OURS,
    httpx.ResponseNotRead: _OURS,
    httpx.RequestNotRead: _OURS,
}
# OpenSSL's numbers for a refused certificate (X509_V_ERR_*).
EXPIRED = 10
WRONG_NAME = frozenset({62, 63, 64})
# What OpenSSL says of an answer that is no TLS at all.
NO_TLS = frozenset({"wrong version number", "packet length too long", "http request"})


class Fault(Exception):
    """A check ended without a verdict on a response."""

    def __init__(self, reason: str, detail: str) -> None:
        """Hold a reason from `state` and a sentence for the owner."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def of_os_error(error: OSError, doing: str) -> Fault:
    """Translate what a system call said while the checker was `doing` something."""
    if isinstance(error, ConnectionRefusedError):
        return Fault(state.CONNECTION_REFUSED, f"{doing}: nothing listens there")
    if isinstance(error, ConnectionError):
        return Fault(state.CONNECTION_RESET, f"{doing}: the connection was cut")
    if isinstance(error, TimeoutError):
        return Fault(state.TIMEOUT, f"{doing}: no answer")
    if error.errno in NO_ROUTE:
        return Fault(state.UNREACHABLE, f"{doing}: {error.strerror}")
    if error.errno in LOCAL_ERRORS:
        return Fault(state.CHECKER_ERROR, f"{doing}: the checker itself: {error.strerror}")
    return Fault(state.CONNECTION_FAILED, f"{doing}: {error.strerror or type(error).__name__}")


def of_http_error(error: Exception, doing: str) -> Fault:
    """Translate one of `HTTP_ERRORS`, without its own words: they may quote what was sent.

    What no class tells is no statement about the target: its answer may be one that browsers read.
    """
    reason, words = OF_HTTPX.get(type(error), _UNREADABLE)
    return Fault(reason, f"{doing}: {words} ({type(error).__name__})")


def of_lookup_error(error: OSError, doing: str) -> Fault:
    """Translate a failed lookup. What is no answer of the resolver is the checker's own trouble.

    glibc, out of descriptors, says "resource busy" and not what it lacks.
    """
    if isinstance(error, socket.gaierror) and error.errno not in LOCAL_LOOKUP_ERRORS:
        return Fault(state.DNS_FAILED, f"{doing}: {error.strerror}")
    return Fault(state.CHECKER_ERROR, f"{doing}: the checker itself: {error.strerror}")


def of_tls_error(error: ssl.SSLError, name: str) -> Fault:
    """Translate a failed TLS handshake with the server called `name`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, name)
    if isinstance(error, ssl.SSLEOFError):
        words = "the connection was closed during the handshake"
    else:
        words = (
            str(getattr(error, "reason", None) or "the handshake failed").lower().replace("_", " ")
        )
        if words in NO_TLS:
            words = f"what answers there speaks no TLS ({words})"
    return Fault(state.TLS_FAILED, f"TLS with {name}: {words}")


def _of_certificate(error: ssl.SSLCertVerificationError, name: str) -> Fault:
    if error.verify_code == EXPIRED:
        return Fault(state.TLS_EXPIRED, f"the certificate of {name} has expired")
    if error.verify_code in WRONG_NAME:
        return Fault(state.TLS_NAME_MISMATCH, f"the certificate is not for {name}")
    words = error.verify_message.lower()
    return Fault(state.TLS_UNTRUSTED, f"the certificate of {name} is not trusted: {words}")
