from datetime import UTC, datetime, timedelta

import pytest

from allswell.domain import incident
from allswell.domain.incident import IncidentMessage, Status

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def said(*statuses: Status) -> list[IncidentMessage]:
    return [IncidentMessage(it, "", NOON + timedelta(hours=n)) for n, it in enumerate(statuses)]


def test_an_incident_without_a_word_is_being_investigated() -> None:
    assert incident.status([]) is Status.INVESTIGATING
    assert incident.resolved([]) is None


def test_the_newest_update_is_the_status() -> None:
    assert incident.status(said(Status.IDENTIFIED, Status.MONITORING)) is Status.MONITORING


@pytest.mark.parametrize(
    ("statuses", "hours"),
    [
        ((Status.INVESTIGATING, Status.RESOLVED), 1),
        ((Status.INVESTIGATING, Status.RESOLVED, Status.POSTMORTEM), 1),
        ((Status.RESOLVED, Status.MONITORING), None),
        ((Status.RESOLVED, Status.IDENTIFIED, Status.RESOLVED), 2),
    ],
)
def test_the_first_word_of_the_end_that_was_not_taken_back_ends_it(
    statuses: tuple[Status, ...], hours: int | None
) -> None:
    expected = None if hours is None else NOON + timedelta(hours=hours)
    assert incident.resolved(said(*statuses)) == expected
