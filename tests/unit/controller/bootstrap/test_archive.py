"""The operator's archive follows from its settings alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from allswell.archive.object_store import ArchiveError
from allswell.central import engine
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.controller.bootstrap import archive
from allswell.controller.config import settings
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.domain.archive import DayFileContent, DayFileName
from tests import central_database
from tests.central_database import NOON
from tests.unit.controller.config.test_settings import LEAST

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_without_a_bucket_there_is_none_and_the_figures_say_so(tmp_path: Path) -> None:
    news, meters = ArchiveBacklog(), OperatorMetrics()
    central = engine.connect(f"sqlite:///{tmp_path}/c.db")
    assert archive.service(settings.read(LEAST), central, news, meters, lambda: NOW) is None
    assert not news.configured
    assert b"allswell_archive_configured 0.0" in generate_latest(meters.registry)


def test_with_a_bucket_there_is_one_and_nothing_is_asked_of_it_yet(tmp_path: Path) -> None:
    news, meters = ArchiveBacklog(), OperatorMetrics()
    told = settings.read(
        LEAST
        | {"ALLSWELL_ARCHIVE_BUCKET": "results", "ALLSWELL_ARCHIVE_ENDPOINT": "http://127.0.0.1:9"}
    )
    central = engine.connect(f"sqlite:///{tmp_path}/c.db")
    service = archive.service(told, central, news, meters, lambda: NOW)
    assert service is not None
    assert news.configured
    assert b"allswell_archive_configured 1.0" in generate_latest(meters.registry)
    service.close()


def test_what_goes_with_a_deleted_monitor_follows_from_the_settings(tmp_path: Path) -> None:
    central = engine.connect(f"sqlite:///{tmp_path}/c.db")
    bucket = {"ALLSWELL_ARCHIVE_BUCKET": "results", "ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS": "30"}
    for word, after in (("keep", None), ("delete", timedelta(days=30))):
        told = settings.read(LEAST | bucket | {"ALLSWELL_ARCHIVE_DELETED_MONITORS": word})
        service = archive.service(told, central, ArchiveBacklog(), OperatorMetrics(), lambda: NOW)
        assert service is not None
        assert service._uploads.delete_after == after
        service.close()


def test_what_verify_has_found_damaged_is_in_what_prometheus_reads(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.db'}"
    central_database.migrated(url)
    told = settings.read(LEAST | {"ALLSWELL_ARCHIVE_BUCKET": "results"})
    with central_database.opened(url) as central:
        row, catalogue = central.add(), ArchiveCatalogue(central.engine)
        place = DayFileName(row.public_id, NOON.date(), 1)
        entry = catalogue.record(row.id, place, DayFileContent(9, "0" * 64, 3), NOON, whole=True)
        catalogue.mark_damaged([entry.id], NOON)
        meters = OperatorMetrics()
        service = archive.service(told, central.engine, ArchiveBacklog(), meters, lambda: NOW)
        assert service is not None
        service.tidy()
        service.close()
    said = generate_latest(meters.registry)
    assert b"allswell_archive_damaged_objects 1.0" in said
    assert b"allswell_archive_samples 3.0" in said


def test_settings_that_no_client_can_be_made_of_are_a_failure(tmp_path: Path) -> None:
    told = settings.read(
        LEAST | {"ALLSWELL_ARCHIVE_BUCKET": "results", "ALLSWELL_ARCHIVE_ENDPOINT": "http://a b:9"}
    )
    central = engine.connect(f"sqlite:///{tmp_path}/c.db")
    with pytest.raises(ArchiveError, match="settings"):
        archive.service(told, central, ArchiveBacklog(), OperatorMetrics(), lambda: NOW)
