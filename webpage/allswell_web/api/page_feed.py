"""What machines are told of a page: the survey, with incidents that people or checkers brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allswell.central import page_data
from allswell.domain import maintenance as maintenances
from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.presentation import outages, page_state
from allswell_web.presentation.page_state import ComponentState, PageState


@dataclass(frozen=True, slots=True)
class PageFeed:
    """A page at one moment; `url` is its address and ends with a slash.

    Incidents, declared and observed, and maintenance stand from the newest to the oldest by when
    they begin; `observed` are the ids of the outages among the incidents.
    """

    it: PageState
    url: str
    incidents: tuple[Incident, ...]
    observed: frozenset[str]
    maintenances: tuple[Maintenance, ...]

    @property
    def lines(self) -> Mapping[str, ComponentState]:
        """The components by the names of their monitors."""
        return {line.component.name: line for line in self.it.lines}

    @property
    def declared(self) -> tuple[Incident, ...]:
        """The incidents that people declared."""
        return tuple(it for it in self.incidents if it.id not in self.observed)

    def phase(self, it: Maintenance) -> Phase:
        """How far maintenance has come."""
        return maintenances.phase(it, self.it.now)

    @property
    def updated(self) -> datetime:
        """When anything of it last changed, which is not the present moment."""
        now = self.it.now
        found = [self.it.page.updated_at, *(changed(line) for line in self.it.lines)]
        found += [it.updated for it in self.incidents]
        for it in self.maintenances:
            found += [it.updated, *(at for at in (it.start, it.end) if at <= now)]
        return min(max(found), now)


def of(found: page_data.PageData, now: datetime, url: str) -> PageFeed:
    """The account of some facts at `now`."""
    it = page_state.of(found, now)
    observed = outages.incidents(it)
    declared = [incident for incident in found.incidents if incident.started <= now]
    incidents = sorted((*declared, *observed), key=lambda one: (one.started, one.id), reverse=True)
    return PageFeed(
        it=it,
        url=url,
        incidents=tuple(incidents),
        observed=frozenset(one.id for one in observed),
        maintenances=found.maintenances,
    )


def changed(line: ComponentState) -> datetime:
    """When a component last changed: its place on the page, its state or the reason for it."""
    found = [line.component.updated_at]
    if line.segments:
        found.append(line.segments[-1].start)
    if line.current.since is not None:
        found.append(line.current.since)
    return max(found)
