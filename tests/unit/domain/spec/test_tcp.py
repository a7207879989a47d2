"""The `tcp` check."""

from datetime import timedelta

import pytest

from allswell.domain.spec import monitor
from allswell.domain.spec.tcp import Tcp, TcpExpect
from allswell.domain.spec.tls import Tls
from tests.unit.domain.spec import manifests
from tests.unit.domain.spec.manifests import problems

HOST = "write a host name or an address, without a scheme"


def test_everything_that_is_written_is_taken() -> None:
    expect = {"contains": "PONG", "latency": "1s", "certificateDays": 14}
    written = manifests.tcp(send="PING\r\n", tls={"serverName": "redis"}, expect=expect)
    expected = Tcp(
        host="db",
        port=5432,
        send="PING\r\n",
        tls=Tls(server_name="redis"),
        expect=TcpExpect("PONG", timedelta(seconds=1), 14),
    )
    assert expected == monitor.read(written).check


def test_an_empty_tls_block_asks_for_tls() -> None:
    assert Tcp("db", 5432, tls=Tls()) == monitor.read(manifests.tcp(tls={}, expect={})).check


@pytest.mark.parametrize(
    ("host", "expected"),
    [("db", "tcp://db:5432"), ("10.0.0.1", "tcp://10.0.0.1:5432"), ("::1", "tcp://[::1]:5432")],
)
def test_the_target_that_is_shown_is_host_and_port(host: str, expected: str) -> None:
    check = monitor.read(manifests.tcp(host=host)).check
    assert expected == check.target


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"host": None}, ("host", "this field is missing", HOST)),
        ({"host": "tcp://db"}, ("host", "'tcp://db' is not allowed here", HOST)),
        ({"host": ""}, ("host", "'' is not allowed here", HOST)),
        ({"port": None}, ("port", "this field is missing", "write the port's number, like 5432")),
        ({"port": 0}, ("port", "0 is out of bounds", "write a whole number from 1 to 65535")),
        (
            {"port": "5432"},
            ("port", "this is text, not a whole number", "write a whole number from 1 to 65535"),
        ),
        (
            {"expect": {"certificateDays": 7}},
            ("expect.certificateDays", "plain TCP has no certificate", "write tls: {}"),
        ),
        ({"tls": True}, ("tls", "this is true or false", "write a mapping of fields")),
        ({"tsl": {}}, ("tsl", "this field is unknown", "did you mean tls?")),
        (
            {"expect": {"body": "x"}},
            (
                "expect.body",
                "this field is unknown",
                "known here: certificateDays, contains, latency",
            ),
        ),
    ],
)
def test_a_problem_is_named(block: dict[str, object], expected: tuple[str, str, str]) -> None:
    path, wrong, instead = expected
    found = problems(monitor.read, manifests.tcp(**block))
    assert [(f"spec.tcp.{path}", wrong, instead)] == found
