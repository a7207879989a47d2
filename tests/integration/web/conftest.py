from pathlib import Path

import pytest

from allswell.central.writer import CentralWriter
from tests.integration.web import running


@pytest.fixture
def central(tmp_path: Path) -> tuple[str, CentralWriter]:
    """Provide a database with a page of one monitor that went down a minute ago."""
    url = f"sqlite:///{tmp_path}/central.db"
    return url, running.filled(url)
