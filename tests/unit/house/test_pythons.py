from pathlib import Path

from tests import pythons


def program(folder: Path, name: str, *, works: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {0 if works else 1}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_each_minor_version_is_found_once_in_the_order_of_the_folders(tmp_path: Path) -> None:
    first = program(tmp_path / "one", "python3.12")
    newer = program(tmp_path / "two", "python3.13")
    program(tmp_path / "two", "python3.12")
    places = [tmp_path / "one", tmp_path / "two"]
    assert pythons.interpreters(places) == {(3, 12): first, (3, 13): newer}


def test_a_version_below_the_oldest_and_other_programs_are_passed_over(tmp_path: Path) -> None:
    for name in ("python3.10", "python3.12-config", "python3", "python2.7"):
        program(tmp_path, name)
    assert pythons.interpreters([tmp_path]) == {}


def test_a_python_without_venv_is_passed_over_for_one_that_has_it(tmp_path: Path) -> None:
    program(tmp_path / "broken", "python3.12", works=False)
    good = program(tmp_path / "good", "python3.12")
    assert pythons.interpreters([tmp_path / "broken", tmp_path / "good"]) == {(3, 12): good}


def test_shims_stand_for_no_python(tmp_path: Path) -> None:
    program(tmp_path / "shims", "python3.12")
    assert pythons.interpreters([tmp_path / "shims"]) == {}


def test_pythons_are_looked_for_on_the_path_and_where_pyenv_keeps_them(tmp_path: Path) -> None:
    kept = tmp_path / "versions/3.13.0/bin"
    kept.mkdir(parents=True)
    environ = {"PATH": "/usr/bin:/bin", "PYENV_ROOT": str(tmp_path)}
    assert list(pythons.folders(environ)) == [Path("/usr/bin"), Path("/bin"), kept]
