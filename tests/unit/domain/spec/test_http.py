"""The `http` check."""

from datetime import timedelta

import pytest

from allswell.domain.spec import monitor
from allswell.domain.spec.http import (
    BodyExpect,
    Header,
    Http,
    HttpExpect,
    SecretKey,
    StatusRange,
)
from allswell.domain.spec.tls import Tls
from tests.unit.domain.spec import manifests
from tests.unit.domain.spec.manifests import problems

LIKE = "write it like https://example.com/health"
STATUS = 'write "200" or a range like "200-299"'
SOURCE = ("a header has one source", "write either value or valueFrom")


def test_everything_that_is_written_is_taken() -> None:
    block: dict[str, object] = {
        "url": "https://api.example.com:8443/health?deep=1",
        "method": "POST",
        "headers": [
            {"name": "Accept", "value": "application/json"},
            {"name": "X-Empty", "value": ""},
            {"name": "Authorization", "valueFrom": {"secretKeyRef": {"name": "api", "key": "t"}}},
        ],
        "body": "{}",
        "maxRedirects": 0,
        "tlsConfig": {"insecureSkipVerify": True, "serverName": "api"},
        "expect": {
            "status": ["200-299", 404, "410"],
            "body": {"contains": "ok", "notContains": "error", "matches": "o+k"},
            "latency": "800ms",
            "certificateDays": 0,
        },
    }
    expected = Http(
        url="https://api.example.com:8443/health?deep=1",
        method="POST",
        headers=(
            Header("Accept", "application/json"),
            Header("X-Empty", ""),
            Header("Authorization", SecretKey("api", "t")),
        ),
        body="{}",
        max_redirects=0,
        tls=Tls(insecure_skip_verify=True, server_name="api"),
        expect=HttpExpect(
            status=(StatusRange(200, 299), StatusRange(404, 404), StatusRange(410, 410)),
            body=BodyExpect("ok", "error", "o+k"),
            latency=timedelta(milliseconds=800),
            certificate_days=0,
        ),
    )
    assert expected == monitor.read(manifests.http(**block)).check


def test_empty_blocks_have_the_defaults() -> None:
    written = manifests.http(headers=[], expect={"status": [], "body": {}}, tlsConfig={})
    assert Http("https://example.com/") == monitor.read(written).check


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "HTTPS://EXAMPLE.com",
        "http://[::1]:8080/x",
        "http://a/%7E?q=a@b",
        "https://bücher.example/ß",
    ],
)
def test_an_address_with_a_scheme_and_a_host_is_taken(url: str) -> None:
    check = monitor.read(manifests.http(url=url)).check
    assert isinstance(check, Http)
    assert url == check.url


