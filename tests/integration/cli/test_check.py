import asyncio
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.integration.cli.up import Target, command, environment, monitor, page, target, write
from tests.integration.probe.targets import Site, authority, ok, serving

pytestmark = pytest.mark.integration
NUMBER = {"type": ["number", "null"], "minimum": 0}
TEXT = {"type": "string"}


def strictly(**fields: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


SCHEMA = {
    "type": "array",
    "items": strictly(
        name=TEXT,
        namespace=TEXT,
        target=TEXT,
        state={"enum": ["up", "degraded", "down", "unknown"]},
        reason=TEXT,
        detail=TEXT,
        address=TEXT,
        certificate_days={"type": ["integer", "null"]},
        assertions={
            "type": "array",
            "items": strictly(name=TEXT, expected=TEXT, seen=TEXT, holds={"type": "boolean"}),
        },
        phases_s=strictly(
            dns=NUMBER,
            connect=NUMBER,
            tls=NUMBER,
            first_byte=NUMBER,
            total={"type": "number", "minimum": 0},
        ),
    ),
}


@pytest.fixture
def site() -> Iterator[Target]:
    with target() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "status.yaml"


def check(file: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    result = subprocess.run(
        command("check", file, *arguments),
        env=environment(file.parent) | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr


def checked(file: Path, *arguments: str, **variables: str) -> list[dict[str, Any]]:
    _, out, _ = check(file, "--output", "json", *arguments, **variables)
    result: list[dict[str, Any]] = json.loads(out)
    jsonschema.validate(result, SCHEMA)
    return result


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_good_target_is_up_with_what_was_expected_and_seen(file: Path, site: Target) -> None:
    write(file, monitor("api", site.url()))
    code, out, err = check(file)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "api: UP"
    assert f"  target   {site.url()}" in lines
    assert "  ✓ status: expected 200-299, saw 200" in lines
    assert "connect " in out
    assert "total " in out
    assert "\x1b[" not in out


def test_a_bad_answer_is_down_and_says_when_that_counts(file: Path, site: Target) -> None:
    site.status = 503
    write(file, monitor("api", site.url(), confirm={"failures": 3, "every": "1s"}))
    code, out, _ = check(file)
    assert code == 1
    assert out.startswith("api: DOWN HTTP 503\n")
    assert "  ✗ status: expected 200-299, saw 503" in out
    assert "it counts as down after 3 such checks in a row, 1s apart" in out


def test_nobody_listening_is_down_in_plain_words(file: Path) -> None:
    write(file, monitor("api", f"http://127.0.0.1:{closed_port()}/"))
    code, out, _ = check(file)
    assert code == 1
    assert "ConnectionRefused" in out
    assert "nothing listens there" in out


def test_slow_is_degraded_which_is_no_failure(file: Path, site: Target) -> None:
    write(file, monitor("api", "", http={"url": site.url(), "expect": {"latency": "1ms"}}))
    (result,) = checked(file)
    assert (result["state"], result["reason"]) in {("degraded", "Slow"), ("up", "")}
    assert check(file)[0] == 0


def test_names_choose_and_a_near_miss_is_told(file: Path, site: Target) -> None:
    write(file, monitor("api", site.url("/a")), monitor("web", site.url("/w")))
    assert [entry["name"] for entry in checked(file, "web")] == ["web"]
    assert site.asked == {"/w"}
    code, out, err = check(file, "wep")
    assert (code, out, err) == (2, "", "there is no Monitor 'wep'; did you mean web?\n")
    assert "there are: api, web" in check(file, "zzzzzz")[2]


def test_secrets_of_the_file_are_sent_and_never_shown(file: Path, site: Target) -> None:
    reference = {"secretKeyRef": {"name": "s", "key": "token"}}
    headers = [{"name": "Authorization", "valueFrom": reference}]
    watched = monitor("api", "", http={"url": site.url(), "headers": headers})
    write(file, watched)
    code, out, _ = check(file)
    assert code == 1
    assert out.startswith("api: UNKNOWN SecretMissing\n")
    kind = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    write(file, watched, {**kind, "stringData": {"token": "hunter2"}})
    code, out, _ = check(file)
    assert code == 0
    assert site.tokens == ["hunter2"]
    assert "hunter2" not in out


@pytest.mark.asyncio
async def test_https_is_verified_against_the_authorities_of_the_machine(
    file: Path, tmp_path: Path
) -> None:
    ca = authority(tmp_path)
    site = Site({"/": ok(b"fine")})
    async with serving(site, tls=ca.server("localhost", "127.0.0.1")) as port:
        write(file, monitor("api", f"https://127.0.0.1:{port}/"))
        (stranger,) = await asyncio.to_thread(checked, file)
        assert (stranger["state"], stranger["reason"]) == ("down", "TLSUntrusted")
        (friend,) = await asyncio.to_thread(checked, file, SSL_CERT_FILE=str(ca.file))
    assert friend["state"] == "up"
    assert friend["phases_s"]["tls"] > 0
    assert friend["certificate_days"] > 0


@pytest.mark.parametrize("text", ["", "{ broken", "kind: Montior"])
def test_bad_input_is_exit_code_2_with_nothing_on_standard_output(file: Path, text: str) -> None:
    file.write_text(text)
    code, out, err = check(file)
    assert (code, out) == (2, "")
    assert err


def test_a_page_alone_has_nothing_to_check(file: Path) -> None:
    write(file, page("acme", "Acme"))
    assert check(file)[::2] == (2, "no Monitor found; give a file that contains one\n")
