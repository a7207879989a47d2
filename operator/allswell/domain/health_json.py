"""Write a `Health` as JSON text for the checker's file, and read it back the same."""

import json
from typing import Any

from allswell.domain import instant
from allswell.domain.health import Health, HealthClaim, Streak
from allswell.domain.state import State


def text(health: Health) -> str:
    """Return a health as one line of JSON."""
    return json.dumps(
        {
            "claim": _claim_json(health.claim),
            "settled": _claim_json(health.settled),
            "worse": {level.value: _run_json(run) for level, run in health.worse.items()},
            "better": {level.value: _run_json(run) for level, run in health.better.items()},
            "blind": None if health.blind is None else _run_json(health.blind),
            "changes": [instant.to_ms(at) for at in health.changes],
            "flapping": health.flapping,
        },
        separators=(",", ":"),
    )


def parse(value: str) -> Health:
    """Read what `text` wrote. Raises ValueError for anything else."""
    try:
        return _health(json.loads(value))
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{value[:60]!r} is not a health") from error


def _health(fields: dict[str, Any]) -> Health:
    return Health(
        claim=_claim(fields["claim"]),
        settled=_claim(fields["settled"]),
        worse={State(level): _run(run) for level, run in fields["worse"].items()},
        better={State(level): _run(run) for level, run in fields["better"].items()},
        blind=None if fields["blind"] is None else _run(fields["blind"]),
        changes=tuple(instant.from_ms(at) for at in fields["changes"]),
        flapping=bool(fields["flapping"]),
    )


def _claim_json(claim: HealthClaim | None) -> list[object] | None:
    return None if claim is None else [claim.state.value, instant.to_ms(claim.since), claim.reason]


def _claim(value: list[Any] | None) -> HealthClaim | None:
    if value is None:
        return None
    word, since, reason = value
    return HealthClaim(State(word), instant.from_ms(since), str(reason))


def _run_json(run: Streak) -> list[object]:
    return [run.count, instant.to_ms(run.since), run.reason]


def _run(value: list[Any]) -> Streak:
    count, since, reason = value
    return Streak(int(count), instant.from_ms(since), str(reason))
