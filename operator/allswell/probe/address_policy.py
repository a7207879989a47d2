"""Judge which addresses may be dialled on behalf of strangers.

The rules are lists of networks of our own, because the standard library's idea of "private" moves
between its versions. An IPv6 address that only wraps an IPv4 address is judged as that one.
Sources: IANA's special-purpose registries, RFC 6052, 6890, 3056, 4380, 8215, and the providers'
own pages for the addresses of their metadata services.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# No setting allows these: credentials of the machine itself are behind them.
_NEVER = (
    ("an unspecified address", _networks("0.0.0.0/8", "::/128")),
    ("an address of a metadata service", _networks("169.254.169.254/32", "169.254.170.0/24")),
    ("an address of a metadata service", _networks("100.100.100.200/32", "168.63.129.16/32")),
    ("an address of a metadata service", _networks("192.0.0.192/32", "fd00:ec2::/32")),
    ("an address of a metadata service", _networks("fd20:ce::/32", "fd00:42::/32")),
    ("a link-local address", _networks("169.254.0.0/16", "fe80::/10")),
    ("a multicast address", _networks("224.0.0.0/4", "ff00::/8")),
    ("a broadcast or reserved address", _networks("240.0.0.0/4")),
)
_LOOPBACK = _networks("127.0.0.0/8", "::1/128")
_PRIVATE = _networks(
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "192.0.0.0/24",
    "198.18.0.0/15",
    "fc00::/7",
    "fec0::/10",
)
# Outside of these, IPv6 has nothing that is in use (a local NAT64 prefix has to be listed).
_IN_USE = _networks("0.0.0.0/0", "2000::/3", "64:ff9b::/96")
_COMPATIBLE, _NAT64 = _networks("::/96", "64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The addresses that may be dialled; link-local, metadata, unspecified, reserved never.

    `allow_loopback` is for one machine without Kubernetes, `allow_private` can be switched off by
    the installation, and `listed` networks are allowed whatever these two say. `denied` networks
    are refused whatever the rest says.
    """

    allow_loopback: bool = False
    allow_private: bool = True
    listed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()

    def refuses(self, address: Address) -> str:
        """Explain why an address may not be dialled; return an empty text when it may."""
        for form in (address, *wrapped(address)):
            why = self._refuses_form(form)
            if why:
                return f"{address} is {why}"
        return ""

    def _refuses_form(self, address: Address) -> str:
        why = _never(address)
        if why:
            return why
        for network in self.denied:
            if address in network:
                return f"in {network}, which this installation denies"
        if _within(address, self.listed) or wrapped(address):
            return ""
        if _within(address, _LOOPBACK):
            return "" if self.allow_loopback else "a loopback address"
        if _within(address, _PRIVATE):
            return "" if self.allow_private else "a private address"
        return "" if _within(address, _IN_USE) else "a reserved address"


def wrapped(address: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address embeds; none for any other address."""
    if isinstance(address, IPv4Address):
        return ()
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64 or (address in _COMPATIBLE and int(low) > 1):
        return (low,)
    return ()


@lru_cache(4096)
def _never(address: Address) -> str:
    """Why nothing allows an address; a check asks the same of the same addresses each time."""
    return next((why for why, networks in _NEVER if _within(address, networks)), "")


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
