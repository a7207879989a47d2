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
class PageStatusView(StatusView):
    """A StatusPage's status; `hostnames` are the entries of its host names, one each."""

    hostnames: tuple[Json, ...] = ()

    @classmethod
    def parse(cls, status: Json) -> Self:
        """Parse a status."""
        conditions = Conditions.parse(manifest.blocks(status, "conditions"))
        return cls(conditions, status, manifest.blocks(status, "hostnames"))


@dataclass(frozen=True, slots=True)
class PageView:
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
    hostnames: Sequence[Json],
    ready_hostnames: str,
) -> PageStatusView:
    """Build the status of a page; `ready_hostnames` is a text like `2/3`."""
    content: dict[str, object] = {
        "observedGeneration": generation,
        "state": state,
        "conditions": conditions.manifest(),
    }
    if hostnames:
        content |= {"hostnames": list(hostnames), "readyHostnames": ready_hostnames}
    if address.target:
        content["target"] = address.target
    if address.url:
        content["url"] = address.url
    return PageStatusView(conditions, content, tuple(hostnames))
