"""What is removed when its time has passed, and what stays."""

from datetime import timedelta

from allswell.store import Pruned, Store
from tests.unit.store.conftest import Open
from tests.unit.store.examples import (
    NOW,
    TODAY,
    all_samples,
    at,
    batched,
    change,
    day_report,
    sample,
)

DAY = 24 * 60
WEEK = timedelta(days=7)


def test_samples_older_than_their_monitors_retention_go(store: Store) -> None:
    api, web = store.enroll("api", "t"), store.enroll("web", "t")
    for minute in range(0, 10 * DAY, 30):
        store.commit([batched(api, minute), batched(web, minute)])
    now = at(10 * DAY)
    retention = {api.number: timedelta(days=1), web.number: timedelta(days=9)}
    found = store.prune(retention, now)
    assert found == Pruned(9 * 48 + 48, 0, 0)
    assert min(each.started for each in all_samples(store, api)) == at(9 * DAY)
    assert min(each.started for each in all_samples(store, web)) == at(DAY)


def test_pruning_does_not_count_as_loss(store: Store) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api)])
    store.prune({api.number: WEEK}, at(8 * DAY))
    assert (store.counts().samples, store.counts().raw_lost) == (0, 0)


def test_a_monitor_that_is_no_longer_named_keeps_its_last_retention(store: Store) -> None:
    api, web = store.enroll("api", "t"), store.enroll("web", "t")
    store.commit([batched(api), batched(web)])
    store.prune({api.number: WEEK, web.number: timedelta(days=30)}, NOW)
    store.prune({api.number: WEEK}, at(20 * DAY))
    assert all_samples(store, web) == [sample()]
    store.prune({api.number: WEEK}, at(31 * DAY))
    assert all_samples(store, web) == []


def test_a_removed_monitor_is_forgotten_once_nothing_of_it_is_left(opened: Open) -> None:
    store = opened()
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1))])
    store.mark_delivered([store.outbox(1, NOW)[0].id], NOW)
    store.close()
    again = opened()
    assert again.prune({}, at(91 * DAY)) == Pruned(1, 1, 1)
    assert again.enroll("api", "t").fresh
    assert again.enroll("api", "t").number != api.number


def test_a_removed_monitors_waiting_reports_keep_it(opened: Open) -> None:
    store = opened()
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1))])
    store.close()
    again = opened()
    assert again.prune({}, at(400 * DAY)) == Pruned(1, 0, 0)
    assert [each.envelope for each in again.outbox(1, NOW)] == [change(api, 1)]


def test_a_monitor_that_is_enrolled_stays_though_nothing_is_stored_of_it(store: Store) -> None:
    api = store.enroll("api", "t")
    assert store.prune({}, at(400 * DAY)) == Pruned(0, 0, 0)
    assert store.enroll("api", "t") == api


def test_settled_reports_go_after_90_days_and_waiting_ones_never(store: Store) -> None:
    api = store.enroll("api", "t")
    for number in (1, 2, 3):
        store.commit([batched(api, number, change(api, number, number))])
    first, second, _ = (each.id for each in store.outbox(3, NOW))
    store.mark_delivered([first], NOW)
    store.mark_dead(second, "refused", at(DAY))
    assert store.prune({}, at(90 * DAY)).envelopes == 0
    assert store.prune({}, at(90 * DAY + 1)).envelopes == 1
    assert store.prune({}, at(91 * DAY + 1)).envelopes == 1
    assert store.counts().undelivered == 1


def test_a_days_revision_is_remembered_for_90_days_after_its_samples_went(store: Store) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, day_report(api, 1, checks=1))])
    store.prune({api.number: WEEK}, at(30 * DAY))
    assert [(each.day, each.revision) for each in store.days(api.number)] == [(TODAY, 1)]
    store.prune({api.number: WEEK}, at(92 * DAY))
    assert store.days(api.number) == ()


def test_pruning_leaves_room_that_new_samples_use(store: Store) -> None:
    api = store.enroll("api", "t")
    for day in range(30):
        store.commit([batched(api, day * DAY + minute) for minute in range(DAY)])
        store.prune({api.number: WEEK}, at((day + 1) * DAY))
        if day == 8:
            size = store.counts().size
    assert store.counts().size <= size * 1.05


def test_the_log_is_cut_to_nothing(opened: Open) -> None:
    store = opened()
    api = store.enroll("api", "t")
    store.commit([batched(api)])
    store.prune({}, NOW)
    assert store._path.with_name("checker.db-wal").stat().st_size == 0
