"""Parse a Monitor, and build its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from allswell.domain import duration
from allswell.domain.spec import monitor as spec
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.problem import InvalidManifest
from allswell.kube import manifest
from allswell.kube.conditions import Conditions
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import ObjectMeta
from allswell.kube.views.status import StatusView


@dataclass(frozen=True, slots=True)
class MonitorFigures:
    """A monitor's results as a status shows them, as text; what is empty is left out.

    `since` is an RFC 3339 time, `uptime` and `latency` bear their units.
    """

    state: str = ""
    reason: str = ""
    since: str = ""
    uptime: str = ""
    latency: str = ""

    @classmethod
    def parse(cls, status: Json) -> Self:
        """Parse the figures of a status."""
        return cls(**{name: manifest.text(status, name) for name in cls.__slots__})

    def fields(self) -> dict[str, object]:
        """Return the fields of a status."""
        texts = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: text for name, text in texts if text}


@dataclass(frozen=True, slots=True)
class MonitorStatusView(StatusView):
    """A Monitor's status, as it is or as it shall be."""

    figures: MonitorFigures = MonitorFigures()

    @classmethod
    def parse(cls, status: Json) -> Self:
        """Parse a status."""
        conditions = Conditions.parse(manifest.blocks(status, "conditions"))
        return cls(conditions, status, MonitorFigures.parse(status))


@dataclass(frozen=True, slots=True)
class MonitorView:
    """A Monitor; `spec` is the error with every problem where it cannot be read."""

    meta: ObjectMeta
    spec: Monitor | InvalidManifest
    status: MonitorStatusView

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Parse a Monitor."""
        return cls(
            ObjectMeta.parse(raw),
            _spec(raw),
            MonitorStatusView.parse(manifest.block(raw, "status")),
        )

    @property
    def monitor(self) -> Monitor | None:
        """Return what its spec says; None where it cannot be read."""
        return None if isinstance(self.spec, InvalidManifest) else self.spec


def _spec(raw: Json) -> Monitor | InvalidManifest:
    try:
        return spec.read(raw)
    except InvalidManifest as problems:
        return problems


def status(
    monitor: Monitor | None, figures: MonitorFigures, conditions: Conditions, generation: int
) -> MonitorStatusView:
    """Build the status of a monitor; None stands for a spec that cannot be read."""
    content: dict[str, object] = {
        "observedGeneration": generation,
        **figures.fields(),
        "conditions": conditions.manifest(),
        **(_effective(monitor) if monitor else {}),
    }
    return MonitorStatusView(conditions, content, figures)


def _effective(monitor: Monitor) -> Mapping[str, object]:
    return {
        "target": monitor.check.target,
        "effective": {
            "timeout": duration.text(monitor.effective_timeout),
            "confirm": {"every": duration.text(monitor.effective_every)},
        },
    }
