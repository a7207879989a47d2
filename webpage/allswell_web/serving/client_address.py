"""Find a client's address as far as it can be trusted, and shorten it for logs."""

import ipaddress
from collections.abc import Sequence
from wsgiref.types import WSGIEnvironment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
UNKNOWN = "-"
_LOGGED_BITS = {4: 24, 6: 48}


def address(environ: WSGIEnvironment, proxies: Sequence[Network]) -> IpAddress | None:
    """Return the client's address; None where there is none.

    X-Forwarded-For counts only when the installation's own proxy has sent it, and then from its
    end: the last address that is not a trusted proxy is the last one that a trusted proxy saw.
    """
    client = parse(environ.get("REMOTE_ADDR", ""))
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while forwarded and client is not None and is_in(client, proxies):
        previous = parse(forwarded.pop())
        if previous is None:
            return client
        client = previous
    return client


def is_hidden(environ: WSGIEnvironment, proxies: Sequence[Network]) -> bool:
    """Decide whether an undeclared proxy claims to forward for another client."""
    peer = parse(environ.get("REMOTE_ADDR", ""))
    return "HTTP_X_FORWARDED_FOR" in environ and not (peer and is_in(peer, proxies))


def parse(text: str) -> IpAddress | None:
    """Parse an address for comparison: an IPv4 address mapped to IPv6 becomes IPv4."""
    try:
        parsed = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def is_in(client: IpAddress, networks: Sequence[Network]) -> bool:
    """Decide whether an address is in one of some networks."""
    return any(client.version == network.version and client in network for network in networks)


def origin(client: IpAddress | None) -> str:
    """Return whose tries count together: an IPv4 address, or a household's IPv6 network."""
    if client is None or client.version == 4:  # noqa: PLR2004 - IPv4
        return str(client)
    return str(ipaddress.ip_network((client, 64), strict=False).network_address)


def short(client: IpAddress | None) -> str:
    """Return the network of an address, which identifies no visitor: /24 of IPv4, /48 of IPv6."""
    if client is None:
        return UNKNOWN
    network = ipaddress.ip_network((client, _LOGGED_BITS[client.version]), strict=False)
    return str(network.network_address)
