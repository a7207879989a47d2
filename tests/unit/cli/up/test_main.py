import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from allswell import cli
from allswell.cli.up import main
from allswell.cli.up.data_folder import DataFolder

Capture = pytest.CaptureFixture[str]
MONITOR = """
apiVersion: allswell.dev/v1alpha1
kind: Monitor
metadata: {name: api}
spec: {tcp: {host: api.example, port: 1}}
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Yield a port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def up(folder: Path, text: str, port: int) -> int:
    """Try to run a file whose results go to `folder / "data" / "acme"`; the exit code."""
    file = folder / "status.yaml"
    file.write_text(text)
    data = folder / "data" / "acme"
    return cli.main(["up", str(file), "--data", str(data), "--port", str(port)])


def test_a_port_that_is_taken_wants_another_port_and_a_strange_address_another_host(
    port: int,
) -> None:
    assert (main.port_problem("127.0.0.1", port) or "").endswith("choose another --port")
    assert (main.port_problem("192.0.2.1", 8080) or "").endswith("choose another --host")


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [("{ broken", 2, "nothing to run"), (MONITOR, 1, "choose another --port")],
    ids=["manifest", "port"],
)
def test_a_start_that_is_refused_leaves_nothing_behind(
    tmp_path: Path, port: int, capsys: Capture, *, text: str, code: int, error: str
) -> None:
    assert up(tmp_path, text, port) == code
    assert error in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.yaml"]


def test_a_second_run_is_told_of_the_first_and_not_of_its_port(
    tmp_path: Path, port: int, capsys: Capture
) -> None:
    data = DataFolder.open(tmp_path / "data" / "acme")
    assert up(tmp_path, MONITOR, port) == 1
    assert "another allswell up is using" in capsys.readouterr().err
    data.close()
    assert up(tmp_path, MONITOR, port) == 1
    assert "choose another --port" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["", "a..b", "ä" * 80], ids=["empty", "empty label", "long label"])
def test_what_can_be_no_address_is_refused_in_words(capsys: Capture, host: str) -> None:
    with pytest.raises(SystemExit):
        cli.parse(["up", "--host", host, "status.yaml"])
    assert "that is not an address: write one like 127.0.0.1" in capsys.readouterr().err
