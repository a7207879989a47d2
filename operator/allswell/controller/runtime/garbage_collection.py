"""Which rows of the central database have lost their manifest: a pure decision.

A row is hidden when two complete lists in a row have not shown its manifest. A list that failed
counts for nothing, and what a later list shows again is forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GarbageDecision:
    """What to hide now, and what is missing for the first time."""

    gone: frozenset[Place] = frozenset()
    missing: frozenset[Place] = frozenset()


def judge(
    before: GarbageDecision, rows: Iterable[Place], listed: Iterable[Place]
) -> GarbageDecision:
    """Compare one complete list with the rows that are living."""
    absent = frozenset(rows) - frozenset(listed)
    return GarbageDecision(gone=absent & before.missing, missing=absent - before.missing)


def within(rows: Iterable[Place], namespaces: Iterable[str]) -> frozenset[Place]:
    """The rows that a list of these namespaces could show; all when none are named."""
    watched = frozenset(namespaces)
    return frozenset(row for row in rows if not watched or row[0] in watched)
