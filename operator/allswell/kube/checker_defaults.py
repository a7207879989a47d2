"""Hold what every checker of an installation has in common, whatever its Monitor says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from allswell.domain.cover import Grace
from allswell.kube.quantity import MEBI


@dataclass(frozen=True, slots=True)
class CheckerDefaults:
    """The image, the way to the collector, and the installation's rules for all checks.

    `references` are `host:port`s that tell whether a checker's own network works, `denied` the
    networks that no check may reach. `ca` is PEM, and so is `trusted`: authorities that targets
    may use beside the public ones. `archive_ca` is of those that the archive's bucket uses, empty
    for the public ones. `cpu_request` is thousandths of a processor, memory is bytes.
    """

    image: str
    collector_url: str
    ca: str
    trusted: str = ""
    archive_ca: str = ""
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    grace: Grace = field(default_factory=Grace)
    allow_private: bool = True
    denied: tuple[IPv4Network | IPv6Network, ...] = ()
    cpu_request: int = 10
    memory_request: int = 48 * MEBI
    memory_limit: int = 128 * MEBI
    storage_class: str = ""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    priority_class: str = ""
    log_level: str = "INFO"
    metrics_open: bool = False
    lost_node: timedelta = timedelta(seconds=30)
