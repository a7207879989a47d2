"""In which order reports leave the file, and when they come back."""

from datetime import timedelta

import pytest

from allswell.store import OutboxEnvelope, Store
from tests.unit.store.conftest import Open
from tests.unit.store.examples import NOW, TODAY, at, batched, change, day_report, waiting

YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


def test_reports_leave_in_the_order_in_which_they_were_kept(store: Store) -> None:
    api, web = store.enroll("api", "t"), store.enroll("web", "t")
    first, second = change(api, 1), change(web, 1, 1, name="web")
    third = change(api, 2, -30)
    store.commit([batched(api, 0, first), batched(web, 1, second)])
    store.commit([batched(api, 2, third)])
    assert waiting(store) == [first, second, third]
    assert [each.envelope for each in store.outbox(2, NOW)] == [first, second]


def test_what_is_delivered_does_not_leave_again(store: Store) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1)), batched(api, 1, change(api, 2, 1))])
    store.mark_delivered([store.outbox(1, NOW)[0].id], NOW)
    assert waiting(store) == [change(api, 2, 1)]


def test_what_is_dead_does_not_leave_again_and_is_counted(store: Store) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1)), batched(api, 1, change(api, 2, 1))])
    store.mark_dead(store.outbox(1, NOW)[0].id, "HTTP 422: since is in the future", NOW)
    assert waiting(store) == [change(api, 2, 1)]
    assert store.counts().dead == 1


def test_what_was_delivered_cannot_die_nor_the_dead_be_delivered(store: Store) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1)), batched(api, 1, change(api, 2, 1))])
    first, second = (each.id for each in store.outbox(2, NOW))
    store.mark_delivered([first], NOW)
    store.mark_dead(first, "late", NOW)
    store.mark_dead(second, "refused", NOW)
    store.mark_delivered([second], NOW)
    assert store.counts().dead == 1
    assert store.requeue("api", api.store, 0, None) == 1


def test_a_deferred_report_holds_up_its_monitor_and_no_other(store: Store) -> None:
    api, web = store.enroll("api", "t"), store.enroll("web", "t")
    store.commit([batched(api, 0, change(api, 1)), batched(web, 0, change(web, 1, name="web"))])
    store.commit([batched(api, 1, change(api, 2, 1))])
    store.defer([store.outbox(1, NOW)[0].id], at(5))
    assert waiting(store, 4) == [change(web, 1, name="web")]
    again = store.outbox(1, at(5))[0]
    assert again == OutboxEnvelope(again.id, change(api, 1), 1)


def test_a_clock_set_back_an_hour_does_not_hold_a_deferred_report_for_an_hour(
    store: Store,
) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1))])
    store.defer([store.outbox(1, NOW)[0].id], at(5))
    assert waiting(store, -60) == [change(api, 1)]


def test_a_restart_tries_at_once_what_was_deferred(opened: Open) -> None:
    store = opened()
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1))])
    store.defer([store.outbox(1, NOW)[0].id], at(5))
    store.close()
    assert [each.envelope for each in opened().outbox(1, NOW)] == [change(api, 1)]


def test_a_restored_collector_is_sent_the_transitions_it_forgot_in_order(store: Store) -> None:
    api = store.enroll("api", "t")
    changes = [change(api, number, number) for number in (1, 2, 3, 4)]
    for each in changes:
        store.commit([batched(api, each.sequence, each)])
    store.mark_delivered([each.id for each in store.outbox(3, NOW)], NOW)
    assert store.requeue("api", api.store, 1, None) == 2
    assert waiting(store) == changes[1:]


def test_a_restored_collector_is_sent_the_days_since_what_it_knows_each_once(store: Store) -> None:
    api = store.enroll("api", "t")
    store.seal(api.number, day_report(api, 1, YESTERDAY))
    store.commit([batched(api, 0, change(api, 1))])
    store.seal(api.number, day_report(api, 1, TODAY))
    store.seal(api.number, day_report(api, 2, TODAY))
    store.seal(api.number, day_report(api, 1, TOMORROW))
    store.mark_delivered([each.id for each in store.outbox(10, NOW)], NOW)
    assert store.requeue("api", api.store, 1, YESTERDAY) == 2
    assert waiting(store) == [day_report(api, 2, TODAY), day_report(api, 1, TOMORROW)]


def test_a_collector_that_knows_nothing_is_sent_everything(store: Store) -> None:
    api = store.enroll("api", "t")
    store.seal(api.number, day_report(api, 1, YESTERDAY))
    store.commit([batched(api, 0, change(api, 1))])
    store.mark_delivered([each.id for each in store.outbox(10, NOW)], NOW)
    assert store.requeue("api", api.store, 0, None) == 2
    assert waiting(store) == [day_report(api, 1, YESTERDAY), change(api, 1)]


@pytest.mark.parametrize("other", ["store", "monitor"])
def test_what_another_store_or_monitor_sent_is_not_sent_again(store: Store, other: str) -> None:
    api, web = store.enroll("api", "t"), store.enroll("web", "t")
    store.commit([batched(api, 0, change(api, 1))])
    store.mark_delivered([store.outbox(1, NOW)[0].id], NOW)
    asked = ("api", web.store) if other == "store" else ("web", api.store)
    assert store.requeue(*asked, 0, None) == 0
    assert waiting(store) == []


def test_a_collector_that_forgot_a_store_that_was_given_up_is_sent_it_too(store: Store) -> None:
    api = store.enroll("api", "t")
    store.commit([batched(api, 0, change(api, 1))])
    store.mark_delivered([store.outbox(1, NOW)[0].id], NOW)
    store.renew("api", None)
    assert store.requeue("api", api.store, 0, None) == 1
    assert waiting(store) == [change(api, 1)]
