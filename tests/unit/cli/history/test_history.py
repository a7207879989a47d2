"""Test the commands on a data folder: catalogue, archive and a checker's own file."""

import gzip
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from allswell import cli
from allswell.archive import day_file
from allswell.archive.local_folder import LocalFolder
from allswell.archive.object_store import ObjectHead, digest
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.cli.history import verify
from allswell.cli.history.source import Source
from allswell.domain import archive, health, rollup
from allswell.domain.archive import ALL, DayFileContent, DayFileName
from allswell.domain.cover import Observation
from allswell.domain.health import Health
from allswell.domain.report import DayReport, Transition
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.store import BatchItem, Store
from tests import central_database
from tests.central_database import DAY, NOON, Central, monitor

MINUTE = timedelta(minutes=1)
GUIDE = Path(__file__).parents[4] / "docs/guide/history.md"
MANIFEST = """\
apiVersion: allswell.dev/v1alpha1
kind: Monitor
metadata: {name: api, namespace: acme}
spec: {interval: 1m, confirm: {failures: 6}, http: {url: https://example.com/}}
"""
BORN = NOON - timedelta(hours=12)


@dataclass
class World:
    folder: Path
    central: Central
    public_id: str
    number: int
    samples: list[Sample]

    def put(self, day: date, samples: list[Sample], revision: int = 1) -> Path:
        """Archive a day, and write it into the catalogue."""
        out = io.BytesIO()
        count = day_file.write(samples, out)
        size, sha256 = digest([out.getvalue()])
        place = DayFileName(self.public_id, day, 1, revision)
        object_store = LocalFolder(self.folder / "archive")
        assert object_store.put(archive.key(place), out.getvalue())
        content = DayFileContent(size, sha256, count)
        ArchiveCatalogue(self.central.engine).record(self.number, place, content, NOON, whole=True)
        return self.folder / "archive" / archive.key(place)

    def of(self, day: date) -> list[Sample]:
        return [sample for sample in self.samples if sample.started.date() == day]

    def run(self, *words: str) -> int:
        return cli.main(["history", *words, "--data", str(self.folder)])


def results(start: datetime) -> list[Sample]:
    """Return two days of a check a minute, with an outage of five minutes each."""
    moments = [start + number * MINUTE for number in range(2 * 1440)]
    return [
        Sample(at, 40_000 + at.minute, "Timeout" if at.hour == 3 and at.minute < 5 else "")
        for at in moments
    ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'central.sqlite'}"
    central_database.migrated(url)
    with central_database.opened(url) as opened:
        opened.writer.start(BORN)
        row = opened.writer.register(monitor(), namespace_uid="ns", now=BORN)
        opened.writer.hello(row.id, "s1", BORN)
        world_with_records = World(tmp_path, opened, row.public_id, row.id, results(BORN))
        record(world_with_records)
        yield world_with_records


