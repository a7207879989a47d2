from datetime import UTC, datetime
from pathlib import Path

import pytest

from allswell.cli.secret import Secret
from allswell.cli.up.screen import Screen
from allswell.cli.yamlfile import LocatedProblem
from allswell.collector.state import StateChange
from allswell.domain import state
from allswell.domain.health import HealthClaim
from allswell.domain.state import State

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PROBLEM = LocatedProblem(Path("a.yaml"), 3, "spec.url", "this is missing", "write it")


@pytest.fixture
def screen() -> Screen:
    return Screen(lambda: NOON)


def change(reason: str, monitor: str = "api", namespace: str = "default") -> StateChange:
    return StateChange(namespace, monitor, HealthClaim(state.of(reason), NOON, reason))


def secret(name: str, value: str = "1", namespace: str = "default") -> Secret:
    return Secret(namespace, name, {"k": value})


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what standard output shows, without the time of day."""
    return [line[10:] for line in capsys.readouterr().out.splitlines()]


def test_a_change_of_state_is_one_line_with_its_reason(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.state_changed(change(""))
    (line,) = printed(capsys)
    assert line.startswith("up        api  since ")
    screen.state_changed(change("HTTP 503"))
    assert printed(capsys)[0].startswith("down      api  HTTP 503  since ")


def test_a_namespace_is_named_unless_it_is_the_usual_one(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.state_changed(change("", namespace="edge"))
    assert printed(capsys)[0].startswith("up        edge/api  since ")


def test_a_reason_is_explained_only_the_first_time(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.state_changed(change("Timeout"))
    assert printed(capsys)[1:] == [
        "`allswell check FILE api` shows what was expected and what was seen."
    ]
    screen.state_changed(change("Timeout", "web"))
    assert len(printed(capsys)) == 1


@pytest.mark.parametrize("reason", [state.DNS_FAILED, state.UNREACHABLE])
def test_what_a_lost_network_looks_like_is_not_blamed_on_the_target(
    screen: Screen, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    screen.state_changed(change(reason))
    assert (
        "If this machine is offline, that is the cause: nothing is wrong with the target."
        in printed(capsys)
    )


def test_the_checkers_own_trouble_is_explained_without_blaming_the_target(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    for reason in (state.EGRESS_LOST, state.SECRET_MISSING):
        assert state.of(reason) is State.UNKNOWN
        screen.state_changed(change(reason))
        lines = printed(capsys)
        assert len(lines) > 1
        assert not any("allswell check" in line for line in lines)


def test_problems_are_shown_once_and_their_end_is_said(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.problems((), [PROBLEM])
    seen = capsys.readouterr()
    assert seen.err == "a.yaml:3: spec.url: this is missing; write it\n"
    assert seen.out.endswith(
        "objects with problems keep their last good state until they are fixed\n"
    )
    screen.problems([PROBLEM], [PROBLEM])
    assert capsys.readouterr() == ("", "")
    screen.problems([PROBLEM], ())
    assert printed(capsys) == ["all problems are fixed"]
    screen.problems((), ())
    assert printed(capsys) == []


def test_at_the_start_there_is_no_last_state_to_speak_of(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.problems((), [PROBLEM], at_start=True)
    assert printed(capsys) == ["objects with problems do not run until they are fixed"]


def test_an_edit_is_told_as_what_was_added_changed_and_removed(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (secret("a"), secret("b"), secret("c"))
    screen.changed(before, (secret("a"), secret("b", "2"), secret("d", namespace="edge")))
    assert printed(capsys) == [
        "changed   Secret b",
        "added     Secret edge/d",
        "removed   Secret c",
    ]


def test_a_page_that_lacks_a_monitor_is_told_once_and_runs(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.dangling((), [PROBLEM])
    seen = capsys.readouterr()
    assert seen.err == "a.yaml:3: spec.url: this is missing; write it\n"
    assert seen.out.endswith("the page is served without that Monitor until the problem is fixed\n")
    screen.dangling([PROBLEM], [PROBLEM])
    assert capsys.readouterr() == ("", "")
