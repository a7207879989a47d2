"""Test certificates and handshakes, good and bad, in both kinds of check."""

import asyncio
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect, HttpExpect
from allswell.domain.spec.tcp import Tcp, TcpExpect
from allswell.domain.spec.tls import Tls
from allswell.probe import Prober
from tests.integration.probe.targets import (
    HERE,
    SOON,
    Answer,
    Authority,
    Site,
    after_request,
    authority,
    check,
    for_ever,
    names,
    ok,
    redirect,
    serving,
    silence,
)

pytestmark = pytest.mark.asyncio

INSECURE = Tls(insecure_skip_verify=True)
TABLE = names({"a.example": ["127.0.0.1"], "b.example": ["127.0.0.1"]})


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return authority(tmp_path)


@pytest.fixture
def prober(ours: Authority) -> Prober:
    return Prober(HERE, resolve=TABLE, extra_ca_file=ours.file)


async def test_a_good_certificate_is_up_and_its_days_are_counted_unasked(
    ours: Authority, prober: Prober
) -> None:
    until = datetime.now(UTC) + timedelta(days=30, hours=1)
    site = Site({"/": ok(b"hello " * 20_000)})
    async with serving(site, tls=ours.server("a.example", until=until)) as port:
        found = await check(
            f"https://a.example:{port}/", prober=prober, reads=BodyExpect(not_contains="x")
        )
    assert (found.reason, found.certificate_days) == (state.OK, 30), found
    assert found.phases.tls is not None
    assert site.header("host") == f"a.example:{port}"


async def test_an_ip_address_in_the_certificate_is_verified(
    ours: Authority, prober: Prober
) -> None:
    async with serving(Site(), tls=ours.server("127.0.0.1")) as port:
        found = await check(f"https://127.0.0.1:{port}/", prober=prober)
    assert found.reason == state.OK, found


async def test_a_large_request_goes_through_whole(ours: Authority, prober: Prober) -> None:
    site = Site()
    async with serving(site, tls=ours.server("a.example")) as port:
        await check(f"https://a.example:{port}/", prober=prober, method="POST", body="x" * 65_536)
    assert site.bodies == [b"x" * 65_536]


@pytest.mark.parametrize(
    ("name", "until", "reason", "words"),
    [
        ("a.example", datetime(2001, 1, 1, tzinfo=UTC), state.TLS_EXPIRED, "has expired"),
        ("other.example", None, state.TLS_NAME_MISMATCH, "is not for a.example"),
    ],
)
async def test_a_bad_certificate_is_down_and_skipping_verification_skips_that(
    *, ours: Authority, prober: Prober, name: str, until: datetime | None, reason: str, words: str
) -> None:
    async with serving(Site(), tls=ours.server(name, until=until)) as port:
        found = await check(f"https://a.example:{port}/", prober=prober)
        skipped = await check(f"https://a.example:{port}/", prober=prober, tls=INSECURE)
    assert (found.reason, words in found.detail) == (reason, True)
    assert skipped.reason == state.OK
    assert (skipped.certificate_days or 0) < 0 if until else (skipped.certificate_days or 0) > 0


async def test_an_unknown_authority_is_not_trusted(ours: Authority) -> None:
    async with serving(Site(), tls=ours.server("a.example")) as port:
        found = await check(f"https://a.example:{port}/", prober=Prober(HERE, resolve=TABLE))
    assert (found.reason, "is not trusted" in found.detail) == (state.TLS_UNTRUSTED, True)


async def test_the_name_in_the_manifest_replaces_the_host(ours: Authority, prober: Prober) -> None:
    async with serving(Site(), tls=ours.server("other.example")) as port:
        url = f"https://127.0.0.1:{port}/"
        found = await check(url, prober=prober, tls=Tls(server_name="other.example"))
        refused = await check(url, prober=prober, tls=Tls(server_name=f"{'a' * 70}.example"))
    assert (found.reason, refused.reason) == (state.OK, state.TLS_FAILED)


async def test_a_server_that_ends_the_handshake_over_the_version_fails(
    ours: Authority, prober: Prober
) -> None:
    old = ours.server("a.example")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1
    async with serving(Site(), tls=old) as port:
        found = await check(f"https://a.example:{port}/", prober=prober)
    assert found.reason in (state.TLS_FAILED, state.CONNECTION_RESET)
    assert "TLS with a.example" in found.detail


