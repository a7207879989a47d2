from datetime import UTC, datetime, timedelta, timezone

from allswell.kube import conditions
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, Condition, Conditions

NOW = datetime(2026, 11, 23, 12, 0, 0, 999, tzinfo=UTC)
OLD = "2026-01-01T00:00:00Z"
LIVE = {"type": "Ready", "status": "True", "reason": "Running", "lastTransitionTime": OLD}


def merge(desired: list[Condition]) -> list[dict[str, object]]:
    """Merge conditions into those of a status with `LIVE`, at generation 7."""
    return Conditions.parse([LIVE]).merge(desired, 7, NOW).manifest()


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    found = merge([Condition("Ready", TRUE, "Paused", "text")])
    assert found == [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Paused",
            "message": "text",
            "observedGeneration": 7,
            "lastTransitionTime": OLD,
        }
    ]


def test_a_changed_and_a_new_condition_are_dated_now() -> None:
    desired = [Condition("Ready", FALSE, "Broken"), Condition("Up", UNKNOWN, "NoData")]
    found = merge(desired)
    assert [entry["lastTransitionTime"] for entry in found] == ["2026-11-23T12:00:00Z"] * 2


def test_a_condition_that_is_no_longer_wanted_goes() -> None:
    assert merge([]) == []


def test_times_are_written_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert conditions.time(there) == "2026-11-23T12:00:00Z"


def test_a_condition_that_is_not_there_is_unknown() -> None:
    assert Conditions.parse([LIVE]).status_of("Ready") == TRUE
    assert Conditions.parse([LIVE]).status_of("Up") == UNKNOWN