def test_the_target_that_is_shown_holds_no_query() -> None:
    assert Http("https://a.example:8443/x/y?token=1").target == "https://a.example:8443/x/y"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(199, False), (200, True), (299, True), (300, False), ("200", False), (None, False)],
)
def test_a_range_holds_both_its_ends(status: object, *, expected: bool) -> None:
    assert expected is (status in StatusRange(200, 299))


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("example.com", "'example.com' does not begin with http:// or https://"),
        ("ftp://example.com", "'ftp://example.com' does not begin with http:// or https://"),
        ("//example.com", "'//example.com' does not begin with http:// or https://"),
        ("http://", "'http://' is not an address"),
        ("http:///path", "'http:///path' is not an address"),
        ("http://a b", "'http://a b' is not an address"),
        ("http://a/\r\nX: y", "'http://a/\\r\\nX: y' is not an address"),
        ("http://[::1", "'http://[::1' is not an address"),
        ("http://a:0", "'http://a:0' is not an address"),
        ("http://a:65536", "'http://a:65536' is not an address"),
        ("http://a:b", "'http://a:b' is not an address"),
        ("http://x[::1]/", "'http://x[::1]/' is not an address"),
        ("http://[::1]x/", "'http://[::1]x/' is not an address"),
        ("http://a,b/", "'http://a,b/' is not an address"),
        ("http://a\\b/", "'http://a\\\\b/' is not an address"),
        ("http://%61/", "'http://%61/' is not an address"),
        (
            "http://u:p@a/",
            "the address holds a user or password; put it in a header with valueFrom",
        ),
        ("http://@a/", "the address holds a user or password; put it in a header with valueFrom"),
        ("http://a/#top", "the part after # is never sent; leave it out"),
    ],
)
def test_an_address_that_cannot_be_checked_is_refused(url: str, wrong: str) -> None:
    assert [("spec.http.url", wrong, LIKE)] == problems(monitor.read, manifests.http(url=url))


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            {"url": None},
            (
                "url",
                "this field is missing",
                "write the address to check, like https://example.com/health",
            ),
        ),
        ({"url": ""}, ("url", "this has 0 characters", "write 1 to 2048 characters")),
        (
            {"url": "https://a/" + "a" * 2048},
            ("url", "this has 2058 characters", "write 1 to 2048 characters"),
        ),
        (
            {"url": ["https://a"]},
            ("url", "this is a list, not text", "write text"),
        ),
        ({"method": "get"}, ("method", "'get' is not allowed here", "did you mean GET?")),
        ({"method": "PSOT"}, ("method", "'PSOT' is not allowed here", "did you mean POST?")),
        (
            {"method": "BREW"},
            (
                "method",
                "'BREW' is not allowed here",
                "write one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            ),
        ),
        ({"body": "x"}, ("body", "a GET request has no body", "write method: POST")),
        (
            {"body": "", "method": "POST"},
            ("body", "this has 0 characters", "write 1 to 65536 characters"),
        ),
        (
            {"maxRedirects": 21},
            ("maxRedirects", "21 is out of bounds", "write a whole number from 0 to 20"),
        ),
        (
            {"headers": {"a": "b"}},
            ("headers", "this is a mapping, not a list", "begin each entry with a -"),
        ),
        (
            {"headers": ["a"]},
            ("headers[0]", "this is text", "write a mapping of fields, like name: Accept"),
        ),
        (
            {"headers": [{"value": "a"}]},
            ("headers[0].name", "this field is missing", "write a name like Authorization"),
        ),
        (
            {"headers": [{"name": "a b", "value": "a"}]},
            ("headers[0].name", "'a b' is not allowed here", "write a name like Authorization"),
        ),
        (
            {"headers": [{"name": "Content-Length", "value": "1"}]},
            (
                "headers[0].name",
                "Content-Length is set by the checker itself",
                "remove this header",
            ),
        ),
        (
            {"headers": [{"name": "a", "value": "b\r\nc: d"}]},
            (
                "headers[0].value",
                "'b\\r\\nc: d' is not allowed here",
                "write one line of characters up to U+00FF, without spaces at its ends",
            ),
        ),
        (
            {"headers": [{"name": "a", "value": " b"}]},
            (
                "headers[0].value",
                "' b' is not allowed here",
                "write one line of characters up to U+00FF, without spaces at its ends",
            ),
        ),
        ({"headers": [{"name": "a"}]}, ("headers[0]", *SOURCE)),
        (
            {
                "headers": [
                    {
                        "name": "a",
                        "value": "b",
                        "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}},
                    }
                ]
            },
            ("headers[0]", *SOURCE),
        ),
        (
            {"headers": [{"name": "a", "valueFrom": {}}]},
            (
                "headers[0].valueFrom.secretKeyRef",
                "this field is missing",
                "write secretKeyRef: {name: …, key: …}",
            ),
        ),
        (
            {"headers": [{"name": "a", "valueFrom": {"secretKeyRef": {"key": "b"}}}]},
            (
                "headers[0].valueFrom.secretKeyRef.name",
                "this field is missing",
                "write the name of a Secret",
            ),
        ),
        (
            {"headers": [{"name": "a", "valueFrom": {"secretKeyRef": {"name": "a", "key": "/"}}}]},
            (
                "headers[0].valueFrom.secretKeyRef.key",
                "'/' is not allowed here",
                "write a key of that Secret",
            ),
        ),
        (
            {"headers": [{"name": f"a{n}", "value": "1"} for n in range(33)]},
            ("headers", "this has 33 entries", "write at most 32"),
        ),
        (
            {"tlsConfig": {"insecureSkipVerfy": True}},
            (
                "tlsConfig.insecureSkipVerfy",
                "this field is unknown",
                "did you mean insecureSkipVerify?",
            ),
        ),
        (
            {"tlsConfig": {"serverName": "a b"}},
            ("tlsConfig.serverName", "'a b' is not allowed here", "write a host name"),
        ),
        ({"expect": {"status": ["2xx"]}}, ("expect.status[0]", "'2xx' is no status", STATUS)),
        (
            {"expect": {"status": ["299-200"]}},
            ("expect.status[0]", "'299-200' is no status", STATUS),
        ),
        ({"expect": {"status": [True]}}, ("expect.status[0]", "true is no status", STATUS)),
        ({"expect": {"status": [[200]]}}, ("expect.status[0]", "a list is no status", STATUS)),
        ({"expect": {"status": [99]}}, ("expect.status[0]", "99 is no status", STATUS)),
        (
            {"expect": {"status": 200}},
            (
                "expect.status",
                "this is a whole number, not a list",
                "begin each entry with a -",
            ),
        ),
        (
            {"expect": {"status": b"\xc8"}},
            ("expect.status", "this is binary data, not a list", "begin each entry with a -"),
        ),
        (
            {"expect": {"body": {"contains": ""}}},
            ("expect.body.contains", "this has 0 characters", "write 1 to 1024 characters"),
        ),
        (
            {"expect": {"body": {"contains": "a\0"}}},
            (
                "expect.body.contains",
                "this holds a character that cannot be stored",
                "leave it out",
            ),
        ),
        (
            {"expect": {"body": {"contain": "ok"}}},
            ("expect.body.contain", "this field is unknown", "did you mean contains?"),
        ),
        (
            {"expect": {"body": {"matches": "a("}}},
            (
                "expect.body.matches",
                "this is no regular expression: missing ), unterminated subpattern at position 1",
                "mend the pattern",
            ),
        ),
        (
            {"expect": {"body": {"matches": "a{99999999999}"}}},
            (
                "expect.body.matches",
                "this is no regular expression: the repetition number is too large",
                "mend the pattern",
            ),
        ),
        (
            {"expect": {"body": {"matches": "(" * 500 + ")" * 500}}},
            (
                "expect.body.matches",
                "this is no regular expression: it is nested too deeply",
                "mend the pattern",
            ),
        ),
        (
            {"expect": {"latency": "0s"}},
            ("expect.latency", "0s is out of bounds", "write 1ms to 24h"),
        ),
        (
            {"expect": {"certificateDays": -1}},
            (
                "expect.certificateDays",
                "-1 is out of bounds",
                "write a whole number from 0 to 365",
            ),
        ),
        ({"expect": []}, ("expect", "this is a list", "write a mapping of fields")),
        ({"uri": "x"}, ("uri", "this field is unknown", "did you mean url?")),
    ],
)
def test_a_problem_is_named(block: dict[str, object], expected: tuple[str, str, str]) -> None:
    path, wrong, instead = expected
    found = problems(monitor.read, manifests.http(**block))
    assert [(f"spec.http.{path}", wrong, instead)] == found


def test_a_status_that_stands_twice_is_named_where_it_stands_beside_a_wrong_one() -> None:
    found = problems(monitor.read, manifests.http(expect={"status": ["2xx", 200, "200"]}))
    assert found == [
        ("spec.http.expect.status[0]", "'2xx' is no status", STATUS),
        ("spec.http.expect.status[2]", "'200' stands here twice", "remove one of the two"),
    ]


def test_a_header_that_stands_twice_is_named_whatever_its_case() -> None:
    names = ["accept", "", "Accept"]
    headers = [{"name": name, "value": "1"} for name in names]
    found = problems(monitor.read, manifests.http(headers=headers))
    assert found == [
        (
            "spec.http.headers[1].name",
            "'' is not allowed here",
            "write a name like Authorization",
        ),
        ("spec.http.headers[2]", "'accept' stands here twice", "remove one of the two"),
    ]
