import os
from pathlib import Path

import pytest

from tests import needs

NEVER = needs.Need(
    "never", "a thing that is never there", "sudo apt-get install never", lambda: None
)
ALWAYS = needs.Need("always", "this file", "nothing", lambda: Path(__file__))


def test_what_is_lacking_is_said_with_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = (
        "This machine lacks a thing that is never there. To install: sudo apt-get install never\n"
        "  The tests of it are skipped.\n"
    )
    code = needs.main([ALWAYS, NEVER], {})
    said = capsys.readouterr().out
    assert (code, said) == (0, expected)


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"ALLSWELL_REQUIRE_ALL": "1"}])
def test_where_everything_is_required_a_lacking_thing_is_a_failure(environ: dict[str, str]) -> None:
    assert needs.main([NEVER], environ) == 1


def test_a_complete_machine_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert needs.main([ALWAYS], {"CI": "true"}) == 0
    assert capsys.readouterr().out == ""


def test_the_newest_postgresql_is_taken_by_number_not_by_spelling(tmp_path: Path) -> None:
    for version in ("9.6", "15", "16"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
        (folder / "postgres").touch()
    assert needs.postgres_bin(tmp_path) == tmp_path / "16" / "bin"


def test_client_programs_alone_are_no_server(tmp_path: Path) -> None:
    folder = tmp_path / "17" / "bin"
    folder.mkdir(parents=True)
    (folder / "initdb").touch()
    assert needs.postgres_bin(tmp_path) != folder


def test_a_program_that_nobody_has_is_not_found() -> None:
    assert needs.program("allswell-no-such-program") is None


def test_of_the_programs_that_were_built_the_last_one_is_taken(tmp_path: Path) -> None:
    old, new = tmp_path / "tools" / "no-such-tool", tmp_path / "cluster/bin/abc" / "no-such-tool"
    for path, when in ((new, 2_000), (old, 1_000)):
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (when, when))
    assert needs.built("no-such-tool", tmp_path) == new


@pytest.mark.needs("nginx")
@pytest.mark.integration
def test_a_test_that_needs_nginx_finds_it() -> None:
    assert needs.nginx() is not None


@pytest.mark.needs("postgresql")
@pytest.mark.integration
def test_a_test_that_needs_postgresql_finds_its_programs() -> None:
    folder = needs.postgres_bin()
    assert folder is not None
    assert (folder / "initdb").exists()
