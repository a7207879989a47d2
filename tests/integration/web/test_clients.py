"""Check clients of Statuspage's API that others have written, against a real page."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from allswell.central.writer import CentralWriter
from tests import npm
from tests.integration.web import running, talk

pytestmark = pytest.mark.integration

EXPORTER = """
import json, sys
from statuspage_prometheus_exporter import service_checker
found = service_checker.check_service_status("ours", service_checker.SERVICES["ours"])
print(json.dumps(found))
"""
LIBRARY = """
const { Statuspage } = require("statuspage.io");
const client = new Statuspage("ours");
client.setApiUrl(process.argv[2]);
const { incidents, scheduledMaintenances } = client.api;
const asked = [client.api.getSummary(), client.api.getStatus(), client.api.getComponents(),
  incidents.getAll(), incidents.getUnresolved(), scheduledMaintenances.getAll(),
  scheduledMaintenances.getUpcoming(), scheduledMaintenances.getActive()];
Promise.all(asked).then(found => console.log(JSON.stringify(found)));
"""
FEEDS = """
const Parser = require("rss-parser");
const names = ["history.atom", "history.rss", "updates.atom", "updates.rss"];
const asked = names.map(name => new Parser().parseURL(`${process.argv[2]}/${name}`));
Promise.all(asked).then(found => console.log(JSON.stringify(found)));
"""
CALENDAR = """
const ICAL = require("ical.js");
fetch(`${process.argv[2]}/maintenance.ics`).then(answer => answer.text()).then(text => {
  const events = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent");
  const told = events.map(one => new ICAL.Event(one)).map(
    one => ({ title: one.summary, start: one.startDate.toString(), hours: one.duration.hours }));
  console.log(JSON.stringify(told));
});
"""


@pytest.fixture
def page_url(central: tuple[str, CentralWriter]) -> Any:  # noqa: ANN401 - an iterator
    url, writer = central
    talk.of_everything(writer)
    with running.serving(url) as page:
        yield f"http://127.0.0.1:{page.port}"


def printed(command: list[str], cwd: Path, **environment: str) -> Any:  # noqa: ANN401
    finished = subprocess.run(
        command,
        cwd=cwd,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_a_prometheus_exporter_reads_state_incidents_and_maintenance(
    page_url: str, tmp_path: Path
) -> None:
    services = tmp_path / "services.json"
    ours = {"ours": {"url": f"{page_url}/api/v2/summary.json", "name": "Ours"}}
    services.write_text(json.dumps(ours))
    (tmp_path / "exporter.py").write_text(EXPORTER)
    metrics = printed([sys.executable, "exporter.py"], tmp_path, SERVICES_JSON_PATH=str(services))
    assert (metrics["success"], metrics["status"]) == (True, 0)
    assert {it["name"]: it["status"] for it in metrics["component_metadata"]} == {
        "API": "partial_outage",
        "Public <API>": "partial_outage",
    }
    assert [it["impact"] for it in metrics["incident_metadata"]] == ["minor"]
    assert [it["status"] for it in metrics["maintenance_metadata"]] == ["scheduled", "in_progress"]


@pytest.mark.needs("npm")
def test_a_javascript_library_reads_all_of_the_api(page_url: str, tmp_path: Path) -> None:
    script = tmp_path / "library.js"
    script.write_text(LIBRARY)
    modules = npm.folder("statuspage.io")
    documents = printed(["node", str(script), page_url], tmp_path, NODE_PATH=str(modules))
    summary, status, components, incidents, unresolved, every, upcoming, active = documents
    assert status["status"] == summary["status"]
    assert components["components"] == summary["components"]
    assert unresolved["incidents"] == summary["incidents"]
    assert {it["status"] for it in incidents["incidents"]} == {"investigating", "resolved"}
    # This version asks for what is upcoming whatever it is asked for.
    assert every == active == upcoming
    assert [it["status"] for it in upcoming["scheduled_maintenances"]] == ["scheduled"]


@pytest.mark.needs("npm")
def test_a_javascript_reader_reads_all_feeds(page_url: str, tmp_path: Path) -> None:
    script = tmp_path / "feeds.js"
    script.write_text(FEEDS)
    modules = npm.folder("rss-parser")
    feeds = printed(["node", str(script), page_url], tmp_path, NODE_PATH=str(modules))
    assert [feed["title"] for feed in feeds] == [
        *["Acme - Incident History"] * 2,
        *["Acme - Updates"] * 2,
    ]
    for atom, rss in (feeds[:2], feeds[2:]):
        told, same = ([(it["title"], it["isoDate"]) for it in one["items"]] for one in (atom, rss))
        # Atom's date is that of the first publication, RSS' that of the last change.
        assert [title for title, _ in told] == [title for title, _ in same]
        dates = [date for _, date in same]
        assert dates == sorted(set(dates), reverse=True)


@pytest.mark.needs("npm")
def test_a_javascript_calendar_reads_maintenance(page_url: str, tmp_path: Path) -> None:
    script = tmp_path / "calendar.js"
    script.write_text(CALENDAR)
    modules = npm.folder("ical.js")
    events = printed(["node", str(script), page_url], tmp_path, NODE_PATH=str(modules))
    title = talk.HOSTILE.replace("\u202e", "")
    assert [(it["title"], it["hours"]) for it in events] == [(title, 1), (title, 1), (title, 2)]
    assert all(it["start"].endswith("Z") for it in events)
