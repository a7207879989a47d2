"""The shared TLS contexts."""

import ssl
from pathlib import Path

import pytest

from allswell.probe import trust
from allswell.probe.trust import Trust


def test_a_context_is_made_once_for_each_way_of_judging() -> None:
    shared = Trust()
    made = [shared.context(verify=verify, protocols=trust.HTTP) for verify in (True, False, True)]
    assert made[0] is made[2]
    assert [context.verify_mode for context in made[:2]] == [ssl.CERT_REQUIRED, ssl.CERT_NONE]


def test_some_authorities_are_always_trusted() -> None:
    """From a file, or from a folder that is read only when it is needed."""
    context = Trust().context(verify=True)
    assert trust.has_store(context)


def test_a_machine_without_a_store_gets_a_store_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert Trust().context(verify=True).cert_store_stats()["x509_ca"] > 50


def test_a_store_in_a_folder_is_left_to_be_read_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "12345678.0").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert Trust().context(verify=True).cert_store_stats()["x509_ca"] == 0
