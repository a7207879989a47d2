import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from allswell.central.errors import CentralError, DatabaseUnavailable
from allswell.controller.database.registration import MonitorEntry, MonitorRegistration, Outcome
from allswell.domain.spec.monitor import Monitor
from tests import central_database
from tests.unit.controller.objects import NOW

API, WEB = central_database.monitor("api", uid="m1"), central_database.monitor("web", uid="m2")


@dataclass
class Database:
    """Notes each batch; `refused` are monitors that it does not take."""

    batches: list[list[str]] = field(default_factory=list)
    refused: dict[str, CentralError] = field(default_factory=dict)
    away: bool = False

    async def write(self, monitors: Mapping[MonitorEntry, Monitor], now: datetime) -> Outcome:
        assert now == NOW
        self.batches.append([entry.name[1] for entry in monitors])
        await asyncio.sleep(0)
        if self.away:
            raise DatabaseUnavailable("away")
        return {entry: self.refused.get(entry.name[1]) for entry in monitors}


def registrar(database: Database) -> MonitorRegistration:
    return MonitorRegistration(database.write, lambda: NOW)


def test_what_comes_while_a_batch_is_written_is_the_next_one() -> None:
    database = Database()

    async def story() -> None:
        it = registrar(database)
        first = asyncio.create_task(it.register(API, "ns"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [it.register(central_database.monitor(n, uid=n), "ns") for n in ("b", "c")]
        assert await asyncio.gather(first, *others) == [True, True, True]

    asyncio.run(story())
    assert database.batches == [["api"], ["b", "c"]]


def test_what_is_known_asks_nothing_until_it_changes_or_is_forgotten() -> None:
    database = Database()

    async def story() -> list[bool]:
        it = registrar(database)
        slower = replace(API, interval=timedelta(minutes=5))
        news = [await it.register(m, "ns") for m in (API, API, slower, slower)]
        it.forget(("acme", "api"))
        return [*news, await it.register(slower, "ns"), await it.register(slower, "another")]

    assert asyncio.run(story()) == [True, False, True, False, True, True]
    assert len(database.batches) == 4


def test_one_that_is_refused_does_not_hurt_another() -> None:
    database = Database(refused={"web": CentralError("no")})

    async def story() -> list[object]:
        it = registrar(database)
        both = (it.register(API, "ns"), it.register(WEB, "ns"))
        return list(await asyncio.gather(*both, return_exceptions=True))

    good, bad = asyncio.run(story())
    assert good is True
    assert str(bad) == "no"


def test_while_the_database_is_away_every_caller_gets_the_error_and_nothing_is_remembered() -> None:
    database = Database(away=True)

    async def story() -> bool:
        it = registrar(database)
        with pytest.raises(DatabaseUnavailable):
            await it.register(API, "ns")
        database.away = False
        return await it.register(API, "ns")

    assert asyncio.run(story())


def test_one_who_gives_up_does_not_hurt_those_who_wait_for_the_same() -> None:
    database = Database()

    async def story() -> bool:
        it = registrar(database)
        first = asyncio.create_task(it.register(API, "ns"))
        second = asyncio.create_task(it.register(API, "ns"))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(story())
