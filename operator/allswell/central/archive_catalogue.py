"""The catalogue of the archive: which day files it holds, and which are to be removed from it.

An entry is written only when somebody has seen that the archive holds exactly that content. What an
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

_it = archive_object.c


@dataclass(frozen=True, slots=True)
class ArchiveTotals:
    """What the archive holds: objects, their bytes and samples, and how many are damaged."""

    objects: int
    size: int
    samples: int
    damaged: int


class ArchiveCatalogue:
    """Reads and writes the catalogue. Any thread may call; every call is safe to repeat."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def store_number(self, monitor_id: int, store_id: str) -> int | None:
        """The number of a monitor's store; None for one that has never said hello."""
        known = select(store.c.number).where(
            store.c.monitor_id == monitor_id, store.c.store_id == store_id
        )
        with session.reading(self._engine) as connection:
            return connection.scalar(known)

    def newest(self, monitor_id: int, day: date, store_number: int) -> CatalogueEntry | None:
        """The newest entry of a day of one store."""
        with session.reading(self._engine) as connection:
            return _newest(connection, monitor_id, day, store_number)

    def of_day(self, monitor_id: int, day: date, store_number: int) -> tuple[CatalogueEntry, ...]:
        """All entries of a day of one store, oldest revision first."""
        statement = select(archive_object).where(
            _it.monitor_id == monitor_id,
            _it.day == day,
            _it.store_number == store_number,
            _it.removing_ms.is_(None),
        )
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement.order_by(_it.revision)).mappings()
            return tuple(_entry(row) for row in rows)

    def beside(self, place: DayFileName) -> tuple[CatalogueEntry, ...]:
        """What it has of the same monitor, day and store, the newest first, by what a name says."""
        statement = select(archive_object).where(
            _it.public_id == place.public_id,
            _it.day == place.day,
            _it.store_number == place.store,
            _it.removing_ms.is_(None),
        )
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement.order_by(_it.revision.desc())).mappings()
            return tuple(_entry(row) for row in rows)

    def record(
        self,
        monitor_id: int,
        place: DayFileName,
        content: DayFileContent,
        now: datetime,
        *,
        whole: bool,
    ) -> CatalogueEntry:
        """Write down what the archive was just seen to hold; the entry.

        If it is `whole`, it replaces what was there of the same day and store, unless that holds
        more; what is damaged it replaces in any case. Raises `Missing`.
        """
        with session.writing(self._engine) as connection:
            owner = connection.execute(
                select(monitor.c.id, monitor.c.namespace, monitor.c.name).where(
                    monitor.c.id == monitor_id
                )
            ).first()
            if owner is None:
                raise MonitorMissing(f"there is no monitor {monitor_id}")
            _write(connection, (owner.id, owner.namespace, owner.name), place, content, now)
            if whole:
                _replace(connection, monitor_id, place, content, now)
            found = _newest(connection, monitor_id, place.day, place.store)
            if found is None:
                raise MonitorMissing(f"{archive.key(place)} is being removed")
            return found

    def entries(
        self, chosen: DayFileSelection = ALL, *, after: int = 0, limit: int = 10_000
    ) -> tuple[CatalogueEntry, ...]:
        """The entries that are meant, by id from the one after `after`.

        Fewer than `limit` means that there are no more. Deleted monitors are among them.
        """
        statement = select(archive_object).where(*_meant(chosen), _it.id > after)
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement.order_by(_it.id).limit(limit)).mappings()
            return tuple(_entry(row) for row in rows)

    def count(self, chosen: DayFileSelection = ALL) -> tuple[int, int]:
        """How many entries those are, and how many samples they hold."""
        counted = select(func.count(), func.coalesce(func.sum(_it.samples), 0))
        with session.reading(self._engine) as connection:
            objects, samples = connection.execute(counted.where(*_meant(chosen))).one()
        return int(objects), int(samples)

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of these names it has, those among them that are being removed."""
        found: set[str] = set()
        with session.reading(self._engine) as connection:
            for piece in session.chunks(keys):
                found.update(connection.scalars(select(_it.key).where(_it.key.in_(piece))))
        return found

    def damaged(self) -> dict[int, tuple[CatalogueEntry, ...]]:
        """The damaged entries that nothing newer of their day and store follows, by monitor."""
        newer = archive_object.alias()
        followed = exists().where(
            newer.c.monitor_id == _it.monitor_id,
            newer.c.day == _it.day,
            newer.c.store_number == _it.store_number,
            newer.c.revision > _it.revision,
        )
        statement = select(archive_object).where(
            _it.damaged_ms.is_not(None), _it.removing_ms.is_(None), ~followed
        )
        found: dict[int, tuple[CatalogueEntry, ...]] = {}
        with session.reading(self._engine) as connection:
            for row in connection.execute(statement.order_by(_it.day, _it.id)).mappings():
                entry = _entry(row)
                found[entry.monitor] = (*found.get(entry.monitor, ()), entry)
        return found

    def found_whole(self, ids: Sequence[int], now: datetime) -> None:
        """Note that objects were read and are what the catalogue says."""
        self._note(ids, {"verified_ms": instant.to_ms(now), "damaged_ms": None})

    def found_damaged(self, ids: Sequence[int], now: datetime) -> int:
        """Note that objects are missing or changed; an earlier note of it stays.

        How many of them still count: what was replaced meanwhile may be missing.
        """
        return self._note(ids, {"damaged_ms": func.coalesce(_it.damaged_ms, instant.to_ms(now))})

    def _note(self, ids: Sequence[int], values: dict[str, object]) -> int:
        noted = 0
        with session.writing(self._engine) as connection:
            for piece in session.chunks(ids):
                these = _it.id.in_(piece) & _it.removing_ms.is_(None)
                noted += connection.execute(
                    update(archive_object).where(these).values(values)
                ).rowcount
        return noted

    def condemn_deleted(self, now: datetime, after: timedelta, limit: int) -> int:
        """Mark objects of monitors that were deleted so long ago for removal; how many."""
        before_ms = instant.to_ms(now - after)
        gone = select(monitor.c.id).where(monitor.c.hidden_ms < before_ms)
        due = (
            select(_it.id)
            .where(_it.removing_ms.is_(None))
            .where(or_(_it.monitor_id.in_(gone), _it.deleted_ms < before_ms))
            .order_by(_it.id)
            .limit(limit)
        )
        with session.writing(self._engine) as connection:
            return connection.execute(
                update(archive_object).where(_it.id.in_(due)).values(removing_ms=instant.to_ms(now))
            ).rowcount

    def condemned(self, limit: int) -> tuple[CatalogueEntry, ...]:
        """What is to be removed from the archive, the longest waiting first."""
        statement = select(archive_object).where(_it.removing_ms.is_not(None))
        with session.reading(self._engine) as connection:
            rows = connection.execute(
                statement.order_by(_it.removing_ms, _it.id).limit(limit)
            ).mappings()
            return tuple(_entry(row) for row in rows)

    def forget(self, ids: Collection[int]) -> None:
        """Forget what has been removed from the archive."""
        with session.writing(self._engine) as connection:
            for piece in session.chunks(tuple(ids)):
                gone = _it.id.in_(piece) & _it.removing_ms.is_not(None)
                connection.execute(delete(archive_object).where(gone))

    def totals(self) -> ArchiveTotals:
        """What the archive holds, for metrics."""
        counted = select(
            func.count(),
            func.coalesce(func.sum(_it.size), 0),
            func.coalesce(func.sum(_it.samples), 0),
            func.count(_it.damaged_ms),
        ).where(_it.removing_ms.is_(None))
        with session.reading(self._engine) as connection:
            objects, size, samples, damaged = connection.execute(counted).one()
        return ArchiveTotals(int(objects), int(size), int(samples), int(damaged))


def _meant(chosen: DayFileSelection) -> list[ColumnElement[bool]]:
    """What holds for the entries that are meant, and that count."""
    held: list[ColumnElement[bool]] = [_it.removing_ms.is_(None)]
    if chosen.namespace is not None:
        held.append(_it.namespace == chosen.namespace)
    if chosen.name is not None:
        held.append(_it.name == chosen.name)
    if chosen.first is not None:
        held.append(_it.day >= chosen.first)
    if chosen.last is not None:
        held.append(_it.day <= chosen.last)
    return held


def _write(
    connection: Connection,
    owner: tuple[int, str, str],
    place: DayFileName,
    content: DayFileContent,
    now: datetime,
) -> None:
    now_ms = instant.to_ms(now)
    monitor_id, namespace, name = owner
    seen = {"verified_ms": now_ms, "damaged_ms": None}
    said = {"size": content.size, "samples": content.samples, "sha256": content.sha256}
    row = session.insert(connection, archive_object).values(
        monitor_id=monitor_id,
        public_id=place.public_id,
        namespace=namespace,
        name=name,
        day=place.day,
        store_number=place.store,
        revision=place.revision,
        key=archive.key(place),
        recorded_ms=now_ms,
        **said,
        **seen,
    )
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={**said, **seen}))


def _replace(
    connection: Connection,
    monitor_id: int,
    place: DayFileName,
    content: DayFileContent,
    now: datetime,
) -> None:
    earlier = (
        (_it.monitor_id == monitor_id)
        & (_it.day == place.day)
        & (_it.store_number == place.store)
        & (_it.revision < place.revision)
        & _it.removing_ms.is_(None)
    )
    replaced = or_(_it.samples <= content.samples, _it.damaged_ms.is_not(None))
    connection.execute(
        update(archive_object).where(earlier, replaced).values(removing_ms=instant.to_ms(now))
    )


def _newest(
    connection: Connection, monitor_id: int, day: date, store_number: int
) -> CatalogueEntry | None:
    found = (
        connection.execute(
            select(archive_object)
            .where(
                _it.monitor_id == monitor_id,
                _it.day == day,
                _it.store_number == store_number,
                _it.removing_ms.is_(None),
            )
            .order_by(_it.revision.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return None if found is None else _entry(found)


def _entry(said: RowMapping) -> CatalogueEntry:
    return CatalogueEntry(
        id=said["id"],
        monitor=said["monitor_id"],
        namespace=said["namespace"],
        name=said["name"],
        place=DayFileName(said["public_id"], said["day"], said["store_number"], said["revision"]),
        key=said["key"],
        content=DayFileContent(said["size"], said["sha256"], said["samples"]),
        recorded=instant.from_ms(said["recorded_ms"]),
        verified=instant.from_ms(said["verified_ms"]),
        damaged=said["damaged_ms"] is not None,
    )
