"""Keep the archive's catalogue: which day files it holds, and which are to be removed from it.

An entry is written only when it was seen that the archive holds exactly that content. What an
entry replaces is marked in the same transaction, removed from the archive next, and forgotten last:
so a step that is lost is taken again, and no day is ever without its newest whole object.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from allswell.central import session
from allswell.central.errors import MonitorMissing
from allswell.central.schema import archive_object, monitor, store
from allswell.domain import archive, instant
from allswell.domain.archive import (
    ALL,
    CatalogueEntry,
    DayFileContent,
    DayFileName,
    DayFileSelection,
)

_column = archive_object.c


@dataclass(frozen=True, slots=True)
class ArchiveTotals:
    """How many objects the archive holds, their bytes and samples, and how many are damaged."""

    objects: int
    size: int
    samples: int
    damaged: int


class ArchiveCatalogue:
    """Reads and writes the catalogue. Any thread may call; every call is safe to repeat."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def store_number(self, monitor_id: int, store_id: str) -> int | None:
        """Return the number of a monitor's store; None for one that has never said hello."""
        number = select(store.c.number).where(
            store.c.monitor_id == monitor_id, store.c.store_id == store_id
        )
        with session.reading(self._engine) as connection:
            return connection.scalar(number)

    def newest(self, monitor_id: int, day: date, store_number: int) -> CatalogueEntry | None:
        """Return the newest entry of a day of one store."""
        with session.reading(self._engine) as connection:
            return _newest(connection, monitor_id, day, store_number)

    def of_day(self, monitor_id: int, day: date, store_number: int) -> tuple[CatalogueEntry, ...]:
        """Return all entries of a day of one store, oldest revision first."""
        statement = select(archive_object).where(
            _column.monitor_id == monitor_id,
            _column.day == day,
            _column.store_number == store_number,
            _column.removing_ms.is_(None),
        )
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement.order_by(_column.revision)).mappings()
            return tuple(_entry(row) for row in rows)

    def of_same_day(self, file: DayFileName) -> tuple[CatalogueEntry, ...]:
        """Return the entries of the monitor, day and store of a file, the newest first."""
        statement = select(archive_object).where(
            _column.public_id == file.public_id,
            _column.day == file.day,
            _column.store_number == file.store,
            _column.removing_ms.is_(None),
        )
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement.order_by(_column.revision.desc())).mappings()
            return tuple(_entry(row) for row in rows)

    def record(
        self,
        monitor_id: int,
        file: DayFileName,
        content: DayFileContent,
        now: datetime,
        *,
        whole: bool,
    ) -> CatalogueEntry:
        """Record a day file that the archive was just seen to hold, and return its entry.

        1. Insert its entry, or note that it was seen again.
        2. If it is `whole`, mark what it replaces for removal: earlier revisions of the same day
           and store that hold no more samples, or are damaged.
        3. Return the newest entry of that day and store.

        Raises `MonitorMissing`.
        """
        with session.writing(self._engine) as connection:
            owner = connection.execute(
                select(monitor.c.id, monitor.c.namespace, monitor.c.name).where(
                    monitor.c.id == monitor_id
                )
            ).first()
            if owner is None:
                raise MonitorMissing(f"there is no monitor with the id {monitor_id}")
            _write(connection, (owner.id, owner.namespace, owner.name), file, content, now)
            if whole:
                _replace(connection, monitor_id, file, content, now)
            newest = _newest(connection, monitor_id, file.day, file.store)
            if newest is None:
                raise MonitorMissing(f"the archive's object {archive.key(file)} is being removed")
            return newest

    def entries(
        self, selection: DayFileSelection = ALL, *, after: int = 0, limit: int = 10_000
    ) -> tuple[CatalogueEntry, ...]:
        """Return the selected entries, by id from the one after `after`.

        Fewer than `limit` means that there are no more. Deleted monitors are among them.
        """
        statement = select(archive_object).where(*_selected(selection), _column.id > after)
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement.order_by(_column.id).limit(limit)).mappings()
            return tuple(_entry(row) for row in rows)

    def count(self, selection: DayFileSelection = ALL) -> tuple[int, int]:
        """Count the selected entries, and the samples that they hold."""
        counted = select(func.count(), func.coalesce(func.sum(_column.samples), 0))
        with session.reading(self._engine) as connection:
            objects, samples = connection.execute(counted.where(*_selected(selection))).one()
        return int(objects), int(samples)

    def known_keys(self, keys: Sequence[str]) -> set[str]:
        """Return those of these keys that it has, also what is being removed."""
        known: set[str] = set()
        with session.reading(self._engine) as connection:
            for chunk in session.chunks(keys):
                known.update(connection.scalars(select(_column.key).where(_column.key.in_(chunk))))
        return known

    def damaged(self) -> dict[int, tuple[CatalogueEntry, ...]]:
        """Return damaged entries without a newer one of their day and store, by monitor id."""
        newer = archive_object.alias()
        superseded = exists().where(
            newer.c.monitor_id == _column.monitor_id,
            newer.c.day == _column.day,
            newer.c.store_number == _column.store_number,
            newer.c.revision > _column.revision,
        )
        statement = select(archive_object).where(
            _column.damaged_ms.is_not(None), _column.removing_ms.is_(None), ~superseded
        )
        damaged: dict[int, tuple[CatalogueEntry, ...]] = {}
        with session.reading(self._engine) as connection:
            for row in connection.execute(statement.order_by(_column.day, _column.id)).mappings():
                entry = _entry(row)
                damaged[entry.monitor] = (*damaged.get(entry.monitor, ()), entry)
        return damaged

    def mark_whole(self, ids: Sequence[int], now: datetime) -> None:
        """Note that objects were read and are what the catalogue says."""
        self._note(ids, {"verified_ms": instant.to_ms(now), "damaged_ms": None})

    def mark_damaged(self, ids: Sequence[int], now: datetime) -> int:
        """Note that objects are missing or changed; an earlier note of it stays.

        Returns how many of them still count: what was replaced meanwhile may be missing.
        """
        since_ms = func.coalesce(_column.damaged_ms, instant.to_ms(now))
        return self._note(ids, {"damaged_ms": since_ms})

    def _note(self, ids: Sequence[int], values: dict[str, object]) -> int:
        noted = 0
        with session.writing(self._engine) as connection:
            for chunk in session.chunks(ids):
                counting = _column.id.in_(chunk) & _column.removing_ms.is_(None)
                noted += connection.execute(
                    update(archive_object).where(counting).values(values)
                ).rowcount
        return noted

    def mark_deleted(self, now: datetime, after: timedelta, limit: int) -> int:
        """Mark objects of monitors that were deleted so long ago for removal; return how many."""
        before_ms = instant.to_ms(now - after)
        deleted = select(monitor.c.id).where(monitor.c.hidden_ms < before_ms)
        due = (
            select(_column.id)
            .where(_column.removing_ms.is_(None))
            .where(or_(_column.monitor_id.in_(deleted), _column.deleted_ms < before_ms))
            .order_by(_column.id)
            .limit(limit)
        )
        with session.writing(self._engine) as connection:
            return connection.execute(
                update(archive_object)
                .where(_column.id.in_(due))
                .values(removing_ms=instant.to_ms(now))
            ).rowcount

    def marked_for_removal(self, limit: int) -> tuple[CatalogueEntry, ...]:
        """Return the entries that are marked for removal, the longest waiting first."""
        statement = select(archive_object).where(_column.removing_ms.is_not(None))
        with session.reading(self._engine) as connection:
            rows = connection.execute(
                statement.order_by(_column.removing_ms, _column.id).limit(limit)
            ).mappings()
            return tuple(_entry(row) for row in rows)

    def forget(self, ids: Collection[int]) -> None:
        """Delete the entries of what has been removed from the archive."""
        with session.writing(self._engine) as connection:
            for chunk in session.chunks(tuple(ids)):
                removed = _column.id.in_(chunk) & _column.removing_ms.is_not(None)
                connection.execute(delete(archive_object).where(removed))

    def totals(self) -> ArchiveTotals:
        """Count what the archive holds, for metrics."""
        counted = select(
            func.count(),
            func.coalesce(func.sum(_column.size), 0),
            func.coalesce(func.sum(_column.samples), 0),
            func.count(_column.damaged_ms),
        ).where(_column.removing_ms.is_(None))
        with session.reading(self._engine) as connection:
            objects, size, samples, damaged = connection.execute(counted).one()
        return ArchiveTotals(int(objects), int(size), int(samples), int(damaged))


