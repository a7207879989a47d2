"""Check that all requests that the OpenAPI document allows are answered as it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from allswell.central.writer import CentralWriter
from allswell_web.api import routes
from tests.integration.web import running, talk

pytestmark = pytest.mark.integration
EXAMPLES = 20


def test_schemathesis_finds_nothing_that_the_document_does_not_say(
    central: tuple[str, CentralWriter], tmp_path: Path
) -> None:
    url, writer = central
    talk.of_everything(writer)
    with running.serving(url) as page:
        base = f"http://127.0.0.1:{page.port}"
        finished = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{base}/api/openapi.json"),
                *("--url", base, "--checks", "all", "--max-examples", str(EXAMPLES)),
                *("--seed", "1", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert page.process.poll() is None
    assert finished.returncode == 0, finished.stdout + finished.stderr
    # All but the document itself, which is where it begins; and the widget, and the health.
    assert re.findall(r"Tested: (\d+)", finished.stdout) == [str(len(routes.EVERY) - 1 + 2)]
