from datetime import timedelta

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.reconcile.monitor import status as monitor_status
from allswell.controller.reconcile.monitor import status_debounce
from allswell.controller.reconcile.monitor.status_debounce import StatusDebounce
from allswell.domain.state import State
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.views.monitor import MonitorView
from tests.unit.controller.objects import NOW, monitor

SECOND = timedelta(seconds=1)
STARTING = Condition("Ready", FALSE, "Starting")
RUNNING = Condition("Ready", TRUE, "Running")
NOTHING_YET = MonitorStatus()
UP = MonitorStatus(State.UP, NOW - SECOND, "", seen=True)


def with_status(
    *said: Condition, recorded: MonitorStatus = NOTHING_YET, generation: int = 1
) -> dict[str, object]:
    """Return a Monitor whose status has these conditions."""
    live = monitor()
    status = monitor_status.build(MonitorView.parse(live), said, recorded, NOW)
    metadata = {"name": "api", "namespace": "acme", "uid": "m1", "generation": generation}
    return {**live, "metadata": metadata, "status": status.content}


NEW = with_status(STARTING)


def wait(
    live: dict[str, object],
    said: Condition,
    recorded: MonitorStatus | None = NOTHING_YET,
    seen_for: timedelta = timedelta(),
    **fields: object,
) -> timedelta:
    """Return how long a status waits that was first decided on some time ago."""
    debounce = StatusDebounce()
    view = MonitorView.parse({**live, "spec": monitor(**fields)["spec"]})
    debounce.wait_before_write(view, [said], recorded, NOW - seen_for)
    return debounce.wait_before_write(view, [said], recorded, NOW)


def test_a_checker_that_is_ready_is_given_time_for_its_first_result() -> None:
    assert wait(NEW, RUNNING, seen_for=2 * SECOND, interval="1h") == timedelta(seconds=45)
    assert wait(NEW, RUNNING, seen_for=2 * SECOND, interval="10s") == timedelta(seconds=25)
    assert wait(NEW, RUNNING, seen_for=46 * SECOND, interval="1h") == SECOND


def test_the_time_has_an_end_whatever_the_spec_says() -> None:
    confirm = {"failures": 10, "every": "1m"}
    left = wait(NEW, RUNNING, seen_for=SECOND, interval="1h", timeout="30s", confirm=confirm)
    assert left == status_debounce.LONGEST - SECOND


def test_when_the_time_is_over_the_status_is_written_and_forgotten() -> None:
    debounce, view = StatusDebounce(), MonitorView.parse(NEW)
    waits = [
        debounce.wait_before_write(view, [STARTING], UP, NOW + seconds * SECOND)
        for seconds in (0, 4, 10, 11)
    ]
    assert [left / SECOND for left in waits] == [10, 6, 0, 10]


def test_a_first_result_is_given_a_moment_for_the_pod_to_be_ready() -> None:
    assert wait(NEW, STARTING, UP, seen_for=3 * SECOND) == timedelta(seconds=7)


def test_a_result_that_is_seen_late_is_given_the_same_time() -> None:
    late = MonitorStatus(State.DOWN, NOW - timedelta(minutes=5), "Timeout", seen=True)
    assert wait(NEW, STARTING, late) == status_debounce.READINESS


def test_both_together_are_written_at_once() -> None:
    assert wait(NEW, RUNNING, UP) == status_debounce.NONE


def test_trouble_is_written_at_once() -> None:
    assert wait(NEW, Condition("Ready", FALSE, "ErrImagePull")) == status_debounce.NONE
    assert wait(NEW, Condition("Ready", TRUE, "Paused")) == status_debounce.NONE


def test_what_happens_to_a_monitor_that_is_known_is_written_at_once() -> None:
    known = with_status(STARTING, recorded=UP)
    assert wait(known, RUNNING) == status_debounce.NONE
    assert wait(with_status(RUNNING), STARTING, UP) == status_debounce.NONE
    assert wait(monitor(), RUNNING) == status_debounce.NONE


def test_a_spec_that_was_changed_meanwhile_is_acknowledged_at_once() -> None:
    assert wait(with_status(STARTING, generation=2), RUNNING) == status_debounce.NONE


def test_a_clock_that_is_set_back_does_not_silence_the_monitor() -> None:
    left = wait(NEW, RUNNING, seen_for=-timedelta(hours=1), interval="1h")
    assert left == timedelta(seconds=47)


def test_a_monitor_made_anew_under_the_name_waits_its_own_time() -> None:
    debounce, again = StatusDebounce(), with_status(STARTING)
    again["metadata"] = {"name": "api", "namespace": "acme", "uid": "m2", "generation": 1}
    debounce.wait_before_write(MonitorView.parse(NEW), [STARTING], UP, NOW - 9 * SECOND)
    left = debounce.wait_before_write(MonitorView.parse(again), [STARTING], UP, NOW)
    assert left == status_debounce.READINESS


def test_without_the_collector_nothing_is_known_and_a_ready_checker_is_given_its_time() -> None:
    assert wait(NEW, RUNNING, None, seen_for=SECOND) > status_debounce.NONE
    assert wait(NEW, STARTING, None) == status_debounce.NONE