def record(world: World) -> None:
    """Record what the checker claimed, and write the second day to the checker's file."""
    now, sequence = Health(), 0
    for sample in world.samples:
        now, claim = health.judge(now, sample, Confirm())
        if claim is not None:
            sequence += 1
            transition = Transition("api", "s1", sequence, claim)
            world.central.writer.accept_transition(world.number, transition, sample.started)
    days = sorted({sample.started.date() for sample in world.samples})
    for day in days:
        report = DayReport("api", "s1", 1, rollup.of_day(day, world.of(day)))
        world.central.writer.accept_rollup(world.number, report, NOON + 3 * DAY)
    file = world.folder / "checkers" / "acme" / "checker.sqlite"
    file.parent.mkdir(parents=True)
    store = Store.open(file, now=NOON)
    number = store.enroll("api", "x").number
    seen = Observation(BORN, NOON, NOON)
    store.commit([BatchItem(number, sample, Health(), seen) for sample in world.of(days[1])])
    store.close()
    world.put(days[0], world.of(days[0]))


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_get_prints_archive_and_store_together(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("get", "acme/api", "--to", "2026-03-05") == 0
    printed = [json.loads(line) for line in lines(capsys)]
    assert len(printed) == len(world.samples)
    assert [entry["latency_us"] for entry in printed] == [
        sample.latency_us for sample in world.samples
    ]


def test_get_prints_what_both_have_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    day = world.samples[-1].started.date()
    world.put(day, world.of(day))
    words = ["--from", day.isoformat(), "--to", "2026-03-05", "--format", "csv"]
    assert world.run("get", "acme/api", *words) == 0
    head, *rows = lines(capsys)
    assert head == "started,latency_us,reason"
    assert len(rows) == len(world.of(day)) == len(set(rows))


def test_a_checkers_file_is_copied_as_the_guide_shows(world: World, tmp_path: Path) -> None:
    (code,) = re.findall(r"python3 -c '(.*?)' \| sqlite3", GUIDE.read_text(), re.DOTALL)
    assert "/data/checker.sqlite" in code
    original = next(world.folder.rglob("checker.sqlite"))
    command = [sys.executable, "-c", code.replace("/data/checker.sqlite", str(original))]
    dumped = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    copy = tmp_path / "api.sqlite"
    with closing(sqlite3.connect(copy)) as copied:
        copied.executescript(dumped)
    source = Source(world.central.engine, LocalFolder(world.folder / "archive"), (copy,))
    assert list(source.samples("acme", "api", BORN, BORN + 2 * DAY)) == world.samples


def test_ls_says_what_is_there_and_what_is_not(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("ls") == 0
    first, total = lines(capsys)
    assert first.startswith("  2026-03-02  acme/api")
    assert total.startswith("1 day file, 1440 samples")
    (file,) = world.folder.rglob("*.gz")
    file.rename(file.with_name("stranger.9.ndjson.gz"))
    assert world.run("ls") == 0
    marks = [line[0] for line in lines(capsys)]
    assert marks == ["!", "?", "1"]


def test_verify_finds_all_well_and_says_so(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("verify") == 0
    assert lines(capsys) == [
        "1 day file of the catalogue, 0 missing or damaged, 0 not in the catalogue"
    ]
    assert world.run("verify", "acme/api", "--quick") == 0


CHANGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (lambda content: content[:-1], "ends before its end"),
    "changed": (lambda content: content[:100] + b"x" + content[101:], ".ndjson.gz: "),
    "emptied": (lambda _: b"", "ends before its end"),
    "another": (lambda _: gzip.compress(b""), "bytes instead of"),
    "packed anew": (lambda source: gzip.compress(gzip.decompress(source)), "bytes instead of"),
}


@pytest.mark.parametrize(("change", "why"), CHANGES.values(), ids=CHANGES)
def test_verify_finds_what_is_damaged_and_notes_it(
    world: World, capsys: pytest.CaptureFixture[str], change: Callable[[bytes], bytes], why: str
) -> None:
    (file,) = world.folder.rglob("*.gz")
    content = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(change(content))
    assert world.run("verify") == 1
    assert why in lines(capsys)[0]
    catalogue = ArchiveCatalogue(world.central.engine)
    assert catalogue.totals().damaged == 1
    file.write_bytes(content)
    assert world.run("verify") == 0
    assert catalogue.totals().damaged == 0


def test_verify_finds_what_is_missing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = world.folder.rglob("*.gz")
    file.unlink()
    assert world.run("verify", "--quick") == 1
    assert "it is missing" in lines(capsys)[0]


class Replacing(LocalFolder):
    """A folder in which a correction takes a file's place as soon as somebody asks for that."""

    def __init__(self, world: World) -> None:
        super().__init__(world.folder / "archive")
        self.world = world

    def head(self, key: str) -> ObjectHead | None:
        world, place = self.world, archive.parse(key)
        if place is not None and place.revision == 1:
            file = world.put(place.day, world.of(place.day), revision=2)
            assert file.exists()
            self.remove([key])
        return super().head(key)


def test_verify_takes_a_file_that_is_replaced_meanwhile_for_no_damage(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    object_store = Replacing(world)
    source = Source(world.central.engine, object_store)
    assert verify.verify(source, object_store, ALL, quick=False) == (1, 0)
    assert lines(capsys) == []
    assert world.run("verify") == 0


def test_get_says_of_a_file_that_is_gone_that_it_is_missing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = world.folder.rglob("*.gz")
    file.unlink()
    assert world.run("get", "acme/api", "--to", "2026-03-05") == 1
    assert f"{file.name}: it is missing" in capsys.readouterr().err


def test_ls_knows_what_is_about_to_be_removed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    day = world.samples[0].started.date()
    world.put(day, world.of(day), revision=2)
    assert world.run("ls") == 0
    first, *more = lines(capsys)
    assert first.endswith(".r2.ndjson.gz")
    assert [line[0] for line in more] == ["1"]


def test_without_an_archive_ls_says_so_and_marks_nothing_as_missing(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLSWELL_DATABASE_URL", f"sqlite:///{world.folder / 'central.sqlite'}")
    monkeypatch.delenv("ALLSWELL_ARCHIVE_BUCKET", raising=False)
    assert cli.main(["history", "ls"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("  2026-03-02  acme/api")
    assert "no archive is configured" in printed.err
    assert cli.main(["history", "verify"]) == 2


def test_how_many_are_expected_is_as_on_the_days_that_are_archived(world: World) -> None:
    source = Source(world.central.engine, None)
    assert source.expected("acme", "api", BORN, BORN + 2 * DAY) == 2 * len(world.of(BORN.date()))
    assert source.expected("acme", "api", BORN + 3 * DAY, BORN + 4 * DAY) == 0


def test_verify_says_of_a_file_that_nobody_knows_whether_it_is_needed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Leave files as a checker does that dies between upload and record, before a late result."""
    (file,) = world.folder.rglob("*.gz")
    day, place = world.samples[0].started.date(), f"{world.public_id}.1"
    object_store = LocalFolder(world.folder / "archive")
    for revision, samples in ((2, world.of(day)[1:]), (3, world.samples[-3:])):
        out = io.BytesIO()
        day_file.write(samples, out)
        assert object_store.put(
            archive.key(DayFileName(world.public_id, day, 1, revision)), out.getvalue()
        )
    file.with_name("zzzzzzzzzzzz.9.ndjson.gz").write_bytes(b"x")
    assert world.run("verify") == 1
    printed = lines(capsys)
    assert (
        f"{place}.r2.ndjson.gz: it is not in the catalogue; v1/date={day}/{place}.nd" in printed[0]
    )
    assert printed[0].endswith("has all of its samples, so it may be removed")
    assert [line.endswith("so keep it") for line in printed[1:]] == [True, True, False]
    assert printed[-1].endswith("0 missing or damaged, 3 not in the catalogue")
    assert world.run("verify", "--quick") == 1
    assert [line.endswith("not in the catalogue") for line in lines(capsys)] == [True] * 4


def test_a_replay_by_the_same_rule_differs_in_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("replay", "acme/api", "--to", "2026-03-04") == 0
    *_, uptimes, last = lines(capsys)
    assert last == "0 transitions and 0 roll-ups differ"
    assert uptimes.count("0:10:00 down") == 2


def test_a_replay_by_another_rule_shows_what_it_would_have_said(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("replay", "acme/api", "--to", "2026-03-04", "--failures", "6") == 1
    printed = lines(capsys)
    assert [line.split()[0] for line in printed[:4]] == ["-"] * 4
    assert printed[-1] == "4 transitions and 0 roll-ups differ"
    assert "replayed 100 % (0:00:00 down)" in printed[-2]


def test_a_replay_goes_by_the_rule_of_a_manifest_that_has_the_monitor(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    file = world.folder / "status.yaml"
    file.write_text(MANIFEST)
    words = ("replay", "acme/api", "--to", "2026-03-04", "--manifest", str(file))
    assert world.run(*words) == 1
    assert lines(capsys)[-1] == "4 transitions and 0 roll-ups differ"
    assert world.run(*words, "--failures", "2") == 0
    file.write_text(MANIFEST.replace("name: api", "name: web"))
    assert world.run(*words) == 2
    assert f"{file} has no Monitor acme/api" in capsys.readouterr().err


def test_a_replay_passes_over_confirming_checks_that_were_made_too_soon(world: World) -> None:
    """Check that `--every` skips confirming checks made sooner: five failures count as three."""
    words = ("replay", "acme/api", "--to", "2026-03-04", "--failures", "4")
    assert world.run(*words) == 0
    assert world.run(*words, "--every", "2m") == 1


WRONG: list[tuple[list[str], str]] = [
    (["get", "acme/none"], "no monitor acme/none"),
    (["get", "a/b/c"], "write namespace/name"),
    (["get", "acme/api", "--from", "yesterday"], "write a day"),
    (
        ["get", "acme/api", "--from", "2026-03-05", "--to", "2026-03-04"],
        "--from must be before",
    ),
    (["replay", "acme/none"], "no monitor"),
    (["ls", "acme/none"], "no monitor acme/none"),
    (["verify", "acme/none"], "no monitor acme/none"),
    (["ls", "--from", "2026-03-05", "--to", "2026-03-04"], "--from must not be after --to"),
    (["verify", "--from", "2026-03-05", "--to", "2026-03-04"], "--from must not be after"),
    (["verify", "--to", "yesterday"], "write a day"),
    (["replay", "acme/api", "--to", "2026-03-01"], "acme/api exists since 2026-03-02"),
    (["replay", "acme/api", "--from", "2026-03-05", "--to", "2026-03-04"], "must be before"),
    (["replay", "acme/api", "--failures", "0"], "a number of at least 1"),
    (["get", "acme/api", "--store", "/nowhere"], "does not exist"),
]


def test_what_cannot_be_meant_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for words, why in WRONG:
        assert world.run(*words) == 2, words
        assert why in capsys.readouterr().err


@pytest.mark.parametrize("command", ["ls", "verify"])
def test_what_reads_no_checkers_file_takes_none(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["history", command, "--store", "checker.sqlite"])
    assert "--store" in capsys.readouterr().err


def test_without_an_installation_it_asks_which(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("ALLSWELL_DATABASE_URL", "ALLSWELL_DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["history", "ls"]) == 2
    assert "no installation given" in capsys.readouterr().err
    assert cli.main(["history", "ls", "--data", str(tmp_path)]) == 2
    assert "not a data folder" in capsys.readouterr().err


def test_alone_it_lists_its_own_subcommands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["history"]) == 0
    shown = capsys.readouterr().out
    for word in ("usage: allswell history", "ls", "get", "verify", "replay"):
        assert word in shown
