import pytest

from allswell.cli import check
from allswell.cli.check import CheckResult
from allswell.domain import state
from allswell.domain.spec import monitor
from allswell.probe.outcome import Outcome

MONITOR = monitor.read(
    {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": "api"},
        "spec": {"interval": "30s", "tcp": {"host": "api.example", "port": 443}},
    }
)


@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        (state.TIMEOUT, "it counts as down after 2 such checks in a row, 5s apart"),
        (state.SECRET_MISSING, "it counts as unknown after 2 such checks in a row, 5s apart"),
    ],
)
def test_a_verdict_says_when_it_counts_and_as_what(reason: str, counts: str) -> None:
    assert check.explain(CheckResult(MONITOR, Outcome(reason))).endswith(counts)