async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take the greeting and close."""
    await reader.read(10_000)


NO_TLS: dict[str, Answer] = {
    "plain HTTP": for_ever(b"HTTP/1.1 400 Plain here\r\n\r\n"),
    "an alert": for_ever(b"\x15\x03\x03\x00\x02\x02\x28"),
    "only TLS 1.0": for_ever(b"\x15\x03\x01\x00\x02\x02\x46"),
    "nothing": hang_up,
    "endless greetings": for_ever(b"\x16\x03\x03\x3f\xff" + b"\x02" * 16_383),
}


@pytest.mark.parametrize("target", NO_TLS)
async def test_what_is_no_tls_is_said_to_be_none(target: str) -> None:
    async with serving(NO_TLS[target]) as port:
        found = await check(f"https://127.0.0.1:{port}/")
    assert found.reason == state.TLS_FAILED, found


async def test_a_handshake_that_never_ends_is_a_timeout() -> None:
    async with serving(silence) as port:
        found = await check(f"https://127.0.0.1:{port}/", timeout=timedelta(milliseconds=200))
    assert found.reason == state.TIMEOUT
    assert "while agreeing on TLS with 127.0.0.1" in found.detail


async def test_an_end_without_tls_farewell_is_an_end(ours: Authority, prober: Prober) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await after_request(b"HTTP/1.1 200 OK\r\n\r\nhello")(reader, writer)
        writer.get_extra_info("socket").shutdown(1)

    async with serving(rude, tls=ours.server("a.example")) as port:
        found = await check(
            f"https://a.example:{port}/", prober=prober, reads=BodyExpect(matches="^hello$")
        )
    assert found.reason == state.OK, found


async def test_a_certificate_that_ends_soon_is_degraded(ours: Authority, prober: Prober) -> None:
    until = datetime.now(UTC) + timedelta(days=7, hours=1)
    async with serving(Site(), tls=ours.server("a.example", until=until)) as port:
        url = f"https://a.example:{port}/"
        late = await check(url, prober=prober, expect=HttpExpect(certificate_days=8))
        early = await check(url, prober=prober, expect=HttpExpect(certificate_days=7))
        tcp = Tcp("a.example", port, tls=Tls(), expect=TcpExpect(certificate_days=8))
        other = await prober.check(tcp, SOON, {})
    assert (late.reason, late.state) == (state.CERTIFICATE_EXPIRING, state.State.DEGRADED)
    assert late.assertions[-1].seen == "7"
    assert early.reason == state.OK
    assert other.reason == state.CERTIFICATE_EXPIRING


async def test_without_tls_there_is_no_certificate_to_be_good() -> None:
    async with serving(Site()) as port:
        found = await check(f"http://127.0.0.1:{port}/", expect=HttpExpect(certificate_days=1))
    assert (found.reason, found.assertions[-1].seen) == (
        state.CERTIFICATE_EXPIRING,
        "no certificate",
    )


async def test_a_redirect_from_https_to_http_is_followed(ours: Authority, prober: Prober) -> None:
    async with serving(Site()) as plain:
        site = Site({"/": redirect(f"http://a.example:{plain}/")})
        async with serving(site, tls=ours.server("a.example")) as port:
            found = await check(f"https://a.example:{port}/", prober=prober)
    assert (found.reason, found.phases.tls, found.certificate_days) == (state.OK, None, None)


async def test_a_file_that_holds_no_certificates_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(OSError, match="certificate"):
        Prober(HERE, extra_ca_file=tmp_path / "ca.pem")
    with pytest.raises(FileNotFoundError):
        Prober(HERE, extra_ca_file=tmp_path / "none.pem")


async def test_tcp_speaks_through_tls(ours: Authority) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        await writer.drain()

    async with serving(echo, tls=ours.server("a.example")) as port:
        expect = TcpExpect(contains="PING")
        spec = Tcp("a.example.", port, send="PING\r\n", tls=Tls(), expect=expect)
        other = Prober(HERE, resolve=names({"a.example.": ["127.0.0.1"]}), extra_ca_file=ours.file)
        found = await other.check(spec, SOON, {})
    assert (found.reason, found.certificate_days is None) == (state.OK, False), found


async def test_a_self_signed_certificate_is_not_trusted() -> None:
    stranger = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stranger.issue_cert("127.0.0.1").configure_cert(context)
    async with serving(Site(), tls=context) as port:
        found = await Prober(HERE).check(Tcp("127.0.0.1", port, tls=Tls()), SOON, {})
    assert found.reason == state.TLS_UNTRUSTED
