from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from allswell.checker import config, main, settings
from allswell.checker.config import CheckerConfig, ConfigFolder
from allswell.checker.errors import BadCheckerSettings, BadConfig
from allswell.domain.cover import Grace
from allswell.domain.spec.http import SecretKey
from tests.unit.checker.fakes import monitor

FULL = CheckerConfig(
    monitors=(monitor("a"), monitor("b", paused=True)),
    references=(("1.1.1.1", 443), ("2606:4700::1111", 53)),
    grace=Grace(timedelta(seconds=5), timedelta(seconds=50)),
    allow_loopback=True,
    allow_private=False,
    denied=(ip_network("203.0.113.0/24"), ip_network("2001:db8::/32")),
)


@pytest.mark.parametrize("written", [FULL, CheckerConfig()])
def test_a_list_is_read_back_as_it_was_written(written: CheckerConfig) -> None:
    assert config.parse(config.text(written)) == written


@pytest.mark.parametrize(
    "content",
    [
        '{"denied": ["10.1.2.3/8"]}',
        "",
        "[]",
        "7",
        '{"monitors": 7}',
        '{"monitors": [{}]}',
        '{"references": ["nowhere"]}',
    ],
)
def test_a_list_that_makes_no_sense_is_refused_with_a_reason(content: str) -> None:
    with pytest.raises(BadConfig, match=r"checker\.json cannot be used"):
        config.parse(content)


def test_a_list_is_given_when_it_changes_and_only_then(tmp_path: Path) -> None:
    folder = ConfigFolder(tmp_path)
    (tmp_path / config.FILE).write_text(config.text(FULL))
    assert folder.read_changes() == FULL
    assert folder.read_changes() is None
    (tmp_path / config.FILE).write_text(config.text(CheckerConfig()))
    assert folder.read_changes() == CheckerConfig()


def test_a_bad_list_raises_once_and_the_old_one_is_given_when_it_is_back(tmp_path: Path) -> None:
    folder = ConfigFolder(tmp_path)
    (tmp_path / config.FILE).write_text("{")
    with pytest.raises(BadConfig):
        folder.read_changes()
    assert folder.read_changes() is None
    (tmp_path / config.FILE).write_text(config.text(FULL))
    assert folder.read_changes() == FULL
    (tmp_path / config.FILE).write_bytes(b"\xff")
    with pytest.raises(BadConfig, match="cannot be read"):
        folder.read_changes()
    (tmp_path / config.FILE).unlink()
    with pytest.raises(BadConfig, match="cannot be read"):
        folder.read_changes()


def test_the_list_says_which_addresses_may_be_dialled() -> None:
    policy = main.policy(FULL)
    refused = {
        text: policy.refuses(ip_address(text))
        for text in ("127.0.0.1", "10.0.0.1", "203.0.113.9", "8.8.8.8")
    }
    assert refused == {
        "127.0.0.1": "",
        "10.0.0.1": "10.0.0.1 is a private address",
        "203.0.113.9": "203.0.113.9 is in 203.0.113.0/24, which this installation denies",
        "8.8.8.8": "",
    }


def test_secrets_are_read_again_each_time(tmp_path: Path) -> None:
    folder = ConfigFolder(tmp_path)
    (tmp_path / config.FILE).write_text(config.text(FULL))
    keys = tmp_path / config.SECRETS / "api"
    keys.mkdir(parents=True)
    (keys / "token").write_text("old\n")
    (keys / ".hidden").write_text("no")
    (keys / "large").write_text("x" * (config.MAX_SECRET_BYTES + 1))
    (keys / "folder").mkdir()
    folder.read_changes()
    assert folder.secrets == {SecretKey("api", "token"): "old"}
    (keys / "token").write_text("new")
    assert folder.read_changes() is None
    assert folder.secrets == {SecretKey("api", "token"): "new"}


ENVIRONMENT = {
    "ALLSWELL_CONFIG": "/etc/list",
    "ALLSWELL_DATA": "/data",
    "ALLSWELL_COLLECTOR_URL": "https://collector:8443",
    "ALLSWELL_TOKEN_FILE": "/token",
}


def test_settings_have_defaults_for_what_need_not_be_set() -> None:
    checker_settings = settings.read(ENVIRONMENT)
    assert (checker_settings.host, checker_settings.port, checker_settings.ca_file) == (
        "127.0.0.1",
        9090,
        None,
    )
    assert checker_settings.data == Path("/data")
    assert not checker_settings.metrics_open
    more = {"ALLSWELL_STATUS_BIND": "0.0.0.0:80", "ALLSWELL_CA_FILE": "/ca"}
    checker_settings = settings.read({**ENVIRONMENT, **more, "ALLSWELL_METRICS_OPEN": "1"})
    assert checker_settings.metrics_open
    assert (checker_settings.host, checker_settings.port, checker_settings.ca_file) == (
        "0.0.0.0",
        80,
        Path("/ca"),
    )


def test_every_problem_of_the_settings_is_reported_at_once() -> None:
    wrong = {"ALLSWELL_COLLECTOR_URL": "ftp://x", "ALLSWELL_STATUS_BIND": "here"}
    with pytest.raises(BadCheckerSettings) as caught:
        settings.read(wrong)
    assert len(str(caught.value).splitlines()) == 5
