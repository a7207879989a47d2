"""Migrations make exactly the tables that the code believes in, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from allswell.central import compatibility, schema, session
from allswell.central import engine as engines
from allswell.central.errors import DatabaseFailed, NewerSchema, NotMigrated
from allswell.central.reader import CentralReader
from tests import central_database
from tests.central_database import Central

HEAD = "0007"


def revision(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def is_of_the_schema(name: str | None, kind: str, _: object) -> bool:
    return (kind, name) != ("table", compatibility.works_with.name)


def test_migrations_make_the_tables_of_the_schema(central: Central) -> None:
    with central.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_of_the_schema})
        assert compare_metadata(context, schema.metadata) == []


def test_every_table_and_column_says_what_it_means() -> None:
    silent = [table.name for table in schema.TABLES if not table.comment]
    silent += [str(column) for table in schema.TABLES for column in table.c if not column.comment]
    assert silent == []


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("kind", ["postgresql"])
def test_postgresql_keeps_what_columns_mean(central: Central) -> None:
    looked = inspect(central.engine)
    for table in schema.TABLES:
        assert looked.get_table_comment(table.name)["text"] == table.comment
        kept = {column["name"]: column["comment"] for column in looked.get_columns(table.name)}
        assert kept == {column.name: column.comment for column in table.c}


def test_one_living_row_of_a_name_is_all_that_there_can_be(central: Central) -> None:
    central.add()
    copy = "INSERT INTO monitor SELECT id + 1, public_id || 'x', namespace, namespace_uid, name,"
    rest = " uid, interval_ms, cover_ms, created_ms, updated_ms, {}, filled_until FROM monitor"
    with pytest.raises(DatabaseFailed), session.writing(central.engine) as connection:
        connection.exec_driver_sql(copy + rest.format("NULL"))
    with session.writing(central.engine) as connection:
        connection.exec_driver_sql(copy + rest.format("5"))
    assert central.counts()["monitor"] == 2


def test_a_migration_says_from_where_to_where(empty: str) -> None:
    engine = engines.connect(empty)
    assert engines.migrate(engine) == ("nothing", HEAD)
    assert engines.migrate(engine) == (HEAD, HEAD)
    engine.dispose()


def test_many_migrations_at_once_are_one(empty: str) -> None:
    together = threading.Barrier(4)

    def migrate() -> tuple[str, str]:
        engine = engines.connect(empty)
        together.wait()
        try:
            return engines.migrate(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        done = [future.result() for future in [pool.submit(migrate) for _ in range(4)]]
    assert sorted(done) == [(HEAD, HEAD)] * 3 + [("nothing", HEAD)]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: str) -> None:
    engine = engines.connect(empty)
    engines.migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchema, match="9999"):
        engines.migrate(engine)
    assert revision(engine) == "9999"
    engine.dispose()


def test_after_a_rollback_the_version_before_works_with_the_newer_tables(empty: str) -> None:
    engine = engines.connect(empty)
    engines.migrate(engine)
    with session.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        compatibility.note(connection, "9999", ("9999", HEAD))
    assert engines.migrate(engine) == ("9999", "9999")
    with session.reading(engine) as connection:
        assert compatibility.allows(connection, "9999", "9999")
    engine.dispose()


def test_a_version_that_the_newer_tables_have_broken_is_refused(empty: str) -> None:
    engine = engines.connect(empty)
    engines.migrate(engine)
    with session.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        compatibility.note(connection, "9999", ("9999", "9998"))
    with pytest.raises(NewerSchema, match="cannot work"):
        engines.migrate(engine)
    engine.dispose()


def test_whoever_migrates_says_which_versions_may_follow(empty: str) -> None:
    engine = engines.connect(empty)
    engines.migrate(engine)
    with session.reading(engine) as connection:
        may = [compatibility.allows(connection, HEAD, it) for it in (HEAD, "0001", "9999")]
    engine.dispose()
    assert may == [True, True, False]


def test_every_step_says_whether_the_code_before_it_goes_on_working() -> None:
    scripts = ScriptDirectory(str(engines.MIGRATIONS))
    silent = [it.revision for it in scripts.walk_revisions() if not hasattr(it.module, "EXPANDS")]
    assert silent == []


def test_a_step_that_takes_away_leaves_no_older_version_working() -> None:
    scripts = ScriptDirectory(str(engines.MIGRATIONS))
    assert list(compatibility.readers(scripts, "0002")) == ["0002", "0001"]
    assert list(compatibility.readers(scripts, "0001")) == ["0001"]


def test_a_database_without_tables_says_that_it_is_not_migrated(empty: str) -> None:
    with central_database.opened(empty) as opened, pytest.raises(NotMigrated):
        CentralReader(opened.engine).pages()
