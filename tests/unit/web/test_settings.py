from pathlib import Path

import pytest

from allswell_web import settings
from allswell_web.errors import BadPageSettings
from allswell_web.main import main

DATABASE = {"ALLSWELL_DATABASE_URL": "sqlite:////tmp/central.db"}


def test_a_database_is_all_that_must_be_set() -> None:
    page_settings = settings.read(DATABASE)
    assert (page_settings.host, page_settings.port, page_settings.collector) == (
        "127.0.0.1",
        8080,
        None,
    )
    assert page_settings.base_url == "http://127.0.0.1:8080"


def test_the_database_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("sqlite:////x.db\n")
    page_settings = settings.read({"ALLSWELL_DATABASE_URL_FILE": str(file)})
    assert page_settings.database_url == "sqlite:////x.db"


def test_everything_can_be_set() -> None:
    page_settings = settings.read(
        DATABASE
        | {
            "ALLSWELL_BIND": "[::]:9000",
            "ALLSWELL_THREADS": "8",
            "ALLSWELL_COLLECTOR_URL": "https://collector:8443",
            "ALLSWELL_TOKEN_FILE": "/run/token",
            "ALLSWELL_CA_FILE": "/run/ca.crt",
            "ALLSWELL_HOSTS": "Status.example, pages.example",
            "ALLSWELL_INDEX": "0",
            "ALLSWELL_HSTS": "1",
            "ALLSWELL_ACCESS_LOG": "1",
            "ALLSWELL_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32",
            "ALLSWELL_REDIS_URL": "rediss://:secret@redis:6379/1",
            "ALLSWELL_CACHE_DIR": "/var/cache/allswell",
            "ALLSWELL_STOP_WITH_STDIN": "1",
        }
    )
    assert (page_settings.index, page_settings.hsts, page_settings.access_log) == (
        False,
        True,
        True,
    )
    assert [str(network) for network in page_settings.trusted_proxies] == [
        "10.0.0.0/8",
        "2001:db8::/32",
    ]
    assert page_settings.redis_url == "rediss://:secret@redis:6379/1"
    assert page_settings.cache_dir == Path("/var/cache/allswell")
    assert (page_settings.host, page_settings.port, page_settings.threads) == ("::", 9000, 8)
    assert page_settings.collector is not None
    assert page_settings.collector.ca_file == Path("/run/ca.crt")
    assert page_settings.own_hosts == ("status.example", "pages.example")
    assert page_settings.stop_with_stdin


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(BadPageSettings) as caught:
        settings.read(
            {
                "ALLSWELL_DATABASE_URL_FILE": "/nowhere",
                "ALLSWELL_BIND": "8080",
                "ALLSWELL_THREADS": "0",
                "ALLSWELL_COLLECTOR_URL": "collector",
                "ALLSWELL_HSTS": "yes",
                "ALLSWELL_TRUSTED_PROXIES": "10.0.0.0/8 proxy",
                "ALLSWELL_REDIS_URL": "http://:secret@redis",
            }
        )
    names = [problem.split()[0].rstrip(":") for problem in caught.value.problems]
    assert sorted(names) == [
        "ALLSWELL_BIND",
        "ALLSWELL_COLLECTOR_URL",
        "ALLSWELL_DATABASE_URL_FILE",
        "ALLSWELL_HSTS",
        "ALLSWELL_REDIS_URL",
        "ALLSWELL_THREADS",
        "ALLSWELL_TOKEN_FILE",
        "ALLSWELL_TRUSTED_PROXIES",
    ]
    assert "secret" not in str(caught.value)


def test_bad_settings_end_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    assert main([], {"ALLSWELL_DATABASE_URL": "mysql://x"}) == 2
    assert main(["--port"], DATABASE) == 2
    assert "ALLSWELL_DATABASE_URL is not set" in capsys.readouterr().err


def test_the_redis_may_stand_in_a_file_and_no_secret_shows_when_settings_are_printed(
    tmp_path: Path,
) -> None:
    file = tmp_path / "redis"
    file.write_text("redis://:secret@redis/0\n")
    page_settings = settings.read(
        {
            "ALLSWELL_DATABASE_URL": "postgresql://page:secret@db/central",
            "ALLSWELL_REDIS_URL_FILE": str(file),
        }
    )
    assert page_settings.redis_url == "redis://:secret@redis/0"
    assert "secret" not in repr(page_settings)
