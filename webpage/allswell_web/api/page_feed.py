"""Gather what the API publishes of a page: its state, its incidents, declared or observed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allswell.central import page_data
from allswell.domain import maintenance as maintenances
from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.presentation import outage_incidents, page_state
from allswell_web.presentation.page_state import ComponentState, PageState


@dataclass(frozen=True, slots=True)
class PageFeed:
    """A page at one moment; `url` is its address and ends with a slash.

    Incidents, declared and observed, and maintenance are sorted from the newest to the oldest by
    when they begin; `observed` are the ids of the outages among the incidents.
    """

    state: PageState
    url: str
    incidents: tuple[Incident, ...]
    observed: frozenset[str]
    maintenances: tuple[Maintenance, ...]

    @property
    def components(self) -> Mapping[str, ComponentState]:
        """Return the components by the names of their monitors."""
        return {component.data.name: component for component in self.state.components}

    @property
    def declared(self) -> tuple[Incident, ...]:
        """Return the incidents that people declared."""
        return tuple(it for it in self.incidents if it.id not in self.observed)

    def phase(self, maintenance: Maintenance) -> Phase:
        """Return how far maintenance has come."""
        return maintenances.phase(maintenance, self.state.now)

    @property
    def updated(self) -> datetime:
        """Return when anything of it last changed, which is not the present moment."""
        now = self.state.now
        changes = [
            self.state.page.updated_at,
            *(changed(component) for component in self.state.components),
        ]
        changes += [it.updated for it in self.incidents]
        for maintenance in self.maintenances:
            changes += [
                maintenance.updated,
                *(at for at in (maintenance.start, maintenance.end) if at <= now),
            ]
        return min(max(changes), now)


def of(facts: page_data.PageData, now: datetime, url: str) -> PageFeed:
    """Build the feed of some facts at `now`."""
    state = page_state.of(facts, now)
    observed = outage_incidents.incidents(state)
    declared = [incident for incident in facts.incidents if incident.started <= now]
    incidents = sorted(
        (*declared, *observed), key=lambda incident: (incident.started, incident.id), reverse=True
    )
    return PageFeed(
        state=state,
        url=url,
        incidents=tuple(incidents),
        observed=frozenset(incident.id for incident in observed),
        maintenances=facts.maintenances,
    )


def changed(component: ComponentState) -> datetime:
    """Return when a component last changed: its position, its status or its reason."""
    changes = [component.data.updated_at]
    if component.segments:
        changes.append(component.segments[-1].start)
    if component.current.since is not None:
        changes.append(component.current.since)
    return max(changes)
