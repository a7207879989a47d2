"""Who asks: an address, as far as it can be believed, and as little of it as a log may hold."""

import ipaddress
from collections.abc import Sequence
from wsgiref.types import WSGIEnvironment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
UNKNOWN = "-"
_KEPT_BITS = {4: 24, 6: 48}


def address(environ: WSGIEnvironment, proxies: Sequence[Network]) -> IpAddress | None:
    """The visitor's address; None where there is none.

    X-Forwarded-For counts only when the installation's own proxy has sent it, and then from its
    end: the last address that is no proxy of ours is the last one that somebody of ours has seen.
    """
    found = parsed(environ.get("REMOTE_ADDR", ""))
    named = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while named and found is not None and is_in(found, proxies):
        before = parsed(named.pop())
        if before is None:
            return found
        found = before
    return found


def is_hidden(environ: WSGIEnvironment, proxies: Sequence[Network]) -> bool:
    """Whether somebody who is no proxy of ours says that he speaks for another."""
    found = parsed(environ.get("REMOTE_ADDR", ""))
    return "HTTP_X_FORWARDED_FOR" in environ and not (found and is_in(found, proxies))


def parsed(text: str) -> IpAddress | None:
    """An address as it is compared: one of IPv4 that comes as IPv6 is one of IPv4."""
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_in(found: IpAddress, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of some networks."""
    return any(found.version == network.version and found in network for network in networks)


def origin(found: IpAddress | None) -> str:
    """Whose tries count together: an address of IPv4, a household's network of IPv6."""
    if found is None or found.version == 4:  # noqa: PLR2004 - IPv4
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


def short(found: IpAddress | None) -> str:
    """An address without what tells one visitor from another: /24 of IPv4, /48 of IPv6."""
    if found is None:
        return UNKNOWN
    whole = ipaddress.ip_network((found, _KEPT_BITS[found.version]), strict=False)
    return str(whole.network_address)
