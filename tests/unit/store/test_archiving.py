"""What an archive has may go, what it lacks stays, and what comes late is archived once."""

from datetime import timedelta

import pytest

from allswell.store import EnrolledMonitor, Pruned, Store, StoreCounts, Unarchived
from tests.unit.store.examples import NOW, TODAY, all_samples, at, batched, day_report, sample

DAY = 24 * 60
TOMORROW = TODAY + timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def api(store: Store) -> EnrolledMonitor:
    """Return a monitor with two results of today, which is sealed."""
    found = store.enroll("api", "t")
    store.commit([batched(found, 0), batched(found, 1)])
    store.seal(found.number, day_report(found, 1, checks=2))
    return found


def due(store: Store) -> tuple[Unarchived, ...]:
    return store.unarchived(TOMORROW, 10)


def archive(store: Store) -> Unarchived:
    (day,) = due(store)
    store.mark_gathered(day)
    assert store.mark_archived(day)
    return day


def counted(store: Store) -> tuple[int, object]:
    found: StoreCounts = store.counts()
    return found.unarchived, found.oldest


def test_a_sealed_day_is_due_until_it_is_archived(store: Store, api: EnrolledMonitor) -> None:
    assert due(store) == (Unarchived("api", api.number, TODAY, 1, api.store, whole=True),)
    assert counted(store) == (1, TODAY)
    archive(store)
    assert due(store) == ()
    assert counted(store) == (0, None)


def test_a_day_that_is_not_sealed_or_not_over_is_not_due(
    store: Store, api: EnrolledMonitor
) -> None:
    store.commit([batched(api, DAY)])
    assert [day.day for day in store.unarchived(TOMORROW + timedelta(days=1), 10)] == [TODAY]
    assert store.unarchived(TODAY, 10) == ()


def test_days_are_due_oldest_first_whoevers_they_are(store: Store) -> None:
    web, api = store.enroll("web", "t"), store.enroll("api", "t")
    store.commit([batched(web, DAY), batched(api, 0)])
    store.seal(api.number, day_report(api, 1, checks=1))
    later = day_report(web, 1, TOMORROW, checks=1)
    store.seal(web.number, type(later)("web", web.store, 1, later.rollup))
    found = store.unarchived(TOMORROW + timedelta(days=1), 10)
    assert [(day.monitor, day.day) for day in found] == [("api", TODAY), ("web", TOMORROW)]
    assert len(store.unarchived(TOMORROW + timedelta(days=1), 1)) == 1


@pytest.mark.usefixtures("api")
def test_what_was_not_gathered_cannot_be_archived(store: Store) -> None:
    (day,) = due(store)
    assert not store.mark_archived(day)


def test_a_sample_that_comes_while_a_day_is_read_undoes_the_reading(
    store: Store, api: EnrolledMonitor
) -> None:
    (day,) = due(store)
    store.mark_gathered(day)
    store.commit([batched(api, 2)])
    assert not store.mark_archived(day)
    assert due(store) == ()  # it is rolled up first
    store.seal(api.number, day_report(api, 2, checks=3))
    assert [found.revision for found in due(store)] == [2]


@pytest.mark.parametrize("gone", ["lost", "removed"])
def test_one_that_comes_while_a_day_is_read_of_which_some_is_gone_undoes_the_reading_too(
    store: Store, api: EnrolledMonitor, gone: str
) -> None:
    """Such a day is archived as it is, changed or not: nothing else tells that one is missing."""
    store._run(lambda c: c.execute(f"UPDATE day SET {gone} = 1"))
    (day,) = due(store)
    store.mark_gathered(day)
    store.commit([batched(api, 2)])
    assert not store.mark_archived(day)
    assert [found.day for found in due(store)] == [TODAY]


def test_a_late_sample_makes_a_day_due_again_under_the_store_it_was_archived_as(
    store: Store, api: EnrolledMonitor
) -> None:
    archive(store)
    renewed = store.renew("api", None)
    store.commit([batched(api, 2)])
    store.seal(api.number, day_report(renewed, 2, checks=3))
    assert due(store) == (Unarchived("api", api.number, TODAY, 2, api.store, whole=True),)


def test_with_an_archive_only_archived_days_pass_away(store: Store, api: EnrolledMonitor) -> None:
    retention = {api.number: WEEK}
    assert store.prune(retention, at(30 * DAY), archived_only=True) == Pruned(0, 0, 0)
    archive(store)
    assert store.prune(retention, at(6 * DAY), archived_only=True) == Pruned(0, 0, 0)
    assert store.prune(retention, at(30 * DAY), archived_only=True) == Pruned(2, 0, 0)
    assert store.counts().raw_lost == 0


def test_without_an_archive_retention_alone_decides(store: Store, api: EnrolledMonitor) -> None:
    assert store.prune({api.number: WEEK}, at(30 * DAY)).samples == 2


@pytest.mark.usefixtures("api")
def test_a_monitor_that_is_no_longer_run_waits_for_no_archive(store: Store) -> None:
    assert store.prune({}, at(30 * DAY), archived_only=True).samples == 2


def test_a_sample_after_its_day_was_archived_and_removed_is_an_addition(
    store: Store, api: EnrolledMonitor
) -> None:
    archive(store)
    store.prune({api.number: WEEK}, at(30 * DAY), archived_only=True)
    store.commit([batched(api, 2)])
    (day,) = due(store)
    assert (day.whole, day.store) == (False, api.store)
    store.mark_gathered(day)
    assert store.mark_archived(day)
    assert due(store) == ()


def test_what_is_left_of_a_day_that_is_archived_and_partly_gone_is_not_archived_twice(
    store: Store, api: EnrolledMonitor
) -> None:
    archive(store)
    store.prune({api.number: timedelta(seconds=30)}, at(1))
    assert all_samples(store, api) == [sample(1)]
    store.commit([batched(api, 2)])
    assert all_samples(store, api) == [sample(2)]
    assert [day.whole for day in due(store)] == [False]
    store.commit([batched(api, 3)])
    assert all_samples(store, api) == [sample(2), sample(3)]


def test_a_damaged_day_is_due_again_while_its_samples_are_here(
    store: Store, api: EnrolledMonitor
) -> None:
    assert not store.mark_damaged("api", TODAY)
    archive(store)
    assert not store.mark_damaged("web", TODAY)
    assert not store.mark_damaged("api", TOMORROW)
    assert store.mark_damaged("api", TODAY)
    assert [day.whole for day in due(store)] == [True]
    archive(store)
    store.prune({api.number: WEEK}, at(30 * DAY), archived_only=True)
    assert not store.mark_damaged("api", TODAY)


def test_a_day_of_which_rows_were_lost_is_archived_as_it_is(
    store: Store, api: EnrolledMonitor
) -> None:
    store.commit([batched(api, 2)])
    store._run(lambda c: c.execute("UPDATE day SET lost = 1"))
    assert [day.whole for day in due(store)] == [True]
    archive(store)
    store.commit([batched(api, 3)])
    assert len(due(store)) == 1
    assert NOW.date() == TODAY
