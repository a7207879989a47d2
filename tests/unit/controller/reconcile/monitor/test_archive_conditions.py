"""The conditions of a Monitor's raw results, which cost few writes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from allswell.central.archive_catalogue import ArchiveTotals
from allswell.central.monitor_status import MonitorStatus
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.controller.metrics.archive_metrics import ArchiveMetrics
from allswell.controller.reconcile.monitor import archive_conditions
from allswell.controller.reconcile.monitor import status as monitor_status
from allswell.controller.reconcile.monitor.archive_conditions import (
    ARCHIVING,
    LOSING,
    NO_ARCHIVE,
)
from allswell.kube.conditions import FALSE, TRUE, Condition, Conditions
from allswell.kube.views.monitor import MonitorStatusView, MonitorView
from tests.unit.controller.objects import monitor

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
TODAY = date(2026, 11, 25)
DAY = timedelta(days=1)
SILENT = Conditions()
MONITOR = MonitorView.parse(monitor())


def backlog(**fields: object) -> ArchiveBacklog:
    return ArchiveBacklog(configured=True, **fields)  # type: ignore[arg-type]


def status(condition: Condition) -> MonitorStatusView:
    ready = Condition("Ready", TRUE, "Running")
    return monitor_status.build(MONITOR, (ready, condition), MonitorStatus(), NOW)


def conditions_of(condition: Condition) -> Conditions:
    return status(condition).conditions


def test_without_an_archive_it_says_so_whatever_was_said_before() -> None:
    assert (
        archive_conditions.archived(ArchiveBacklog(), 1, conditions_of(ARCHIVING), NOW)
        == NO_ARCHIVE
    )
    assert NO_ARCHIVE.status == FALSE


def test_a_new_monitor_is_archived_before_its_checker_speaks_and_after() -> None:
    it = backlog()
    assert archive_conditions.archived(it, None, SILENT, NOW) == ARCHIVING
    assert archive_conditions.archived(it, 1, SILENT, NOW) == ARCHIVING
    it.record(1, 0, None)
    assert archive_conditions.archived(it, 1, SILENT, NOW) == ARCHIVING


@pytest.mark.parametrize(("back", "is_behind"), [(1, False), (2, False), (3, True), (9, True)])
def test_days_that_wait_for_long_are_reported_by_the_oldest(back: int, *, is_behind: bool) -> None:
    it = backlog()
    it.record(1, 3, TODAY - back * DAY)
    condition = archive_conditions.archived(it, 1, SILENT, NOW)
    assert (condition.reason == "Behind") is is_behind
    assert (str(TODAY - back * DAY) in condition.message) is is_behind


def test_what_the_archive_has_lost_is_reported_first() -> None:
    it = backlog(damaged={1: (TODAY - 5 * DAY, TODAY - 4 * DAY)})
    it.record(1, 3, TODAY - 9 * DAY)
    condition = archive_conditions.archived(it, 1, SILENT, NOW)
    assert (condition.reason, str(TODAY - 5 * DAY) in condition.message) == ("Damaged", True)
    assert archive_conditions.archived(it, 2, SILENT, NOW) == ARCHIVING


def test_after_a_restart_what_was_reported_stays_until_the_checker_speaks() -> None:
    it = backlog()
    it.record(1, 3, TODAY - 9 * DAY)
    behind = archive_conditions.archived(it, 1, SILENT, NOW)
    assert archive_conditions.archived(backlog(), 1, conditions_of(behind), NOW) == behind
    assert archive_conditions.archived(backlog(), 1, conditions_of(NO_ARCHIVE), NOW) == ARCHIVING


def test_a_volume_that_loses_results_is_reported_with_an_archive_and_without() -> None:
    for it, archived in ((backlog(), ARCHIVING), (ArchiveBacklog(), NO_ARCHIVE)):
        it.record(1, 0, None, losing=True)
        assert archive_conditions.build(it, 1, SILENT, NOW) == (archived, LOSING)
        assert archive_conditions.build(it, 2, SILENT, NOW) == (archived,)
        it.record(1, 0, None)
        assert archive_conditions.build(it, 1, conditions_of(LOSING), NOW) == (archived,)


def test_after_a_restart_a_loss_stays_reported_until_the_checker_speaks() -> None:
    assert archive_conditions.build(backlog(), 1, conditions_of(LOSING), NOW) == (ARCHIVING, LOSING)
    assert archive_conditions.build(backlog(), 1, conditions_of(ARCHIVING), NOW) == (ARCHIVING,)


def test_a_monitor_that_is_forgotten_loses_nothing_any_more() -> None:
    it = backlog()
    it.record(1, 0, None, losing=True)
    it.keep_only([2])
    assert it.losing == set()


@pytest.mark.parametrize("condition", [NO_ARCHIVE, ARCHIVING, LOSING])
def test_it_changes_nothing_of_ready_and_is_no_event(condition: Condition) -> None:
    said = status(condition)
    assert said.conditions.status_of("Ready") == TRUE
    assert said.conditions.status_of(condition.type) == condition.status
    assert monitor_status.events(conditions_of(ARCHIVING), said.conditions) == ()


def test_the_metrics_show_that_there_is_no_archive() -> None:
    registry = CollectorRegistry()
    ArchiveMetrics(registry, ArchiveBacklog(), lambda: NOW)
    assert "allswell_archive_configured 0.0" in generate_latest(registry).decode()


def test_the_metrics_show_what_waits_what_is_there_and_what_is_damaged() -> None:
    registry, it = CollectorRegistry(), backlog()
    metrics = ArchiveMetrics(registry, it, lambda: NOW)
    it.record(1, 2, TODAY - 3 * DAY)
    it.record(2, 1, TODAY - 1 * DAY)
    it.record(3, 0, None)
    metrics.show_totals(ArchiveTotals(5, 40_000, 7_200, 1))
    metrics.count_step("record", "failed")
    said = generate_latest(registry).decode()
    for line in (
        "allswell_archive_configured 1.0",
        "allswell_archive_backlog_days 3.0",
        f"allswell_archive_backlog_age_seconds {2 * 86_400 + 10 * 3_600}.0",
        "allswell_archive_objects 5.0",
        "allswell_archive_bytes 40000.0",
        "allswell_archive_samples 7200.0",
        "allswell_archive_damaged_objects 1.0",
        'allswell_archive_steps_total{result="failed",step="record"} 1.0',
    ):
        assert line in said
