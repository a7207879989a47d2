"""Connect the machine and a node: one pair of interfaces with a /30 of its own.

Nothing else of the machine's network is touched: no route, no rule, no setting. Tests reach the
node's address (API server, node ports); pods reach the machine's end of the link, and nothing else.
"""

import ipaddress
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.lab.processes import Failed

_RANGE = ipaddress.IPv4Network("192.168.77.0/24")
PODS = "10.244.0.0/24"


@dataclass(frozen=True, slots=True)
class VethPair:
    """The machine's interface, its address, and the node's."""

    interface: str
    machine: str
    node: str


def free(taken: Iterable[str]) -> VethPair:
    """Choose a wire beside the networks (``10.0.0.0/8``) that this machine knows."""
    known = [ipaddress.IPv4Network(text, strict=False) for text in taken if ":" not in text]
    for number, net in enumerate(_RANGE.subnets(new_prefix=30)):
        if not any(net.overlaps(other) for other in known if other.prefixlen):
            machine, node = net.hosts()
            return VethPair(f"allswell{number}", str(machine), str(node))
    raise Failed(f"no part of {_RANGE} is free on this machine")


def known() -> list[str]:
    """Return the networks that this machine has routes to, its own addresses among them."""
    shown = _ip("-json", "-4", "route", "show", "table", "all")
    return [route["dst"] for route in json.loads(shown or "[]") if route["dst"] != "default"]


def connect(link: VethPair, pid: int, enter: tuple[str, ...], record: Path) -> None:
    """Lay the link into the namespaces of a process; its name is on record before it exists."""
    record.write_text(link.interface, encoding="utf-8")
    _ip("link", "add", link.interface, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    _ip("address", "add", f"{link.machine}/30", "dev", link.interface)
    _ip("link", "set", link.interface, "up")
    for words in (
        ("address", "add", f"{link.node}/30", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("route", "add", "default", "via", link.machine),
    ):
        _ip(*words, enter=enter)


def disconnect(record: Path) -> None:
    """Remove the link that is on record; it may be gone with its other end."""
    if record.exists():
        name = record.read_text(encoding="utf-8")
        subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


def _ip(*words: str, enter: tuple[str, ...] = ()) -> str:
    done = subprocess.run([*enter, "ip", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
