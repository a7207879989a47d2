import stat
from pathlib import Path

import pytest

from allswell.cli.errors import FolderInUse
from allswell.cli.up import data_folder
from allswell.cli.up.data_folder import DataFolder


def test_each_file_has_a_folder_of_its_own_that_stays_the_same(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    one = data_folder.default_path(tmp_path / "a/My Status.yaml", home)
    assert one == data_folder.default_path(tmp_path / "a/../a/My Status.yaml", home)
    assert one != data_folder.default_path(tmp_path / "b/My Status.yaml", home)
    assert one.parent == tmp_path / ".local/share/allswell"
    assert one.name.startswith("my-status-")


def test_the_users_data_folder_may_be_elsewhere() -> None:
    path = data_folder.default_path(Path("x.yaml"), {"HOME": "/home/ann", "XDG_DATA_HOME": "/data"})
    assert path.parent == Path("/data/allswell")


def test_a_name_without_letters_still_gives_a_folder() -> None:
    assert data_folder.default_path(Path("--.yaml"), {"HOME": "/h"}).name.startswith("status-")


def test_only_one_can_hold_a_folder_until_it_lets_go(tmp_path: Path) -> None:
    first = DataFolder.open(tmp_path / "data")
    with pytest.raises(FolderInUse, match="stop it first, or choose another folder with --data"):
        DataFolder.open(tmp_path / "data")
    first.close()
    DataFolder.open(tmp_path / "data").close()


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(FolderInUse, match=r"data cannot be used: .*; choose --data"):
        DataFolder.open(tmp_path / "data")


def test_the_database_is_beside_the_rest(tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "data")
    assert data.database == f"sqlite:///{tmp_path}/data/central.sqlite"
    data.close()


def test_what_is_written_is_whole_and_only_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "deep/er/token"
    data_folder.write(file, "first and long")
    data_folder.write(file, "second")
    assert file.read_text() == "second"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["token"]
