"""Test `allswell history` with a real S3 server and PostgreSQL, and with a data folder."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from allswell.archive import day_file
from allswell.domain import cover, health, instant, rollup
from allswell.domain.archive import DayFileName
from allswell.domain.cover import Grace
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.domain.state import State
from allswell.store import BatchItem as Row
from allswell.store import Store
from tests import central_database, postgres, s3server
from tests.integration.cli import archived_history
from tests.integration.cli.archived_history import DAY, FIRST, ArchivedHistory

pytestmark = pytest.mark.integration
Capture = pytest.CaptureFixture[str]


BUCKET = pytest.param(
    "bucket", marks=[pytest.mark.needs("versitygw"), pytest.mark.needs("postgresql")]
)


@pytest.fixture(params=["folder", BUCKET])
def archived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArchivedHistory]:
    if request.param == "folder":
        with archived_history.in_folder(tmp_path / "data") as history:
            yield history
        return
    with (
        s3server.running() as server,
        postgres.running() as database,
        archived_history.in_bucket(server, database) as history,
    ):
        yield history


def got(capture: Capture) -> list[Sample]:
    lines = capture.readouterr().out.splitlines()
    return [
        Sample(instant.parse(it["started"]), it["latency_us"], it["reason"])
        for it in map(json.loads, lines)
    ]


def stored(file: Path, samples: list[Sample]) -> None:
    """Write a checker's file with these samples of `api`."""
    store = Store.open(file, now=samples[0].started)
    row = store.enroll("api", "target")
    judged, seen = row.health, row.observation
    for sample in samples:
        judged, _ = health.judge(judged, sample, Confirm())
        seen = cover.extend(seen, sample.started, Grace().cover(timedelta(minutes=10)))
        store.commit([Row(row.number, sample, judged, seen)])
    store.close()


def test_a_range_is_read_from_archive_and_checker_each_result_once(
    archived: ArchivedHistory, tmp_path: Path, capsys: Capture
) -> None:
    expected = archived.fill(("api", "web"), 3)["api"]
    today = archived_history.samples(FIRST + 3 * DAY, 0)
    # The checker still has the last day that is archived.
    stored(tmp_path / "checker.sqlite", expected[-144:] + today)
    store = ("--store", str(tmp_path / "checker.sqlite"))
    assert archived.run("get", "acme/api", "--to", "2026-03-06", *store) == 0
    assert expected + today == got(capsys)
    assert (
        archived.run("get", "acme/api", "--from", "2026-03-03", "--to", "2026-03-04", *store) == 0
    )
    assert expected[144:288] == got(capsys)


def test_csv_has_the_same_fields(archived: ArchivedHistory, capsys: Capture) -> None:
    expected = archived.fill(("api",), 1)["api"]
    assert archived.run("get", "acme/api", "--format", "csv", "--to", "2026-03-03") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "started,latency_us,reason"
    assert len(expected) == len(lines)
    first = expected[0]
    assert lines[0] == f"{instant.text(first.started)},{first.latency_us},{first.reason}"


def test_the_list_says_what_is_in_one_only(archived: ArchivedHistory, capsys: Capture) -> None:
    archived.fill(("api",), 2)
    assert archived.run("ls") == 0
    assert "2 day files, 288 samples" in capsys.readouterr().out
    entry, other = archived.catalogue.entries()
    (archived.root / entry.key).unlink()
    (archived.root / other.key).with_name("abc.1.ndjson.gz").write_bytes(b"x")
    assert archived.run("ls") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["!", " ", "?", "2"]


def test_an_archive_that_is_whole_is_found_whole(
    archived: ArchivedHistory, capsys: Capture
) -> None:
    archived.fill(("api", "web"), 2)
    before = datetime.now(UTC)
    assert archived.run("verify") == 0
    assert capsys.readouterr().out == (
        "4 day files of the catalogue, 0 missing or damaged, 0 not in the catalogue\n"
    )
    assert all(entry.verified >= instant.floor(before) for entry in archived.catalogue.entries())
    assert archived.run("verify", "--quick") == 0


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def swap(file: Path) -> None:
    """Replace a day file by another valid one, with one result less."""
    with file.open("wb") as out:
        day_file.write(archived_history.samples(FIRST, 0)[1:], out)


def remove(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("harm", "printed"),
    [(cut, "ends before"), (flip, ".gz: "), (swap, "bytes instead of"), (remove, "is missing")],
)
def test_harm_is_found_noted_and_said(
    archived: ArchivedHistory, capsys: Capture, harm: object, printed: str
) -> None:
    archived.fill(("api",), 2)
    entry = archived.catalogue.entries()[0]
    harm(archived.root / entry.key)  # type: ignore[operator]
    assert archived.run("verify", "acme/api") == 1
    shown = capsys.readouterr().out
    assert f"{entry.key}: " in shown
    assert printed in shown
    assert "2 day files of the catalogue, 1 missing or damaged" in shown
    # What the operator's metric counts, and what the checker is told.
    assert archived.catalogue.totals().damaged == 1
    assert [it.key for it in archived.catalogue.damaged()[entry.monitor]] == [entry.key]


