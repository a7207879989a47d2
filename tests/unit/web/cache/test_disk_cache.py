from datetime import timedelta
from pathlib import Path

import pytest

from allswell_web.cache.disk_cache import DiskCache
from allswell_web.cache.shared_cache import StoredSnapshot
from tests.unit.web.fakes import NOW


def snapshot(size: int = 100) -> StoredSnapshot:
    return StoredSnapshot(b"x" * size, NOW, NOW + timedelta(seconds=30), 1)


def test_the_oldest_snapshots_give_way_when_the_folder_is_full(tmp_path: Path) -> None:
    folder = DiskCache(tmp_path, max_bytes=4000)
    for number in range(20):
        folder.store(f"page-{number:02}", snapshot(800), 0)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == [f"page-{number:02}.snapshot" for number in range(16, 20)]


def test_what_a_process_that_died_has_half_written_is_no_snapshot_and_gives_way_too(
    tmp_path: Path,
) -> None:
    half = tmp_path / ".half.snapshot"
    half.write_bytes(b"x" * 5000)
    DiskCache(tmp_path, max_bytes=4000).store("page-1", snapshot(), 0)
    assert [file.name for file in tmp_path.iterdir()] == ["page-1.snapshot"]


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\nx", b'{"at": "x"}\n', b"\xff\xff"])
def test_a_file_that_is_no_snapshot_is_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page-1.snapshot").write_bytes(content)
    assert DiskCache(tmp_path).load("page-1") is None


def test_a_folder_that_cannot_be_written_is_told_and_costs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    folder = DiskCache(file / "below")
    folder.store("page-1", snapshot(), 0)
    assert folder.load("page-1") is None


def test_nobody_else_can_read_a_snapshot(tmp_path: Path) -> None:
    folder = DiskCache(tmp_path / "cache")
    folder.store("page-1", snapshot(), 0)
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
    assert (tmp_path / "cache" / "page-1.snapshot").stat().st_mode & 0o077 == 0
