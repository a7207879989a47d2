"""The Monitor manifest."""

from datetime import timedelta

import pytest

from allswell.domain.spec import monitor
from allswell.domain.spec.http import Http, SecretKey
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Confirm, Monitor, Storage
from allswell.domain.spec.tcp import Tcp
from tests.unit.domain.spec import manifests
from tests.unit.domain.spec.manifests import problems

SECOND = timedelta(seconds=1)


def test_what_is_not_written_has_its_default() -> None:
    expected = Monitor(
        meta=Meta("api", "default"),
        kind="http",
        check=Http("https://example.com/"),
        interval=30 * SECOND,
        timeout=None,
        confirm=Confirm(2, 1, None),
        paused=False,
        retention_days=14,
        storage=Storage("Persistent", "128Mi"),
    )
    assert expected == monitor.read(manifests.monitor())


def test_everything_that_is_written_is_taken() -> None:
    written = manifests.monitor(
        tcp={"host": "db", "port": 5432},
        interval="1m",
        timeout="10s",
        confirm={"failures": 3, "successes": 2, "every": "2s"},
        paused=True,
        retentionDays=30,
        storage={"kind": "Ephemeral", "size": "1Gi"},
    )
    written["metadata"] = {
        "name": "db",
        "namespace": "acme",
        "labels": {"tier": "edge"},
        "uid": "7",
    }
    expected = Monitor(
        meta=Meta("db", "acme", {"tier": "edge"}, "7"),
        kind="tcp",
        check=Tcp("db", 5432),
        interval=60 * SECOND,
        timeout=10 * SECOND,
        confirm=Confirm(3, 2, 2 * SECOND),
        paused=True,
        retention_days=30,
        storage=Storage("Ephemeral", "1Gi"),
    )
    assert expected == monitor.read(written)


def test_a_null_counts_as_not_written() -> None:
    nulls = dict.fromkeys(["interval", "timeout", "confirm", "paused", "retentionDays", "storage"])
    assert monitor.read(manifests.monitor()) == monitor.read(manifests.monitor(**nulls))


def test_empty_blocks_have_the_defaults() -> None:
    written = manifests.monitor(confirm={}, storage={})
    assert monitor.read(manifests.monitor()) == monitor.read(written)


def test_what_the_api_server_adds_is_left_alone() -> None:
    written = manifests.monitor() | {"status": {"state": "up"}}
    written["metadata"] = {
        "name": "api",
        "uid": "7",
        "resourceVersion": "12",
        "generation": 3,
        "creationTimestamp": "2026-11-23T12:00:00Z",
        "managedFields": [{}],
        "annotations": {"a": "b"},
    }
    assert Meta("api", uid="7") == monitor.read(written).meta


@pytest.mark.parametrize(
    ("interval", "timeout", "every"),
    [("1s", 800, 1000), ("3s", 2400, 3000), ("5s", 4000, 5000), ("30s", 5000, 5000)],
)
def test_what_is_not_written_never_clashes_with_the_interval(
    interval: str, timeout: int, every: int
) -> None:
    found = monitor.read(manifests.monitor(interval=interval))
    effective = (found.effective_timeout, found.effective_every)
    assert effective == (timedelta(milliseconds=timeout), timedelta(milliseconds=every))


def test_what_is_written_is_effective() -> None:
    found = monitor.read(manifests.monitor(timeout="20s", confirm={"every": "7s"}))
    assert (found.effective_timeout, found.effective_every) == (20 * SECOND, 7 * SECOND)


def test_the_size_of_the_volume_is_known_in_bytes() -> None:
    sizes = [Storage(size="128Mi").size_bytes, Storage(size="1Gi").size_bytes]
    assert sizes == [134_217_728, 1_073_741_824]


def test_only_the_secrets_of_headers_are_needed() -> None:
    key = {"secretKeyRef": {"name": "api", "key": "token"}}
    headers = [{"name": "Accept", "value": "*/*"}, {"name": "Authorization", "valueFrom": key}]
    assert monitor.read(manifests.http(headers=headers)).secrets == (SecretKey("api", "token"),)
    assert monitor.read(manifests.tcp()).secrets == ()


