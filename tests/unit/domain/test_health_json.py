"""What the checker remembers survives its file."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from allswell.domain import health_json
from allswell.domain.health import Health, HealthClaim, Streak
from allswell.domain.state import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FULL = Health(
    claim=HealthClaim(State.DOWN, NOON, "Flapping"),
    settled=HealthClaim(State.UP, NOON + timedelta(milliseconds=1)),
    worse={State.DEGRADED: Streak(2, NOON, "Timeout"), State.DOWN: Streak(1, NOON, "Timeout")},
    better={State.DEGRADED: Streak(3, NOON, "")},
    blind=Streak(1, NOON, "EgressLost"),
    changes=(NOON, NOON + timedelta(seconds=1)),
    flapping=True,
)


@pytest.mark.parametrize("health", [Health(), FULL])
def test_what_is_written_is_read_back_the_same(health: Health) -> None:
    assert health == health_json.parse(health_json.text(health))


def test_it_is_one_line() -> None:
    assert "\n" not in health_json.text(FULL)


def spoilt(**fields: object) -> str:
    return json.dumps(json.loads(health_json.text(FULL)) | fields)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[" * 100_000,
        spoilt(claim=["sideways", 0, ""]),
        spoilt(claim=["up", 0]),
        spoilt(claim=3),
        spoilt(settled=["up", 10**30, ""]),
        spoilt(worse=[]),
        spoilt(worse={"down": None}),
        spoilt(better={"down": ["x", 0, ""]}),
        spoilt(blind={"a": 1}),
        spoilt(changes=["noon"]),
        spoilt(changes=[float("nan")]),
    ],
)
def test_anything_else_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own messages among them
        health_json.parse(text)
