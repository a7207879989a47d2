import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from allswell import cli

ROOT = Path(__file__).parents[3]


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert capsys.readouterr().out.startswith("usage: allswell")


def test_the_help_names_every_command_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    shown = " ".join(help_of(capsys).split())
    assert cli.SUMMARY.keys() == cli.COMMANDS.keys()
    for name, summary in cli.SUMMARY.items():
        assert f" {name} {summary}" in shown


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_teaches_itself(capsys: pytest.CaptureFixture[str], name: str) -> None:
    shown = help_of(capsys, name)
    assert "exit codes: 0 " in shown
    assert "examples:" in shown or "environment:" in shown
    assert max(map(len, shown.splitlines())) <= 100


def examples(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    shown = "".join(help_of(capsys, *command) for command in ((), *((n,) for n in cli.COMMANDS)))
    lines = re.findall(r"^  allswell (.+?)(?:   .*| [|&].*)?$", shown, re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_every_example_in_the_help_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [words for words in examples(capsys) if words[0] in cli.COMMANDS]
    assert len(commands) >= 10
    for words in commands:
        assert cli.parse(words).run is not None


def test_every_command_in_the_readme_is_understood() -> None:
    text = (ROOT / "README.md").read_text()
    lines = re.findall(r"^\.venv/bin/allswell (.+?)(?:  +#.*)?$", text, re.MULTILINE)
    assert len(lines) >= 3
    for words in map(shlex.split, lines):
        assert cli.parse(words).run is not None


def test_a_command_that_is_none_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["chek"])
    assert ended.value.code == 2
    assert "invalid choice: 'chek'" in capsys.readouterr().err


def test_options_may_stand_between_files_and_names() -> None:
    options = cli.parse(["check", "a.yaml", "--output", "json", "api"])
    assert (str(options.file), options.output, options.names) == ("a.yaml", "json", ["api"])
    options = cli.parse(["up", "a.yaml", "--port", "9000", "b.yaml"])
    assert [str(path) for path in options.paths] == ["a.yaml", "b.yaml"]


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8080x", "²"])
def test_a_port_that_is_none_is_told_the_bounds(
    capsys: pytest.CaptureFixture[str], port: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["up", f"--port={port}", "x.yaml"])
    assert ended.value.code == 2
    assert "write a number from 1 to 65535" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_bad_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["up", str(tmp_path / "none.yaml")]) == 2
    assert "give a file or folder that holds manifests" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["--help", "up --help", "validate examples/quickstart.yaml"])
def test_a_reader_that_has_gone_away_causes_no_traceback(words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "allswell.cli", *words.split()],
            cwd=ROOT,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr == b""
