"""Which files are opened, which are refused and which are set aside."""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from allswell.store import NewerStore, Store, StoreBusy, StoreDamaged, StoreFailed, schema
from tests.unit.store.conftest import Open
from tests.unit.store.examples import NOW, all_samples, batched, change, sample, waiting

PAGE = schema.PAGE_SIZE


@pytest.fixture
def filled(opened: Open, path: Path) -> Path:
    """Return a closed file with 3,000 samples and one waiting report."""
    store = opened()
    api = store.enroll("api", "target")
    store.commit([batched(api, minute) for minute in range(3_000)])
    store.commit([batched(api, 3_000, change(api, 1, 3_000))])
    store.close()
    return path


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_within_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - PAGE // 2)


def overwrite(path: Path, start: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * size)


def lose_the_header(path: Path) -> None:
    overwrite(path, 0, 100)


def lose_the_first_page(path: Path) -> None:
    overwrite(path, 0, PAGE)


def lose_pages_in_the_middle(path: Path) -> None:
    overwrite(path, path.stat().st_size // PAGE // 2 * PAGE, 4 * PAGE)


def become_text(path: Path) -> None:
    path.write_text("Dear diary, today I was a database.\n" * 100)


def become_foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
        other.execute("INSERT INTO recipe VALUES ('soup')")
        other.commit()


def lose_a_health(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE health SET body = '{}'")
        connection.commit()


DAMAGE = [
    cut_in_half,
    cut_within_a_page,
    lose_the_header,
    lose_the_first_page,
    lose_pages_in_the_middle,
    become_text,
    become_foreign,
    lose_a_health,
]


@pytest.mark.parametrize("harm", DAMAGE)
def test_a_file_that_cannot_be_read_is_set_aside_whole_and_a_new_one_begun(
    filled: Path, opened: Open, harm: Callable[[Path], None]
) -> None:
    harm(filled)
    content = filled.read_bytes()
    store = opened()
    assert store.set_aside == filled.with_name("checker.db.aside-20261123T120000Z")
    assert store.set_aside.read_bytes() == content
    api = store.enroll("api", "target")
    assert api.fresh
    store.commit([batched(api)])
    assert all_samples(store, api) == [sample()]


def test_files_set_aside_in_the_same_second_do_not_meet(filled: Path, opened: Open) -> None:
    aside = []
    for text in ("first", "second", "third"):
        filled.write_text(text * 1_000)
        store = opened()
        assert store.set_aside is not None
        aside.append(store.set_aside)
        store.close()
    assert [path.read_text()[:5] for path in aside] == ["first", "secon", "third"]


def test_the_log_of_a_file_goes_aside_with_it(filled: Path, opened: Open) -> None:
    filled.write_text("not a database" * 1_000)
    log = filled.with_name("checker.db-wal")
    log.write_bytes(b"frames")
    store = opened()
    assert store.set_aside is not None
    assert store.set_aside.with_name(f"{store.set_aside.name}-wal").read_bytes() == b"frames"


def test_damage_found_in_use_sets_the_file_aside_at_the_next_start(
    filled: Path, opened: Open
) -> None:
    store = opened()
    lose_pages_in_the_middle(filled)
    with pytest.raises(StoreDamaged, match="malformed") as caught:
        all_samples(store, store.enroll("api", "target"))
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    store.close()
    assert filled.with_name("checker.db.damaged").exists()
    again = opened()
    assert again.set_aside is not None
    again.close()
    assert opened().set_aside is None


def test_a_file_of_a_newer_version_is_refused_in_words_and_left_as_it_is(
    filled: Path, opened: Open
) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("PRAGMA user_version = 7")
    content = filled.read_bytes()
    with pytest.raises(NewerStore, match=r"has version 7.*knows versions up to 2.*Run the newer"):
        opened()
    assert filled.read_bytes() == content


def test_a_refused_file_can_be_opened_once_its_cause_is_gone(filled: Path, opened: Open) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(NewerStore):
        opened()
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.STEPS)}")
    assert len(waiting(opened())) == 1


def test_an_empty_file_is_begun_and_not_set_aside(path: Path, opened: Open) -> None:
    path.parent.mkdir()
    path.touch()
    assert opened().set_aside is None


def test_a_file_that_was_only_just_begun_is_continued(path: Path, opened: Open) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert opened().set_aside is None


def test_a_path_that_cannot_be_opened_is_an_error_in_words_and_not_set_aside(
    tmp_path: Path,
) -> None:
    with pytest.raises(StoreFailed, match="unable to open") as caught:
        Store.open(tmp_path, now=NOW)
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert tmp_path.is_dir()


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreFailed, match="data") as caught:
        Store.open(tmp_path / "data" / "checker.db", now=NOW)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_process_that_holds_the_lock_keeps_the_store_out(path: Path, opened: Open) -> None:
    opened().close()
    with path.with_name("checker.db.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreBusy, match="Stop that one first"):
            opened()
    assert opened().set_aside is None


def test_others_can_read_while_the_store_is_open(store: Store, path: Path) -> None:
    api = store.enroll("api", "target")
    store.commit([batched(api)])
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM sample").fetchone() == (1,)
        store.commit([batched(api, 1)])
        assert reader.execute("SELECT count(*) FROM sample").fetchone() == (2,)


def test_the_file_says_whose_it_is_and_every_table_is_strict(store: Store, path: Path) -> None:
    assert not store.counts().samples
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
        assert reader.execute("PRAGMA user_version").fetchone() == (len(schema.STEPS),)
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert reader.execute("PRAGMA page_size").fetchone() == (1024,)
        tables = reader.execute("PRAGMA table_list").fetchall()
    ours = [row for row in tables if not row[1].startswith("sqlite_")]
    assert len(ours) == 6
    assert all(row[5] for row in ours)


def test_every_column_says_what_it_means(store: Store, path: Path) -> None:
    assert not store.counts().samples
    with closing(sqlite3.connect(path)) as reader:
        texts = reader.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    lines = [line for (text,) in texts for line in text.splitlines()]
    starts = [line for line in lines if line.startswith(("CREATE", "  ")) and line[2] != " "]
    columns = [line for line in starts if not line.startswith(("  PRIMARY", "  CHECK"))]
    assert len(columns) > 30
    assert [line for line in columns if "--" not in line and "REFERENCES" not in line] == []


def test_an_older_file_takes_the_steps_that_it_lacks_and_keeps_its_rows(
    filled: Path,
) -> None:
    steps = (*schema.STEPS, ("ALTER TABLE monitor ADD COLUMN note TEXT",))
    with closing(sqlite3.connect(filled, isolation_level=None)) as connection:
        schema.migrate(connection, steps)
        assert schema.version(connection) == len(steps)
        assert connection.execute("SELECT name, note FROM monitor").fetchall() == [("api", None)]
        schema.migrate(connection, steps)


def test_a_step_that_fails_changes_nothing(filled: Path) -> None:
    steps = (*schema.STEPS, ("ALTER TABLE monitor ADD COLUMN note TEXT", "NONSENSE"))
    with (
        closing(sqlite3.connect(filled, isolation_level=None)) as connection,
        pytest.raises(sqlite3.OperationalError),
    ):
        schema.migrate(connection, steps)
    with closing(sqlite3.connect(filled)) as connection:
        assert schema.version(connection) == len(schema.STEPS)
        names = [row[1] for row in connection.execute("PRAGMA table_info(monitor)")]
    assert "note" not in names
