import sys
from pathlib import Path

from tests import pythons
from tests.pythons import Interpreter


def python(*version: int) -> Interpreter:
    major, minor, patch = version
    return Interpreter((major, minor, patch), Path(f"/opt/{major}.{minor}.{patch}/bin/python3"))


def test_the_newest_of_each_other_release_is_tried() -> None:
    found = [python(3, 13, 0), python(3, 9, 18), python(3, 11, 7), python(3, 12, 9)]
    found += [python(3, 12, 10), python(3, 11, 2)]
    assert pythons.chosen(found, (3, 11)) == [python(3, 12, 10), python(3, 13, 0)]


def test_those_of_pyenv_are_found_beside_those_on_the_path(tmp_path: Path) -> None:
    for name in (
        "bin/python3.12",
        "bin/python3.12-config",
        ".pyenv/versions/3.13.0/bin/python3.13",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = pythons.programs({"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})
    assert [path.name for path in found] == ["python3.12", "python3.13"]


def test_a_python_that_runs_tells_its_version_and_one_that_does_not_is_passed_over() -> None:
    found = pythons.look(Path(sys.executable))
    assert found is not None
    assert found.version == sys.version_info[:3]
    assert pythons.look(Path("/bin/false")) is None
