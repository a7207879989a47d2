"""Test that other tools read the archive on a real S3 server as the guide shows it."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import pytest

from allswell.domain import instant
from allswell.domain.sample import Sample
from allswell.domain.state import State
from tests import postgres, s3server
from tests.integration.cli import archived_history
from tests.integration.cli.archived_history import FIRST, ArchivedHistory

pytestmark = [
    pytest.mark.integration,
    pytest.mark.needs("versitygw"),
    pytest.mark.needs("postgresql"),
]
GUIDE = Path(__file__).parents[3] / "docs/guide/history.md"
NAMES = ("api", "web", "mail")
DAYS = 31


@pytest.fixture(scope="module")
def server() -> Iterator[s3server.Server]:
    with s3server.running() as result:
        yield result


@pytest.fixture(scope="module")
def month(server: s3server.Server) -> Iterator[tuple[ArchivedHistory, dict[str, list[Sample]]]]:
    """Yield a month of several monitors, by their public ids."""
    with postgres.running() as database, archived_history.in_bucket(server, database) as archived:
        result = archived.fill(NAMES, DAYS)
        ids = {entry.name: entry.place.public_id for entry in archived.catalogue.entries()}
        yield archived, {ids[name]: samples for name, samples in result.items()}


@pytest.fixture
def duck(server: s3server.Server) -> Iterator[duckdb.DuckDBPyConnection]:
    spec = find_spec("duckdb_extension_httpfs")
    assert spec is not None
    assert spec.origin is not None
    extension = next(Path(spec.origin).parent.rglob("httpfs.duckdb_extension"))
    with duckdb.connect() as result:
        result.execute(f"LOAD '{extension}'")
        result.execute(
            f"CREATE SECRET (TYPE s3, KEY_ID '{s3server.KEY}', SECRET '{s3server.SECRET}',"
            f" REGION 'us-east-1', ENDPOINT '127.0.0.1:{server.port}', URL_STYLE 'path',"
            " USE_SSL false)"
        )
        yield result


def shown(language: str, word: str) -> str:
    """Return the guide's own example, on the test's bucket."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (result,) = (block for block in blocks if word in block)
    return str(result).replace(
        "s3://results/acme", f"s3://{s3server.BUCKET}/{archived_history.PREFIX}"
    )


def test_duckdb_reads_a_month_of_all_monitors_as_the_guide_shows(
    month: tuple[ArchivedHistory, dict[str, list[Sample]]], duck: duckdb.DuckDBPyConnection
) -> None:
    rows = duck.execute(shown("sql", "read_json")).fetchall()
    inside = instant.day_start(FIRST.replace(day=31)) + archived_history.DAY
    expected = []
    for public_id, samples in sorted(month[1].items()):
        these = [it for it in samples if it.started < inside]
        good = sum(it.state in (State.UP, State.DEGRADED) for it in these) / len(these)
        expected.append((public_id, len(these), pytest.approx(good)))
    assert expected == [row[:3] for row in rows]


def test_duckdb_finds_the_fields_by_itself(
    month: tuple[ArchivedHistory, dict[str, list[Sample]]], duck: duckdb.DuckDBPyConnection
) -> None:
    source = f"read_json('s3://{s3server.BUCKET}/{archived_history.PREFIX}/v1/date=*/*.ndjson.gz')"
    kinds = {row[0]: row[1] for row in duck.execute(f"DESCRIBE FROM {source}").fetchall()}
    assert kinds["started"].startswith("TIMESTAMP")
    assert (kinds["reason"], kinds["latency_us"]) == ("VARCHAR", "BIGINT")
    assert kinds["date"] == "DATE"
    result = duck.execute(f"SELECT epoch_ms(started), reason, latency_us FROM {source}").fetchall()
    everything = [it for samples in month[1].values() for it in samples]
    assert sorted(result) == sorted(
        (instant.to_ms(it.started), it.reason, it.latency_us) for it in everything
    )


def test_pandas_reads_a_day_as_the_guide_shows(
    month: tuple[ArchivedHistory, dict[str, list[Sample]]],
    server: s3server.Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public_id, samples = next(iter(month[1].items()))
    code = shown("python", "pandas")
    for example, ours in (
        ("https://minio.example.com:9000", server.endpoint),
        ('"results"', f'"{s3server.BUCKET}"'),
        (
            "acme/v1/date=2026-03-02/abc123.",
            f"{archived_history.PREFIX}/v1/date={FIRST}/{public_id}.",
        ),
    ):
        assert example in code
        code = code.replace(example, ours)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3server.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3server.SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    names: dict[str, pd.DataFrame] = {}
    exec(code, names)
    results = names["results"]
    day = [it for it in samples if instant.day_of(it.started) == FIRST]
    assert list(results["latency_us"]) == [it.latency_us for it in day]
    assert list(results["reason"]) == [it.reason for it in day]
    assert list(results["started"]) == [pd.Timestamp(it.started) for it in day]
    assert "count" in capsys.readouterr().out
