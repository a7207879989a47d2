import os
from pathlib import Path

import pytest

from allswell.cli.manifests import ManifestFile
from allswell.cli.up.file_cache import FileCache

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\n"
LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.yaml"


def write(file: Path, name: str, changed: float = LONG_AGO) -> None:
    file.write_text(SECRET.replace("NAME", name))
    os.utime(file, (changed, changed))


def names(files: tuple[ManifestFile, ...]) -> list[str]:
    return [item.key[2] for file in files for item in file.items if item.key]


def test_an_unchanged_file_is_not_read_again(file: Path) -> None:
    cache = FileCache(lambda: LONG_AGO + 60)
    write(file, "one")
    first = cache.load([file])
    assert cache.load([file])[0].items[0] is first[0].items[0]


def test_a_changed_file_is_read_again(file: Path) -> None:
    cache = FileCache(lambda: LONG_AGO + 60)
    write(file, "one")
    cache.load([file])
    write(file, "two", LONG_AGO + 5)
    assert names(cache.load([file])) == ["two"]


def test_a_file_that_changed_a_moment_ago_is_read_each_time(file: Path) -> None:
    cache = FileCache(lambda: LONG_AGO + 1)
    write(file, "one")
    cache.load([file])
    write(file, "two")
    assert names(cache.load([file])) == ["two"]


def test_a_file_that_is_gone_is_forgotten(file: Path) -> None:
    cache = FileCache(lambda: LONG_AGO + 60)
    write(file, "one")
    cache.load([file.parent])
    file.unlink()
    assert cache.load([file.parent]) == ()
    (unread,) = cache.load([file])
    assert not unread.is_complete
