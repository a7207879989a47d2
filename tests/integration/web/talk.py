"""Put announcements into a real central database: hostile, as all that people write may be."""

from datetime import UTC, datetime, timedelta

from allswell.central.writer import CentralWriter
from allswell.domain import instant
from allswell.domain.incident import (
    AffectedComponent,
    DeclaredIncident,
    Effect,
    Impact,
    IncidentMessage,
    Status,
)
from allswell.domain.maintenance import AnnouncedMaintenance, Phase
from allswell.domain.maintenance import MaintenanceMessage as Told

HOSTILE = 'Errors <script>alert(1)</script> & "more" ]]> \u202e\'; --'


def of_everything(writer: CentralWriter) -> None:
    """Declare an open incident and a resolved one; maintenance in each phase."""
    now = instant.floor(datetime.now(UTC))
    hour = timedelta(hours=1)
    affected = (AffectedComponent("api", Effect.PARTIAL),)
    looking = IncidentMessage(Status.INVESTIGATING, f"We look into it.\n\n{HOSTILE}", now - hour)
    fixed = IncidentMessage(Status.RESOLVED, "It is fixed.", now - hour / 2)
    for name, updates in (("open", (looking,)), ("over", (looking, fixed))):
        declared = DeclaredIncident(HOSTILE, Impact.MINOR, now - hour, updates, affected)
        writer.put_incident("default", name, declared, now, namespace_uid="local")
    started = Told(Phase.IN_PROGRESS, HOSTILE, now - hour / 2)
    windows = {
        "running": AnnouncedMaintenance(HOSTILE, now - hour, now + hour, (started,), ("api",)),
        "planned": AnnouncedMaintenance(HOSTILE, now + hour, now + 2 * hour, (), ("api",)),
        "called-off": AnnouncedMaintenance(
            HOSTILE, now + hour, now + 2 * hour, (), ("api",), cancelled=True
        ),
    }
    for name, announced in windows.items():
        writer.put_maintenance("default", name, announced, now, namespace_uid="local")
