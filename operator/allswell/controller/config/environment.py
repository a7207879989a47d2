"""Read variables of the environment so that every problem with them is noted at once."""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_interface
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Network = IPv4Network | IPv6Network
MOST_DENIED = 256


class Environment:
    """Reads variables and notes every problem."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Return a variable, or the default; without one it must be set."""
        value = self._variables.get(name, "").strip()
        if not value and default is None:
            self.problems.append(f"{name} is missing")
        return value or default or ""

    def secret(self, name: str) -> str:
        """Return a variable, or the content of the file that `<name>_FILE` names."""
        if not self._variables.get(f"{name}_FILE"):
            return self.text(name)
        return self.file(f"{name}_FILE").strip()

    def file(self, name: str, most: int = 65_536) -> str:
        """Read the file that a variable names, at most so many bytes; empty if unset."""
        if not (path := self._variables.get(name, "")):
            return ""
        try:
            content = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            self.problems.append(f"{name} cannot be read: {why}")
            return ""
        if len(content) > most:
            self.problems.append(f"{name} names a file that is larger than {most // 1024} KiB")
            return ""
        return content

    def words(self, name: str) -> tuple[str, ...]:
        """Return words that have commas between them."""
        parts = (part.strip() for part in self._variables.get(name, "").split(","))
        return tuple(part for part in parts if part)

    def networks(self, name: str) -> tuple[Network, ...]:
        """Return networks that have commas between them; each bad one is a problem of its own."""
        words = self.words(name)
        if len(words) > MOST_DENIED:
            self.problems.append(f"{name} holds more than {MOST_DENIED} networks: join some")
        networks: list[Network] = []
        for word in words[:MOST_DENIED]:
            try:
                networks.append(_network(word))
            except ValueError as error:
                self.problems.append(f"{name} holds {word[:60]!r}: {error}")
        return tuple(networks)

    def read(self, name: str, default: str, parse: Callable[[str], T], instead: str) -> T:
        """Parse a variable; what is wrong with it is noted, and the default taken."""
        try:
            return parse(self.text(name, default))
        except ValueError:
            self.problems.append(f"{name} cannot be used: write {instead}")
            return parse(default)


def _network(text: str) -> Network:
    """Parse a network that is written as it is meant. Raises ValueError with what to write."""
    try:
        interface = ip_interface(text)
    except ValueError:
        raise ValueError("write a network, like 10.0.0.0/8 or fd00::/8") from None
    network = interface.network
    if interface.ip != network.network_address:
        raise ValueError(f"write {network}, or {interface.ip} for the one address")
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError("write the IPv4 network; its forms within IPv6 are covered")
    return network