@pytest.mark.parametrize("harm", [cut, remove])
def test_a_quick_look_finds_what_sizes_tell(archived: ArchivedHistory, harm: object) -> None:
    archived.fill(("api",), 1)
    harm(archived.root / archived.catalogue.entries()[0].key)  # type: ignore[operator]
    assert archived.run("verify", "--quick") == 1
    assert archived.catalogue.totals().damaged == 1


def test_a_file_that_nobody_knows_is_named(archived: ArchivedHistory, capsys: Capture) -> None:
    archived.fill(("api",), 1)
    known = archived.root / archived.catalogue.entries()[0].key
    known.with_name("abc.1.ndjson.gz").write_bytes(b"")
    assert archived.run("verify") == 1
    assert "abc.1.ndjson.gz: it is not in the catalogue" in capsys.readouterr().out


def test_a_damaged_file_ends_reading_with_its_name(
    archived: ArchivedHistory, capsys: Capture
) -> None:
    archived.fill(("api",), 1)
    entry = archived.catalogue.entries()[0]
    cut(archived.root / entry.key)
    assert archived.run("get", "acme/api", "--to", "2026-03-03") == 1
    assert f"{entry.key}: it ends before its end" in capsys.readouterr().err


def test_a_replay_says_what_another_rule_would_have_said(
    archived: ArchivedHistory, capsys: Capture
) -> None:
    row = archived.central.add("api", instant.day_start(FIRST))
    start = instant.day_start(FIRST)
    day_samples = [
        Sample(start + timedelta(minutes=number), 1_000 * number) for number in range(1_440)
    ]
    for number in (600, 601, 602):
        day_samples[number] = Sample(day_samples[number].started, 5_000_000, "Timeout")
    archived.put(row.id, DayFileName(row.public_id, FIRST, 1), day_samples)
    report = [
        central_database.transition(1, State.UP, start),
        central_database.transition(2, State.DOWN, day_samples[600].started),
        central_database.transition(3, State.UP, day_samples[603].started),
    ]
    for transition in report:
        archived.central.writer.accept_transition(row.id, transition, start + DAY)
    archived.central.writer.observe(start + DAY)
    span = ("--from", "2026-03-02", "--to", "2026-03-03")
    report_of = DayReport("api", "s1", 1, rollup.of_day(FIRST, day_samples))
    archived.central.writer.accept_rollup(row.id, report_of, start + DAY)
    assert archived.run("replay", "acme/api", *span) == 0
    assert "0 transitions and 0 roll-ups differ" in capsys.readouterr().out
    assert archived.run("replay", "acme/api", *span, "--failures", "4") == 1
    shown = capsys.readouterr().out
    assert "- 2026-03-02T10:00:00.000Z down Timeout\n" in shown
    assert "uptime recorded 99.7916 % (0:03:00 down), replayed 100 % (0:00:00 down)" in shown


@pytest.mark.parametrize("archived", [BUCKET], indirect=True)
def test_what_cannot_be_asked_is_said_without_secrets_and_noted_as_no_damage(
    archived: ArchivedHistory, capsys: Capture
) -> None:
    """Check that neither a refused bucket key nor a database password is printed."""
    archived.fill(("api",), 1)
    secret = "hunter2-hunter2"
    wrong = {"ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY": secret}
    assert replace(archived, environment={**archived.environment, **wrong}).run("verify") == 1
    refused = capsys.readouterr()
    assert secret not in refused.out + refused.err
    # A store says of each file in a bucket that there is not that there is none of the name.
    wrong = {"ALLSWELL_ARCHIVE_BUCKET": "mistyped"}
    assert replace(archived, environment={**archived.environment, **wrong}).run("verify") == 1
    assert "NoSuchBucket" in capsys.readouterr().err
    wrong = {"ALLSWELL_DATABASE_URL": f"postgresql://allswell:{secret}@127.0.0.1:1/nothing"}
    assert replace(archived, environment={**archived.environment, **wrong}).run("ls") == 1
    printed = capsys.readouterr()
    assert printed.err
    assert secret not in printed.out + printed.err
    assert archived.catalogue.totals().damaged == 0


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("get", "a/b/c"), "write namespace/name"),
        (("ls", "--from", "yesterday"), "2026-11-23"),
        (("get", "acme/api", "--to", "2026-03-03"), "there is no monitor"),
        (("replay", "acme/api", "--failures", "0"), "at least 1"),
        (("replay", "acme/api", "--every", "x"), "like 30s"),
        (("get", "acme/api", "--store", "/nowhere"), "does not exist"),
    ],
)
def test_what_makes_no_sense_is_said(
    tmp_path: Path, capsys: Capture, words: tuple[str, ...], advice: str
) -> None:
    with archived_history.in_folder(tmp_path / "data") as history:
        assert history.run(*words) == 2
    assert advice in capsys.readouterr().err
