"""A `Health` as JSON text, for the checker's file: what is written is read back the same."""

import json
from collections.abc import Mapping

from allswell.domain import instant
from allswell.domain.health import Claim, Health, Run
from allswell.domain.state import State


def text(health: Health) -> str:
    """One line of JSON."""
    return json.dumps(
        {
            "claim": _claim_json(health.claim),
            "settled": _claim_json(health.settled),
            "worse": {level.value: _run_json(run) for level, run in health.worse.items()},
            "better": {level.value: _run_json(run) for level, run in health.better.items()},
            "blind": _run_json(health.blind),
            "changes": [instant.to_ms(at) for at in health.changes],
            "flapping": health.flapping,
        },
        separators=(",", ":"),
    )


def parse(value: str) -> Health:
    """Read what `text` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    found = json.loads(value)
    return Health(
        claim=_claim(found["claim"]),
        settled=_claim(found["settled"]),
        worse=_runs(found["worse"]),
        better=_runs(found["better"]),
        blind=_run(found["blind"]),
        changes=tuple(instant.from_ms(at) for at in found["changes"]),
        flapping=found["flapping"],
    )


def _claim_json(claim: Claim | None) -> list[object] | None:
    return claim and [claim.state.value, instant.to_ms(claim.since), claim.reason]


def _claim(value: list[object] | None) -> Claim | None:
    if value is None:
        return None
    word, since, reason = value
    return Claim(State(str(word)), instant.from_ms(int(str(since))), str(reason))


def _run_json(run: Run | None) -> list[object] | None:
    return run and [run.count, instant.to_ms(run.since), run.reason]


def _run(value: list[object] | None) -> Run | None:
    if value is None:
        return None
    count, since, reason = value
    return Run(int(str(count)), instant.from_ms(int(str(since))), str(reason))


def _runs(value: Mapping[str, list[object]]) -> dict[State, Run]:
    return {State(level): Run(int(str(n)), instant.from_ms(int(str(at))), str(why))
            for level, (n, at, why) in value.items()}
