"""The catalogue of the archive, on both databases."""

from datetime import date, timedelta

import pytest

from allswell.central.archive_catalogue import ArchiveCatalogue, ArchiveTotals
from allswell.central.errors import MonitorMissing
from allswell.domain.archive import CatalogueEntry, DayFileContent, DayFileName, DayFileSelection
from tests.central_database import HOUR, NOON, Central

YESTERDAY = date(2026, 3, 1)
FULL = DayFileContent(8_000, "ab" * 32, 1_440)
FULLER = DayFileContent(8_006, "cd" * 32, 1_441)


def place(row_public_id: str, revision: int = 1, store: int = 1) -> DayFileName:
    return DayFileName(row_public_id, YESTERDAY, store, revision)


def keys(catalogue: ArchiveCatalogue) -> list[str]:
    return [entry.key.rpartition("/")[2] for entry in catalogue.entries()]


def test_an_entry_says_all_by_itself(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    made = catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    assert catalogue.entries() == (
        CatalogueEntry(
            id=made.id,
            monitor=row.id,
            namespace="acme",
            name="api",
            place=place(row.public_id),
            key=f"v1/date=2026-03-01/{row.public_id}.1.ndjson.gz",
            content=FULL,
            recorded=NOON,
            verified=NOON,
        ),
    )


def test_a_record_made_twice_is_one_that_was_seen_later(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    again = catalogue.record(row.id, place(row.public_id), FULL, NOON + HOUR, whole=True)
    assert (again.recorded, again.verified) == (NOON, NOON + HOUR)
    assert catalogue.totals() == ArchiveTotals(1, 8_000, 1_440, 0)


def test_a_whole_correction_takes_the_place_of_what_was_there(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    catalogue.record(row.id, place(row.public_id, 2), FULLER, NOON, whole=True)
    assert keys(catalogue) == [f"{row.public_id}.1.r2.ndjson.gz"]
    old = catalogue.marked_for_removal(10)
    assert [entry.place.revision for entry in old] == [1]
    catalogue.forget([entry.id for entry in old])
    assert catalogue.marked_for_removal(10) == ()


def test_what_holds_more_is_never_replaced(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    catalogue.record(row.id, place(row.public_id), FULLER, NOON, whole=True)
    catalogue.record(row.id, place(row.public_id, 2), FULL, NOON, whole=True)
    assert len(catalogue.entries()) == 2
    assert catalogue.marked_for_removal(10) == ()


def test_an_addition_replaces_nothing(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    catalogue.record(row.id, place(row.public_id, 2), FULLER, NOON, whole=False)
    assert len(catalogue.entries()) == 2


def test_each_store_has_its_own_entry_of_a_day(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    catalogue.record(row.id, place(row.public_id, store=2), FULLER, NOON, whole=True)
    assert len(catalogue.entries()) == 2


def test_entries_are_found_by_name_and_day_a_part_at_a_time(central: Central) -> None:
    row, other = central.add(), central.add("web")
    catalogue = ArchiveCatalogue(central.engine)
    for number in range(5):
        day = YESTERDAY - timedelta(days=number)
        catalogue.record(row.id, DayFileName(row.public_id, day, 1), FULL, NOON, whole=True)
    catalogue.record(other.id, place(other.public_id), FULL, NOON, whole=True)
    mine = catalogue.entries(DayFileSelection("acme", "api"))
    assert len(mine) == 5
    last = catalogue.entries(DayFileSelection(first=YESTERDAY, last=YESTERDAY))
    assert {entry.name for entry in last} == {"api", "web"}
    part = catalogue.entries(DayFileSelection(name="api"), limit=2)
    assert part + catalogue.entries(DayFileSelection(name="api"), after=part[-1].id) == mine
    assert catalogue.count(DayFileSelection("acme", "api")) == (5, 5 * FULL.samples)
    assert catalogue.count(DayFileSelection(first=YESTERDAY, last=YESTERDAY)) == (
        2,
        2 * FULL.samples,
    )
    assert catalogue.count(DayFileSelection("acme", "nothing")) == (0, 0)


def test_damage_is_noted_until_the_object_is_whole_again(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    entry = catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    catalogue.mark_damaged([entry.id], NOON + HOUR)
    assert [found.damaged for found in catalogue.damaged()[row.id]] == [True]
    assert catalogue.totals().damaged == 1
    catalogue.mark_whole([entry.id], NOON + 2 * HOUR)
    assert catalogue.damaged() == {}
    assert catalogue.entries()[0].verified == NOON + 2 * HOUR


def test_what_replaces_a_damaged_object_ends_the_damage(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    entry = catalogue.record(row.id, place(row.public_id), FULLER, NOON, whole=True)
    catalogue.mark_damaged([entry.id], NOON)
    catalogue.record(row.id, place(row.public_id, 2), FULL, NOON, whole=True)
    assert catalogue.damaged() == {}
    assert keys(catalogue) == [f"{row.public_id}.1.r2.ndjson.gz"]


def test_what_is_being_removed_cannot_be_damaged(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    old = catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    new = catalogue.record(row.id, place(row.public_id, 2), FULLER, NOON, whole=True)
    assert catalogue.mark_damaged([old.id], NOON) == 0
    assert catalogue.mark_damaged([new.id], NOON) == 1
    assert not catalogue.marked_for_removal(1)[0].damaged


def test_damage_that_something_newer_follows_is_asked_for_no_more(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    entry = catalogue.record(row.id, place(row.public_id), FULLER, NOON, whole=True)
    catalogue.mark_damaged([entry.id], NOON)
    catalogue.record(row.id, place(row.public_id, 2), FULL, NOON, whole=False)
    assert catalogue.damaged() == {}
    assert catalogue.totals().damaged == 1


def test_a_monitor_that_was_purged_keeps_its_entries(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    central.writer.hide([row.id], NOON)
    central.writer.purge(NOON + timedelta(days=91), confirmed=True)
    assert [entry.name for entry in catalogue.entries()] == ["api"]
    with pytest.raises(MonitorMissing):
        catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)


@pytest.mark.parametrize("purged", [False, True])
def test_deleted_monitors_are_condemned_after_their_time_in_bounded_steps(
    central: Central, *, purged: bool
) -> None:
    row, living = central.add(), central.add("web")
    catalogue = ArchiveCatalogue(central.engine)
    for number in range(3):
        day = YESTERDAY - timedelta(days=number)
        catalogue.record(row.id, DayFileName(row.public_id, day, 1), FULL, NOON, whole=True)
    catalogue.record(living.id, place(living.public_id), FULL, NOON, whole=True)
    central.writer.hide([row.id], NOON)
    after = timedelta(days=100)
    if purged:
        central.writer.purge(NOON + timedelta(days=91), confirmed=True)
    assert catalogue.mark_deleted(NOON + timedelta(days=99), after, 2) == 0
    steps = [catalogue.mark_deleted(NOON + timedelta(days=101), after, 2) for _ in range(3)]
    assert steps == [2, 1, 0]
    assert [entry.name for entry in catalogue.entries()] == ["web"]
    assert len(catalogue.marked_for_removal(10)) == 3


def test_only_what_is_condemned_is_forgotten(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    entry = catalogue.record(row.id, place(row.public_id), FULL, NOON, whole=True)
    catalogue.forget([entry.id])
    assert len(catalogue.entries()) == 1


def test_a_store_is_known_by_its_number(central: Central) -> None:
    row, catalogue = central.add(), ArchiveCatalogue(central.engine)
    assert (catalogue.store_number(row.id, "s1"), catalogue.store_number(row.id, "s9")) == (1, None)
