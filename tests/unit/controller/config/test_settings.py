from datetime import timedelta
from pathlib import Path

import pytest

from allswell.controller.config import settings
from allswell.controller.config.settings import BadOperatorSettings, ListenAddress

LEAST = {
    "ALLSWELL_DATABASE_URL": "postgresql://central/allswell",
    "ALLSWELL_NAMESPACE": "allswell",
    "ALLSWELL_CHECKER_IMAGE": "local/allswell:1",
}


def test_the_least_that_must_be_said_is_enough() -> None:
    read = settings.read(LEAST)
    assert read.collector == ListenAddress("0.0.0.0", 8443)
    assert read.watched == ()
    assert read.hosts == ("allswell-collector", "localhost", "127.0.0.1")
    assert read.page_account == "system:serviceaccount:allswell:allswell-web"


def test_every_problem_is_said_at_once() -> None:
    wrong = {
        "ALLSWELL_COLLECTOR_URL": "http://collector",
        "ALLSWELL_STATUS_BIND": "8080x",
        "ALLSWELL_CHECKER_MEMORY_LIMIT": "lots",
        "ALLSWELL_GRACE_LEAST": "44",
        "ALLSWELL_ALLOW_PRIVATE": "maybe",
        "ALLSWELL_CHECKER_PULL_POLICY": "Sometimes",
        "ALLSWELL_WORKERS": "0",
        "ALLSWELL_ROLLOUT_BATCH": "0%",
        "ALLSWELL_CHECKER_NODE_SELECTOR": "nothing",
    }
    with pytest.raises(BadOperatorSettings) as caught:
        settings.read(wrong)
    said = str(caught.value)
    assert [name for name in (*LEAST, *wrong) if name not in said] == []


def test_what_is_said_is_taken() -> None:
    read = settings.read(
        LEAST
        | {
            "ALLSWELL_WATCH_NAMESPACES": "acme, other,",
            "ALLSWELL_CHECKER_CPU_REQUEST": "2",
            "ALLSWELL_CHECKER_MEMORY_LIMIT": "1Gi",
            "ALLSWELL_GRACE_MOST": "900",
            "ALLSWELL_CHECKER_NODE_SELECTOR": "disk=ssd,zone=a",
        }
    )
    assert read.watched == ("acme", "other")
    assert (read.checker.cpu_request, read.checker.memory_limit) == (2000, 2**30)
    assert read.checker.grace.most == timedelta(minutes=15)
    assert read.checker.node_selector == {"disk": "ssd", "zone": "a"}


def test_denied_networks_are_of_both_families() -> None:
    given = LEAST | {"ALLSWELL_DENIED_NETWORKS": "10.0.0.0/8, fd00::/8,192.0.2.7,"}
    assert [str(network) for network in settings.read(given).checker.denied] == [
        "10.0.0.0/8",
        "fd00::/8",
        "192.0.2.7/32",
    ]


def test_each_network_that_cannot_be_used_is_said_with_what_to_write() -> None:
    given = LEAST | {
        "ALLSWELL_DENIED_NETWORKS": "cluster,10.1.2.3/8,::ffff:10.0.0.0/104,10.0.0.0/8"
    }
    with pytest.raises(BadOperatorSettings) as caught:
        settings.read(given)
    name = "ALLSWELL_DENIED_NETWORKS"
    mapped = "write the IPv4 network; its forms within IPv6 are covered"
    assert str(caught.value).splitlines() == [
        f"{name} holds 'cluster': write a network, like 10.0.0.0/8 or fd00::/8",
        f"{name} holds '10.1.2.3/8': write 10.0.0.0/8, or 10.1.2.3 for the one address",
        f"{name} holds '::ffff:10.0.0.0/104': {mapped}",
    ]


def test_denied_networks_are_bounded_for_every_checker_gets_all_of_them() -> None:
    given = LEAST | {"ALLSWELL_DENIED_NETWORKS": ",".join(f"10.0.{n}.0/24" for n in range(257))}
    with pytest.raises(BadOperatorSettings, match="more than 256 networks"):
        settings.read(given)


def test_the_database_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://u:p@central/allswell\n")
    given = LEAST | {"ALLSWELL_DATABASE_URL": "", "ALLSWELL_DATABASE_URL_FILE": str(file)}
    assert settings.read(given).database == "postgresql://u:p@central/allswell"
    with pytest.raises(BadOperatorSettings, match="cannot be read"):
        settings.read(given | {"ALLSWELL_DATABASE_URL_FILE": str(tmp_path / "none")})


def test_authorities_come_from_a_file_of_bounded_size(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    given = LEAST | {"ALLSWELL_CHECKER_EXTRA_CA_FILE": str(file)}
    file.write_text("-- a CA --")
    assert settings.read(given).checker.trusted == "-- a CA --"
    file.write_text("x" * 65_537)
    with pytest.raises(BadOperatorSettings, match="larger than 64 KiB"):
        settings.read(given)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadOperatorSettings, match="it is not text"):
        settings.read(given)


def test_without_a_bucket_there_is_no_archive() -> None:
    read = settings.read(LEAST)
    assert (read.archive, read.delete_archived_after, read.checker.archive_ca) == (
        None,
        None,
        "",
    )


def test_the_archive_of_a_deleted_monitor_is_kept_or_goes_after_its_days(tmp_path: Path) -> None:
    ca = tmp_path / "ca.crt"
    ca.write_text("-- a CA --\n")
    given = LEAST | {
        "ALLSWELL_ARCHIVE_BUCKET": "results",
        "ALLSWELL_ARCHIVE_ENDPOINT": "https://minio.example.com:9000",
        "ALLSWELL_ARCHIVE_CA_FILE": str(ca),
        "ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS": "30",
    }
    read = settings.read(given)
    assert read.archive is not None
    assert (read.archive.bucket, read.checker.archive_ca) == ("results", "-- a CA --\n")
    assert read.delete_archived_after is None
    goes = settings.read(given | {"ALLSWELL_ARCHIVE_DELETED_MONITORS": "delete"})
    assert goes.delete_archived_after == timedelta(days=30)


def test_nonsense_about_the_archive_is_refused_in_words() -> None:
    wrong = {
        "ALLSWELL_ARCHIVE_BUCKET": "s3://results",
        "ALLSWELL_ARCHIVE_ADDRESSING": "dns",
        "ALLSWELL_ARCHIVE_DELETED_MONITORS": "maybe",
        "ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS": "0",
    }
    with pytest.raises(BadOperatorSettings) as caught:
        settings.read(LEAST | wrong)
    assert [name for name in wrong if name not in str(caught.value)] == []
