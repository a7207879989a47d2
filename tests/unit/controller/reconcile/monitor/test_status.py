"""The status of a Monitor and its events, from what is known of it."""

from datetime import timedelta

import pytest

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.apply.events import NORMAL, WARNING, ObjectEvent
from allswell.controller.reconcile.monitor import status as monitor_status
from allswell.domain.state import State
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.views.monitor import MonitorStatusView, MonitorView
from tests.unit.controller.objects import NOW, monitor

RUNNING = Condition("Ready", TRUE, "Running", "the checker runs")
UP = MonitorStatus(State.UP, NOW - timedelta(hours=1), "", True, "99.98", 12_345)
DOWN = MonitorStatus(State.DOWN, NOW, "HTTP 503", seen=True)


def view(status: MonitorStatusView | None = None, **spec: object) -> MonitorView:
    """Return the Monitor api, with that status."""
    return MonitorView.parse({**monitor(**spec), "status": status.content if status else {}})


def build(
    recorded: MonitorStatus | None,
    before: MonitorStatusView | None = None,
    ready: Condition = RUNNING,
) -> MonitorStatusView:
    return monitor_status.build(view(before), (ready,), recorded, NOW)


def test_the_status_shows_what_the_central_database_records() -> None:
    content = build(UP).content
    shown = {key: content[key] for key in ("state", "since", "uptime", "latency", "target")}
    assert shown == {
        "state": "up",
        "since": "2026-11-23T11:00:00Z",
        "uptime": "99.98%",
        "latency": "12ms",
        "target": "https://example.com/",
    }
    assert "reason" not in content


def test_a_database_that_cannot_be_read_leaves_what_was_recorded_last() -> None:
    before = build(DOWN)
    after = build(None, before, Condition("Ready", FALSE, "Updating"))
    assert after.figures == before.figures
    assert [after.conditions.get(kind) for kind in ("Up", "Fresh")] == [
        before.conditions.get(kind) for kind in ("Up", "Fresh")
    ]
    assert after.conditions.status_of("Ready") == FALSE


def test_the_same_again_equals_what_the_api_server_shows_in_any_order() -> None:
    before = build(UP)
    entries = before.content["conditions"]
    assert isinstance(entries, list)
    shown = MonitorStatusView.parse({**before.content, "conditions": entries[::-1]})
    assert build(UP, shown).equals(shown)
    assert not build(DOWN, shown).equals(shown)


def test_a_spec_that_cannot_be_read_has_no_target() -> None:
    invalid = view(interval="2w")
    status = monitor_status.build(invalid, (RUNNING,), UP, NOW)
    assert invalid.monitor is None
    assert not {"target", "effective"} & status.content.keys()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, UP, ObjectEvent(NORMAL, "Up", "the target is up")),
        (UP, DOWN, ObjectEvent(WARNING, "Down", "the target is down: HTTP 503")),
        (
            DOWN,
            MonitorStatus(State.DEGRADED, NOW, "slow", seen=True),
            ObjectEvent(NORMAL, "Degraded", "the target is degraded: slow"),
        ),
        (
            UP,
            MonitorStatus(State.UNKNOWN, NOW, "NoData", seen=False),
            ObjectEvent(WARNING, "Silent", "no result has come in for longer than is allowed"),
        ),
    ],
)
def test_a_change_of_state_is_one_event(
    before: MonitorStatus | None, after: MonitorStatus, expected: ObjectEvent
) -> None:
    first = build(before)
    second = build(after, first)
    assert monitor_status.events(first.conditions, second.conditions) == (expected,)
    assert monitor_status.events(second.conditions, build(after, second).conditions) == ()


def test_ready_is_an_event_when_it_goes_wrong_and_when_its_reason_changes() -> None:
    first = build(UP)
    pulling = Condition("Ready", FALSE, "ErrImagePull", "no such image")
    second = build(UP, first, pulling)
    third = build(UP, second, Condition("Ready", FALSE, "Rejected", "403"))
    reasons = [
        [event.reason for event in monitor_status.events(one.conditions, other.conditions)]
        for one, other in ((first, second), (second, third), (third, first))
    ]
    assert reasons == [["ErrImagePull"], ["Rejected"], []]