def _selected(selection: DayFileSelection) -> list[ColumnElement[bool]]:
    """Return the conditions that the selected entries satisfy, without what is being removed."""
    conditions: list[ColumnElement[bool]] = [_column.removing_ms.is_(None)]
    if selection.namespace is not None:
        conditions.append(_column.namespace == selection.namespace)
    if selection.name is not None:
        conditions.append(_column.name == selection.name)
    if selection.first is not None:
        conditions.append(_column.day >= selection.first)
    if selection.last is not None:
        conditions.append(_column.day <= selection.last)
    return conditions


def _write(
    connection: Connection,
    owner: tuple[int, str, str],
    file: DayFileName,
    content: DayFileContent,
    now: datetime,
) -> None:
    now_ms = instant.to_ms(now)
    monitor_id, namespace, name = owner
    seen = {"verified_ms": now_ms, "damaged_ms": None}
    measured = {"size": content.size, "samples": content.samples, "sha256": content.sha256}
    row = session.insert(connection, archive_object).values(
        monitor_id=monitor_id,
        public_id=file.public_id,
        namespace=namespace,
        name=name,
        day=file.day,
        store_number=file.store,
        revision=file.revision,
        key=archive.key(file),
        recorded_ms=now_ms,
        **measured,
        **seen,
    )
    changes = {**measured, **seen}
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=changes))


def _replace(
    connection: Connection,
    monitor_id: int,
    file: DayFileName,
    content: DayFileContent,
    now: datetime,
) -> None:
    earlier = (
        (_column.monitor_id == monitor_id)
        & (_column.day == file.day)
        & (_column.store_number == file.store)
        & (_column.revision < file.revision)
        & _column.removing_ms.is_(None)
    )
    replaced = or_(_column.samples <= content.samples, _column.damaged_ms.is_not(None))
    connection.execute(
        update(archive_object).where(earlier, replaced).values(removing_ms=instant.to_ms(now))
    )


def _newest(
    connection: Connection, monitor_id: int, day: date, store_number: int
) -> CatalogueEntry | None:
    row = (
        connection.execute(
            select(archive_object)
            .where(
                _column.monitor_id == monitor_id,
                _column.day == day,
                _column.store_number == store_number,
                _column.removing_ms.is_(None),
            )
            .order_by(_column.revision.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return None if row is None else _entry(row)


def _entry(row: RowMapping) -> CatalogueEntry:
    return CatalogueEntry(
        id=row["id"],
        monitor=row["monitor_id"],
        namespace=row["namespace"],
        name=row["name"],
        place=DayFileName(row["public_id"], row["day"], row["store_number"], row["revision"]),
        key=row["key"],
        content=DayFileContent(row["size"], row["sha256"], row["samples"]),
        recorded=instant.from_ms(row["recorded_ms"]),
        verified=instant.from_ms(row["verified_ms"]),
        damaged=row["damaged_ms"] is not None,
    )
