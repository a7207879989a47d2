import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from allswell.checker import main, settings
from allswell.checker.errors import BadCheckerSettings
from allswell.checker.settings import CheckerSettings
from allswell.store import Store, StoreBusy

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def settings_in(folder: Path, patience: str = "0") -> CheckerSettings:
    return settings.read(
        {
            "ALLSWELL_CONFIG": str(folder),
            "ALLSWELL_DATA": str(folder),
            "ALLSWELL_COLLECTOR_URL": "https://collector:8443",
            "ALLSWELL_TOKEN_FILE": str(folder / "token"),
            "ALLSWELL_STORE_PATIENCE": patience,
        }
    )


def test_a_file_in_use_is_refused_at_once(tmp_path: Path) -> None:
    earlier = Store.open(tmp_path / main.STORE, now=NOW)
    with pytest.raises(StoreBusy):
        main.open_store(settings_in(tmp_path))
    earlier.close()


def test_with_patience_a_checker_waits_for_an_earlier_one_to_end(tmp_path: Path) -> None:
    earlier = Store.open(tmp_path / main.STORE, now=NOW)
    end = threading.Timer(0.7, earlier.close)
    end.start()
    later = main.open_store(settings_in(tmp_path, "30"))
    end.join()
    assert later.set_aside is None
    later.close()


def test_patience_is_a_number_of_seconds(tmp_path: Path) -> None:
    with pytest.raises(BadCheckerSettings, match="ALLSWELL_STORE_PATIENCE"):
        settings_in(tmp_path, "long")
