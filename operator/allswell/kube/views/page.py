"""Parse a StatusPage, and build its status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from allswell.domain.spec import page as spec
from allswell.domain.spec.page import StatusPage
from allswell.domain.spec.problem import InvalidManifest
from allswell.kube import manifest
from allswell.kube.conditions import Conditions
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import ObjectMeta
from allswell.kube.views.status import StatusView


@dataclass(frozen=True, slots=True)
class HostnameStatus:
    """The status of one host name of a page.

    `proof` are the name and the value of the TXT record that verifies it, None where none can.
    """

    host: str
    conditions: Conditions
    proof: tuple[str, str] | None = None

    @classmethod
    def parse(cls, entry: Json) -> Self:
        """Parse one entry of `status.hostnames`."""
        conditions = Conditions.parse(manifest.blocks(entry, "conditions"))
        proof = manifest.block(entry, "proof")
        record = (manifest.text(proof, "name"), manifest.text(proof, "value"))
        return cls(manifest.text(entry, "name"), conditions, record if proof else None)

    def manifest(self) -> dict[str, object]:
        """Return the entry of `status.hostnames`."""
        entry: dict[str, object] = {"name": self.host}
        if self.proof is not None:
            name, value = self.proof
            entry["proof"] = {"name": name, "value": value}
        entry["conditions"] = self.conditions.manifest()
        return entry


@dataclass(frozen=True, slots=True)
class PageStatusView(StatusView):
    """A StatusPage's status, as it is or as it shall be."""

    hostnames: tuple[HostnameStatus, ...] = ()

    @classmethod
    def parse(cls, status: Json) -> Self:
        """Parse a status."""
        conditions = Conditions.parse(manifest.blocks(status, "conditions"))
        hostnames = map(HostnameStatus.parse, manifest.blocks(status, "hostnames"))
        return cls(conditions, status, tuple(hostnames))


@dataclass(frozen=True, slots=True)
class StatusPageView:
    """A StatusPage; `spec` is the error with every problem where it cannot be read."""

    meta: ObjectMeta
    spec: StatusPage | InvalidManifest
    status: PageStatusView

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Parse a StatusPage."""
        return cls(
            ObjectMeta.parse(raw),
            _spec(raw),
            PageStatusView.parse(manifest.block(raw, "status")),
        )


def _spec(raw: Json) -> StatusPage | InvalidManifest:
    try:
        return spec.read(raw)
    except InvalidManifest as problems:
        return problems


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page's address, and its own host name under the domain of pages, if any."""

    url: str = ""
    target: str = ""


def status(
    state: str,
    conditions: Conditions,
    address: PageAddress,
    generation: int,
    *,
    hostnames: Sequence[HostnameStatus],
    ready_hostnames: str,
) -> PageStatusView:
    """Build the status of a page; `ready_hostnames` is a text like `2/3`."""
    content: dict[str, object] = {
        "observedGeneration": generation,
        "state": state,
        "conditions": conditions.manifest(),
    }
    if hostnames:
        content["hostnames"] = [hostname.manifest() for hostname in hostnames]
        content["readyHostnames"] = ready_hostnames
    if address.target:
        content["target"] = address.target
    if address.url:
        content["url"] = address.url
    return PageStatusView(conditions, content, tuple(hostnames))
