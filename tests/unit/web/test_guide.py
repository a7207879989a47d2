"""Check what the guide says of the API."""

import json
import re
from pathlib import Path

import pytest

from allswell_web.api import routes
from allswell_web.api.badges import badge
from tests.unit.web import fakes, harness, shapes

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "api.md").read_text(encoding="utf-8")
PATHS = {entry.path for entry in routes.EVERY}
EXAMPLES = re.findall(
    r"^curl https://status\.example\.com(/\S+)\n```\n\n```json\n(.*?)^```",
    GUIDE,
    re.MULTILINE | re.DOTALL,
)


def test_every_address_is_in_the_table_and_no_other() -> None:
    assert set(re.findall(r"^\| `(/\S+)` \|", GUIDE, re.MULTILINE)) == PATHS


@pytest.mark.parametrize(("path", "text"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_an_example_keeps_to_the_schema(path: str, text: str) -> None:
    pattern = re.sub("^/badge/[a-z0-9]{12}/state", "/badge/{component}/{fact}", path)
    shapes.check(pattern, json.loads(text))


def test_there_is_an_example_of_each_document_that_is_explained() -> None:
    assert [path for path, _ in EXAMPLES] == [
        "/api/v2/status.json",
        "/api/v1/page.json",
        "/badge/p2c8w5n1z0rd/state.json",
    ]


def test_every_picture_and_every_window_that_is_named_is_answered() -> None:
    bench = harness.bench(fakes.Reader(fakes.facts(fakes.component())))
    pictures = re.findall(r"\(https://status\.example\.com(/badge/\S+)\)", GUIDE)
    assert len(pictures) == 3
    assert [bench.ask(path).status for path in pictures] == [200, 200, 200]
    named = set(re.findall(r"`(uptime(?:-\w+)?|p95|state)`", GUIDE))
    assert named <= set(badge.FACTS)
    assert len(named) == 7
