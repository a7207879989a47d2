"""What the store keeps, gives back and counts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.domain import health as healths
from allswell.domain.health import Health, Streak
from allswell.domain.state import State
from allswell.store import BatchItem, BatchResult, OutOfStep, Store, StoreBusy, StoredDay
from tests.unit.store.conftest import Open
from tests.unit.store.examples import (
    DOWN,
    NOW,
    TODAY,
    UP,
    all_samples,
    at,
    batched,
    change,
    day_report,
    sample,
    seen,
    waiting,
)

CONFIRMING = Health(
    claim=UP,
    settled=UP,
    worse={State.DOWN: Streak(1, NOW, "Timeout")},
    blind=Streak(1, NOW, "Timeout"),
)


def test_a_monitor_that_was_never_checked_is_fresh(store: Store) -> None:
    found = store.enroll("api", "target")
    assert (found.fresh, found.sequence, found.health, found.observation) == (
        True,
        0,
        Health(),
        None,
    )


def test_a_monitor_with_one_sample_is_not_fresh(store: Store) -> None:
    store.commit([batched(store.enroll("api", "target"))])
    assert not store.enroll("api", "target").fresh


def test_every_monitor_has_a_store_id_of_its_own(store: Store) -> None:
    assert store.enroll("api", "t").store != store.enroll("web", "t").store


def test_everything_is_found_again_after_a_restart(opened: Open) -> None:
    store = opened()
    api = store.enroll("api", "target")
    store.commit(
        [BatchItem(api.number, sample(1, "HTTP 503"), CONFIRMING, seen(1), (change(api, 1),))]
    )
    store.close()
    again = opened()
    expected = replace(api, sequence=1, health=CONFIRMING, observation=seen(1), fresh=False)
    assert again.enroll("api", "target") == expected
    assert all_samples(again, api) == [sample(1, "HTTP 503")]
    assert waiting(again) == [change(api, 1)]
    assert again.set_aside is None


def test_another_target_forgets_what_was_being_confirmed_and_nothing_else(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([BatchItem(api.number, sample(), CONFIRMING, seen())])
    changed = store.enroll("api", "another")
    assert changed.health == healths.retargeted(CONFIRMING)
    assert (changed.store, changed.observation) == (api.store, seen())


def test_the_same_target_keeps_what_is_being_confirmed(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([BatchItem(api.number, sample(), CONFIRMING, seen())])
    assert store.enroll("api", "target").health == CONFIRMING


def test_a_renewed_store_counts_from_zero_and_keeps_samples_and_waiting_reports(
    store: Store,
) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, 0, change(api, 1))])
    new = store.renew("api", UP)
    assert new.store != api.store
    assert (new.number, new.sequence, new.health) == (api.number, 0, healths.starting_from(UP))
    store.commit([batched(new, 1, change(new, 1, 1))])
    assert all_samples(store, api) == [sample(0), sample(1)]
    assert waiting(store) == [change(api, 1), change(new, 1, 1)]


def test_a_transition_under_a_store_id_that_was_given_up_is_refused(store: Store) -> None:
    api = store.enroll("api", "target")
    store.renew("api", None)
    with pytest.raises(OutOfStep, match="does not follow"):
        store.commit([batched(api, 0, change(api, 1))])


def test_an_empty_store_starts_where_the_collector_stands_and_reports_nothing(store: Store) -> None:
    api = store.enroll("api", "target")
    found = store.start_from("api", DOWN)
    assert (found.store, found.sequence) == (api.store, 0)
    assert found.health == healths.starting_from(DOWN)
    assert waiting(store) == []


def test_a_store_with_a_claim_does_not_take_the_collectors_state(
    store: Store,
) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, 0, change(api, 1))])
    with pytest.raises(OutOfStep, match="1 transitions of its own"):
        store.start_from("api", UP)


@pytest.mark.parametrize("sequence", [0, 2])
def test_a_transition_whose_number_does_not_follow_refuses_the_whole_batch(
    store: Store, sequence: int
) -> None:
    api = store.enroll("api", "target")
    with pytest.raises(OutOfStep, match="does not follow"):
        store.commit([batched(api, 0), batched(api, 1, change(api, sequence))])
    assert all_samples(store, api) == []
    assert store.enroll("api", "target").fresh


def test_an_unknown_number_refuses_the_whole_batch(store: Store) -> None:
    api = store.enroll("api", "target")
    with pytest.raises(OutOfStep, match="number 7"):
        store.commit([batched(api), replace(batched(api), number=7)])
    assert all_samples(store, api) == []


def test_a_monitor_that_is_not_enrolled_cannot_be_renewed(store: Store) -> None:
    with pytest.raises(OutOfStep, match="not enrolled"):
        store.renew("api", None)


def test_a_reason_that_is_not_on_the_list_is_refused(store: Store) -> None:
    api = store.enroll("api", "target")
    with pytest.raises(ValueError, match="not a reason"):
        store.commit([replace(batched(api), sample=sample(0, "Boredom"))])


def test_two_samples_of_one_millisecond_are_both_kept_the_later_one_moved(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api), batched(api), batched(api)])
    moved = [replace(sample(), started=NOW + timedelta(milliseconds=ms)) for ms in range(3)]
    assert all_samples(store, api) == moved


def test_a_clock_that_is_set_back_an_hour_loses_no_sample(store: Store) -> None:
    api = store.enroll("api", "target")
    hours = [store.commit([batched(api, minute)]) for hour in range(2) for minute in range(60)]
    assert hours == [BatchResult(1)] * 120
    assert len(all_samples(store, api)) == 120


def test_health_alone_can_be_kept(store: Store) -> None:
    api = store.enroll("api", "target")
    part = BatchItem(api.number, None, CONFIRMING, seen())
    assert store.commit([part]) == BatchResult(0)
    assert store.enroll("api", "target").health == CONFIRMING


def test_samples_are_those_from_start_to_before_end_of_one_monitor_in_order(store: Store) -> None:
    api, web = store.enroll("api", "t"), store.enroll("web", "t")
    store.commit([batched(each, minute) for minute in (3, 1, 2, 0) for each in (api, web)])
    found = list(store.samples(api.number, at(1), at(3)))
    assert found == [sample(1), sample(2)]


def test_a_slow_reader_sees_all_samples_and_does_not_hold_the_log(store: Store, path: Path) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, minute) for minute in range(3_000)])
    reader = store.samples(api.number, at(0), at(10_000))
    first = next(reader)
    for minute in range(3_000, 6_000):
        store.commit([batched(api, minute)])
    assert path.with_name("checker.db-wal").stat().st_size < 600_000
    assert [first, *reader] == [sample(minute) for minute in range(6_000)]


def test_a_day_is_known_from_its_first_sample_and_sealed_with_its_report(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api)])
    assert store.days(api.number) == (StoredDay(TODAY, 0, changed=False, archived=False, lost=0),)
    store.seal(api.number, day_report(api, 1, checks=1))
    assert store.days(api.number) == (StoredDay(TODAY, 1, changed=False, archived=False, lost=0),)
    assert waiting(store) == [day_report(api, 1, checks=1)]


def test_a_sample_after_the_seal_asks_for_a_further_revision(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, 0, day_report(api, 1, checks=1))])
    store.commit([batched(api, 1)])
    assert store.days(api.number)[0].changed
    store.seal(api.number, day_report(api, 2, checks=2))
    assert store.days(api.number) == (StoredDay(TODAY, 2, changed=False, archived=False, lost=0),)


def test_a_seal_that_missed_a_sample_leaves_the_day_changed(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, 0), batched(api, 1)])
    store.seal(api.number, day_report(api, 1, checks=1))
    assert store.days(api.number)[0].changed


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_a_revision_that_does_not_follow_is_refused(store: Store, revision: int) -> None:
    api = store.enroll("api", "target")
    store.seal(api.number, day_report(api, 1))
    with pytest.raises(OutOfStep, match="does not follow"):
        store.seal(api.number, day_report(api, revision))
    assert waiting(store) == [day_report(api, 1)]


def test_an_archived_day_that_gets_a_late_sample_is_no_longer_archived(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, 0, day_report(api, 1, checks=1))])
    (day,) = store.unarchived(TODAY + timedelta(days=1), 10)
    store.mark_gathered(day)
    assert store.mark_archived(day)
    assert store.days(api.number)[0].archived
    store.commit([batched(api, 1)])
    assert not store.days(api.number)[0].archived
    assert not store.mark_archived(day)


def test_a_second_opener_is_told_in_words_and_may_come_after_the_first(
    opened: Open, path: Path
) -> None:
    first = opened()
    with pytest.raises(StoreBusy, match="in use by another process"):
        Store.open(path, now=NOW)
    first.close()
    assert opened().set_aside is None


def test_44640_samples_take_at_most_28_bytes_each_on_disk(store: Store, path: Path) -> None:
    api = store.enroll("api", "target")
    count = 44_640
    for start in range(0, count, 60):
        batch = [
            replace(batched(api), sample=sample(minute, latency_us=40_000 + minute * 31 % 90_000))
            for minute in range(start, start + 60)
        ]
        store.commit(batch)
    store.close()
    assert path.stat().st_size / count <= 28


def test_the_log_beside_the_file_does_not_grow_with_the_number_of_commits(
    store: Store, path: Path
) -> None:
    api = store.enroll("api", "target")
    sizes = []
    for minute in range(3_000):
        store.commit([batched(api, minute)])
        sizes.append(path.with_name("checker.db-wal").stat().st_size)
    assert max(sizes) < 400_000


def test_counts_say_what_is_there(store: Store) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api, 0, change(api, 1)), batched(api, 1, change(api, 2, 1))])
    store.mark_dead(store.outbox(1, NOW)[0].id, "HTTP 422", NOW)
    found = store.counts()
    assert (found.samples, found.undelivered, found.dead, found.raw_lost) == (2, 1, 1, 0)
    assert not found.is_almost_full
    assert found.size > 0
    assert found.free > 1_000_000


def test_a_thousand_monitors_are_committed_in_one_batch(store: Store) -> None:
    monitors = [store.enroll(f"m{number}", "t") for number in range(1_000)]
    assert store.commit([batched(each) for each in monitors]) == BatchResult(1_000)
