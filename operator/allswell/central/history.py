"""Read what the central database has of one monitor, for those who compare it with raw results."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select

from allswell.central import claims_and_overlays, session
from allswell.central.schema import monitor, rollup
from allswell.domain import instant
from allswell.domain.health import HealthClaim
from allswell.domain.replay import DayFigures
from allswell.domain.timeline import Overlay


@dataclass(frozen=True, slots=True)
class MonitorHistory:
    """A monitor with its ledgers from some time on, and its roll-ups' figures by day.

    The first claim may be the one that holds at that time.
    """

    public_id: str
    namespace: str
    name: str
    born: datetime
    claims: tuple[HealthClaim, ...]
    overlays: tuple[Overlay, ...]
    days: Mapping[date, DayFigures]


def read(engine: Engine, namespace: str, name: str, start: datetime) -> MonitorHistory | None:
    """Read the living monitor of a name, else the one that was deleted last; None for none."""
    newest = (
        select(monitor.c.id, monitor.c.public_id, monitor.c.created_ms)
        .where(monitor.c.namespace == namespace, monitor.c.name == name)
        .order_by(monitor.c.hidden_ms.is_not(None), monitor.c.hidden_ms.desc())
        .limit(1)
    )
    with session.reading(engine) as connection:
        row = connection.execute(newest).first()
        if row is None:
            return None
        monitor_id = select(monitor.c.id).where(monitor.c.id == row.id)
        figures = select(
            rollup.c.day,
            rollup.c.checks,
            rollup.c.successful,
            rollup.c.average_us,
            rollup.c.p95_us,
        ).where(rollup.c.monitor_id == row.id, rollup.c.day >= instant.day_of(start))
        return MonitorHistory(
            public_id=row.public_id,
            namespace=namespace,
            name=name,
            born=instant.from_ms(row.created_ms),
            claims=claims_and_overlays.claims(connection, monitor_id, start).get(row.id, ()),
            overlays=claims_and_overlays.overlays(connection, monitor_id, start).get(row.id, ()),
            days={day.day: DayFigures(*day[1:]) for day in connection.execute(figures)},
        )