NAME = "write 1 to 45 of a-z, 0-9 and -, with a letter or digit at both ends"
KNOWN = "interval, timeout, confirm, storage, paused, retentionDays, http, tcp"
SIZE = "write a size like 128Mi or 1Gi, from 16Mi to 64Gi"
GRAMMAR = "write whole numbers with h, m, s or ms, like 90s or 1h30m"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"apiVersion": "v1"},
            ("apiVersion", "'v1' is not what this is", "write allswell.dev/v1alpha1"),
        ),
        ({"apiVersion": 1}, ("apiVersion", "1 is not what this is", "write allswell.dev/v1alpha1")),
        (
            {"apiVersion": None},
            ("apiVersion", "this field is missing", "write allswell.dev/v1alpha1"),
        ),
        ({"kind": "Pod"}, ("kind", "'Pod' is not what this is", "write Monitor")),
        ({"kind": None}, ("kind", "this field is missing", "write Monitor")),
        ({"metadata": None}, ("metadata.name", "this field is missing", NAME)),
        ({"metadata": []}, ("metadata", "this is a list", "write a mapping of fields")),
        (
            {"metadata": {"name": ""}},
            ("metadata.name", "this has 0 characters", "write 1 to 45 characters"),
        ),
        (
            {"metadata": {"name": "a" * 46}},
            ("metadata.name", "this has 46 characters", "write 1 to 45 characters"),
        ),
        ({"metadata": {"name": "a.b"}}, ("metadata.name", "'a.b' is not allowed here", NAME)),
        ({"metadata": {"name": "-a"}}, ("metadata.name", "'-a' is not allowed here", NAME)),
        ({"metadata": {"name": "A"}}, ("metadata.name", "'A' is not allowed here", NAME)),
        (
            {"metadata": {"name": 7}},
            (
                "metadata.name",
                "this is a whole number, not text",
                "put it in quotes to make it text",
            ),
        ),
        (
            {"metadata": {"name": "a", "namespace": "A"}},
            ("metadata.namespace", "'A' is not allowed here", "write a namespace's name"),
        ),
        (
            {"metadata": {"name": "a", "namspace": "b"}},
            ("metadata.namspace", "this field is unknown", "did you mean namespace?"),
        ),
        (
            {"metadata": {"name": "a", "colour": "b"}},
            (
                "metadata.colour",
                "this field is unknown",
                "known here: name, namespace, labels, uid",
            ),
        ),
        (
            {"metadata": {"name": "a", "labels": {"tier": 1}}},
            (
                "metadata.labels.tier",
                "this is a whole number, not text",
                "put it in quotes to make it text",
            ),
        ),
        (
            {"metadata": {"name": "a", "labels": {"tier": "my team"}}},
            (
                "metadata.labels.tier",
                "'my team' is not allowed here",
                "write up to 63 letters, digits, -, _ and .",
            ),
        ),
        (
            {"metadata": {"name": "a", "labels": {"my tier": "a"}}},
            (
                "metadata.labels['my tier']",
                "this is not a label's name",
                "write up to 63 letters, digits, -, _ and .",
            ),
        ),
        (
            {"metadata": {"name": "a", "labels": {True: "a"}}},
            (
                "metadata.labels.true",
                "this name is true or false, not text",
                "put it in quotes to make it text",
            ),
        ),
        (
            {"metadata": {"name": "a", "labels": {f"l{n}": "a" for n in range(65)}}},
            ("metadata.labels", "this has 65 entries", "write at most 64"),
        ),
        (
            {"spec": None},
            ("spec", "this field is missing", "write spec: with an http or tcp block"),
        ),
        ({"spec": "http"}, ("spec", "this is text", "write a mapping of fields")),
        ({"spce": {}}, ("spce", "this field is unknown", "did you mean spec?")),
    ],
)
def test_a_problem_of_the_frame_is_named(
    fields: dict[str, object], expected: tuple[str, str, str]
) -> None:
    assert [expected] == problems(monitor.read, manifests.monitor() | fields)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"interval": "10ms"}, ("spec.interval", "10ms is out of bounds", "write 1s to 24h")),
        ({"interval": "25h"}, ("spec.interval", "25h is out of bounds", "write 1s to 24h")),
        ({"interval": "2w"}, ("spec.interval", "'2w' is not a duration", GRAMMAR)),
        (
            {"interval": 30},
            (
                "spec.interval",
                "this is a whole number, not a duration",
                "write a number with its unit, 1s to 24h, like 30s",
            ),
        ),
        (
            {"interval": "3s", "timeout": "4s"},
            (
                "spec.timeout",
                "the timeout is longer than the interval",
                "write at most 3s, or a longer interval",
            ),
        ),
        (
            {"timeout": "31s"},
            (
                "spec.timeout",
                "the timeout is longer than the interval",
                "write at most 30s, or a longer interval",
            ),
        ),
        ({"timeout": "6m"}, ("spec.timeout", "6m is out of bounds", "write 10ms to 5m")),
        ({"interval": "x", "timeout": "1m"}, ("spec.interval", "'x' is not a duration", GRAMMAR)),
        ({"confirm": 3}, ("spec.confirm", "this is a whole number", "write a mapping of fields")),
        (
            {"confirm": {"failures": 0}},
            ("spec.confirm.failures", "0 is out of bounds", "write a whole number from 1 to 20"),
        ),
        (
            {"confirm": {"successes": 2.5}},
            (
                "spec.confirm.successes",
                "this is a number, not a whole number",
                "write a whole number from 1 to 20",
            ),
        ),
        (
            {"confirm": {"failures": True}},
            (
                "spec.confirm.failures",
                "this is true or false, not a whole number",
                "write a whole number from 1 to 20",
            ),
        ),
        (
            {"confirm": {"every": "31s"}},
            ("spec.confirm.every", "this is longer than the interval", "write at most 30s"),
        ),
        (
            {"confirm": {"failure": 2}},
            ("spec.confirm.failure", "this field is unknown", "did you mean failures?"),
        ),
        (
            {"paused": "yes"},
            (
                "spec.paused",
                "this is text, not true or false",
                "write true or false, without quotes",
            ),
        ),
        (
            {"retentionDays": 401},
            ("spec.retentionDays", "401 is out of bounds", "write a whole number from 1 to 400"),
        ),
        ({"storage": {"size": "1G"}}, ("spec.storage.size", "'1G' is not allowed here", SIZE)),
        ({"storage": {"size": "8Mi"}}, ("spec.storage.size", "8Mi is out of bounds", SIZE)),
        ({"storage": {"size": "65Gi"}}, ("spec.storage.size", "65Gi is out of bounds", SIZE)),
        (
            {"storage": {"kind": "persistent"}},
            ("spec.storage.kind", "'persistent' is not allowed here", "did you mean Persistent?"),
        ),
        (
            {"storage": {"kind": "Disk"}},
            (
                "spec.storage.kind",
                "'Disk' is not allowed here",
                "write one of Persistent, Ephemeral",
            ),
        ),
        (
            {"storage": {"kind": ["Persistent"]}},
            (
                "spec.storage.kind",
                "a list is not allowed here",
                "write one of Persistent, Ephemeral",
            ),
        ),
        ({"http": None}, ("spec", "this has 0 checks", "write exactly one of http, tcp")),
        (
            {"http": {"url": "http://a"}, "tcp": {"host": "a", "port": 1}},
            ("spec", "this has 2 checks", "write exactly one of http, tcp"),
        ),
        (
            {"intervall": "5s"},
            ("spec.intervall", "this field is unknown", "did you mean interval?"),
        ),
        ({"colour": "5s"}, ("spec.colour", "this field is unknown", f"known here: {KNOWN}")),
    ],
)
def test_a_problem_of_the_spec_is_named(
    spec: dict[str, object], expected: tuple[str, str, str]
) -> None:
    assert [expected] == problems(monitor.read, manifests.monitor(**spec))


def test_every_problem_is_reported_in_the_order_of_the_manifest() -> None:
    written = {
        "kind": "Monitor",
        "metadata": {"labels": {"a": 1}},
        "spec": {
            "htp": {},
            "retentionDays": 0,
            "tcp": {"port": 0, "hots": "db"},
            "interval": "soon",
        },
        "extra": 1,
    }
    assert [path for path, _, _ in problems(monitor.read, written)] == [
        "metadata.labels.a",
        "metadata.name",
        "spec.htp",
        "spec.retentionDays",
        "spec.tcp.port",
        "spec.tcp.hots",
        "spec.tcp.host",
        "spec.interval",
        "extra",
        "apiVersion",
    ]


def test_a_mapping_with_very_many_unknown_fields_lists_the_first_of_them() -> None:
    found = problems(monitor.read, manifests.monitor(**{f"x{n}": 1 for n in range(1000)}))
    assert [f"spec.x{n}" for n in range(20)] == [path for path, _, _ in found[1:]]
    assert found[0] == ("spec", "980 more fields are unknown", "remove them")
