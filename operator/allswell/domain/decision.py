"""Decide by an ordered list of named checks: the first one that has a finding decides.

A check is a small pure function with a name of its own. It returns its finding, or None where it
has nothing to report. The order stands in the list beside the checks, not in nested conditions.
"""

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Finding = TypeVar("Finding")


def first_finding(
    checks: Iterable[Callable[P, Finding | None]], *args: P.args, **kwargs: P.kwargs
) -> Finding | None:
    """Return the finding of the first check that has one; None when no check has any."""
    findings = (check(*args, **kwargs) for check in checks)
    return next((finding for finding in findings if finding is not None), None)
