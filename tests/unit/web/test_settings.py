from pathlib import Path

import pytest

from allswell_web import settings
from allswell_web.main import main

DATABASE = {"ALLSWELL_DATABASE_URL": "sqlite:////tmp/central.db"}


def test_a_database_is_all_that_must_be_set() -> None:
    found = settings.read(DATABASE)
    assert (found.host, found.port, found.collector) == ("127.0.0.1", 8080, None)
    assert found.base_url == "http://127.0.0.1:8080"


def test_the_database_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("sqlite:////x.db\n")
    found = settings.read({"ALLSWELL_DATABASE_URL_FILE": str(file)})
    assert found.database_url == "sqlite:////x.db"


def test_everything_can_be_set() -> None:
    found = settings.read(
        DATABASE
        | {
            "ALLSWELL_BIND": "[::]:9000",
            "ALLSWELL_THREADS": "8",
            "ALLSWELL_COLLECTOR_URL": "https://collector:8443",
            "ALLSWELL_TOKEN_FILE": "/run/token",
            "ALLSWELL_CA_FILE": "/run/ca.crt",
            "ALLSWELL_HOSTS": "Status.example, pages.example",
            "ALLSWELL_STOP_WITH_STDIN": "1",
        }
    )
    assert (found.host, found.port, found.threads) == ("::", 9000, 8)
    assert found.collector is not None
    assert found.collector.ca_file == Path("/run/ca.crt")
    assert found.own_hosts == ("status.example", "pages.example")
    assert found.stop_with_stdin


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(settings.Invalid) as caught:
        settings.read(
            {
                "ALLSWELL_DATABASE_URL_FILE": "/nowhere",
                "ALLSWELL_BIND": "8080",
                "ALLSWELL_THREADS": "0",
                "ALLSWELL_COLLECTOR_URL": "collector",
            }
        )
    names = [problem.split()[0].rstrip(":") for problem in caught.value.problems]
    assert sorted(names) == [
        "ALLSWELL_BIND",
        "ALLSWELL_COLLECTOR_URL",
        "ALLSWELL_DATABASE_URL_FILE",
        "ALLSWELL_THREADS",
        "ALLSWELL_TOKEN_FILE",
    ]


def test_bad_settings_end_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    assert main([], {"ALLSWELL_DATABASE_URL": "mysql://x"}) == 2
    assert main(["--port"], DATABASE) == 2
    assert "ALLSWELL_DATABASE_URL is not set" in capsys.readouterr().err
