from datetime import timedelta

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.reconcile.monitor import status as monitor_status
from allswell.controller.reconcile.monitor import status_debounce
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
    ready_for: timedelta | None = None,
    **fields: object,
) -> timedelta:
    since = None if ready_for is None else NOW - ready_for
    view = MonitorView.parse({**live, "spec": monitor(**fields)["spec"]})
    return status_debounce.wait_before_write(view, [said], recorded, ready_since=since, now=NOW)


def test_a_checker_that_is_ready_is_given_time_for_its_first_result() -> None:
    assert wait(NEW, RUNNING, ready_for=2 * SECOND, interval="1h") == timedelta(seconds=45)
    assert wait(NEW, RUNNING, ready_for=2 * SECOND, interval="10s") == timedelta(seconds=25)
    assert wait(NEW, RUNNING, ready_for=47 * SECOND, interval="1h") == status_debounce.NONE


def test_the_time_has_an_end_whatever_the_spec_says() -> None:
    confirm = {"failures": 10, "every": "1m"}
    left = wait(NEW, RUNNING, ready_for=SECOND, interval="1h", timeout="30s", confirm=confirm)
    assert left == status_debounce.LONGEST - SECOND


def test_a_first_result_is_given_a_moment_for_the_pod_to_be_ready() -> None:
    assert wait(NEW, STARTING, UP) == timedelta(seconds=3)
    late = MonitorStatus(State.DOWN, NOW - 10 * SECOND, "Timeout", seen=True)
    assert wait(NEW, STARTING, late) == status_debounce.NONE


def test_both_together_are_written_at_once() -> None:
    assert wait(NEW, RUNNING, UP, ready_for=SECOND) == status_debounce.NONE


def test_trouble_is_written_at_once() -> None:
    assert wait(NEW, Condition("Ready", FALSE, "ErrImagePull")) == status_debounce.NONE
    assert wait(NEW, Condition("Ready", TRUE, "Paused")) == status_debounce.NONE


def test_what_happens_to_a_monitor_that_is_known_is_written_at_once() -> None:
    known = with_status(STARTING, recorded=UP)
    assert wait(known, RUNNING, ready_for=SECOND) == status_debounce.NONE
    assert wait(with_status(RUNNING), STARTING, UP) == status_debounce.NONE
    assert wait(monitor(), RUNNING, ready_for=SECOND) == status_debounce.NONE


def test_a_spec_that_was_changed_meanwhile_is_acknowledged_at_once() -> None:
    assert (
        wait(with_status(STARTING, generation=2), RUNNING, ready_for=SECOND) == status_debounce.NONE
    )


def test_a_nodes_clock_that_is_ahead_does_not_silence_the_monitor() -> None:
    assert wait(NEW, RUNNING, ready_for=-timedelta(hours=1)) == status_debounce.NONE


def test_without_the_collector_nothing_is_known_and_a_ready_checker_is_given_its_time() -> None:
    assert wait(NEW, RUNNING, None, ready_for=SECOND) > status_debounce.NONE
    assert wait(NEW, STARTING, None) == status_debounce.NONE
