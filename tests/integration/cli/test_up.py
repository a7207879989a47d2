import base64
import gzip
import json
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from allswell.domain import instant, rollup
from allswell.domain.cover import Observation
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.store import BatchItem, Store
from tests.integration.cli.up import (
    Target,
    command,
    environment,
    free_port,
    is_gone,
    monitor,
    page,
    target,
    up,
    wait_for,
    write,
)

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
UP, DOWN = "operational", "major_outage"


@pytest.fixture
def site() -> Iterator[Target]:
    with target() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "manifests"
    folder.mkdir()
    return folder / "status.yaml"


def secret(value: str) -> dict[str, object]:
    data = {"token": base64.b64encode(value.encode()).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "api"}, "data": data}


def test_the_quickstart_comes_up_and_watches_itself(tmp_path: Path) -> None:
    port = free_port()
    text = (ROOT / "examples/quickstart.yaml").read_text().replace("8080", str(port))
    (tmp_path / "quickstart.yaml").write_text(text.replace("interval: 10s", "interval: 1s"))
    with up(tmp_path, tmp_path / "quickstart.yaml", port=port) as running:
        assert f"http://127.0.0.1:{port}/" in running.output
        assert "4 monitors, 1 page" in running.output
        running.until(lambda: running.states()["This status page"] == UP, "the page to see itself")
        running.until(lambda: running.states()["Its port"] == UP, "its port to be seen")
        assert "Quickstart" in running.get()[1]
        assert "\x1b[" not in running.output
        assert "Traceback" not in running.output


def test_edits_take_effect_without_a_restart_and_are_said(
    tmp_path: Path, file: Path, site: Target
) -> None:
    acme = page("acme", "Acme", "api", "web")
    write(file, monitor("api", site.url("/one")), acme)
    with up(tmp_path, file) as running:
        running.until(lambda: running.states()["api"] == UP, "the first monitor")

        write(file, monitor("api", site.url("/one")), monitor("web", site.url("/web")), acme)
        running.says("added     Monitor web")
        running.until(lambda: running.states()["web"] == UP, "a new monitor")

        renamed = page("acme", "Acme & Sons", "api", "web")
        write(file, monitor("api", site.url("/two")), monitor("web", site.url("/web")), renamed)
        running.says("changed   Monitor api")
        running.says("changed   StatusPage acme")
        running.until(lambda: "Acme &amp; Sons" in running.get()[1], "a new title")
        running.until(lambda: "/two" in site.asked, "a new target")

        write(file, monitor("api", site.url("/two")), renamed)
        running.says("removed   Monitor web")
        running.until(lambda: "web" not in running.states(), "a removed monitor")
        assert running.states()["api"] == UP


def test_a_mistake_keeps_what_was_and_says_where_it_is(
    tmp_path: Path, file: Path, site: Target
) -> None:
    acme = page("acme", "Acme", "api")
    write(file, monitor("api", site.url()), acme)
    with up(tmp_path, file) as running:
        running.until(lambda: running.states()["api"] == UP, "the monitor")
        write(file, monitor("api", site.url(), intervall="5s"), acme)
        running.says("did you mean interval?")
        assert f"{file}:1: spec.intervall: this field is unknown" in running.output
        file.write_text("{ broken")
        running.says("this is not YAML")
        file.write_text("")
        running.says("this file no longer defines any object")
        site.status = 500
        running.until(lambda: running.states()["api"] == DOWN, "checks that went on")
        write(file, monitor("api", site.url()), acme)
        running.says("all problems are fixed")
        assert running.output.count("did you mean interval?") == 1
        assert "removed" not in running.output


def test_a_secret_reaches_the_target_and_its_new_value_too(
    tmp_path: Path, file: Path, site: Target
) -> None:
    reference = {"secretKeyRef": {"name": "api", "key": "token"}}
    headers = [{"name": "Authorization", "valueFrom": reference}]
    watched = monitor("api", "", http={"url": site.url(), "headers": headers})
    write(file, watched, secret("first-value"))
    with up(tmp_path, file) as running:
        running.until(lambda: "first-value" in site.tokens, "the first value")
        write(file, watched, secret("second-value"))
        running.says("changed   Secret api")
        running.until(lambda: site.tokens[-1] == "second-value", "the second value")
        assert "first-value" not in running.output + running.get()[1]


def test_a_lacking_secret_is_unknown_and_explained(
    tmp_path: Path, file: Path, site: Target
) -> None:
    reference = {"secretKeyRef": {"name": "api", "key": "token"}}
    headers = [{"name": "Authorization", "valueFrom": reference}]
    write(file, monitor("api", "", http={"url": site.url(), "headers": headers}))
    with up(tmp_path, file) as running:
        running.says("SecretMissing")
        running.says("add a Secret document")
        assert site.tokens == []


def test_the_next_start_continues_the_history(tmp_path: Path, file: Path, site: Target) -> None:
    data = tmp_path / "data"
    write(file, monitor("api", site.url()), page("acme", "Acme", "api"))
    with up(tmp_path, file, "--data", data) as running:
        running.until(lambda: running.states()["api"] == UP, "the monitor")
        site.status = 503
        running.until(lambda: running.states()["api"] == DOWN, "the outage")
        running.says("HTTP 503")
        before = json.loads(running.get("/api/v2/summary.json")[1])
        uptime = re.findall(r"\d+(?:\.\d+)? ?%", running.get()[1])
        assert running.stop() == 0
        assert running.lines[-1].endswith("stopped; the next start continues the history")
    with up(tmp_path, file, "--data", data) as running:
        running.until(lambda: running.states()["api"] == DOWN, "the outage that goes on")
        after = json.loads(running.get("/api/v2/summary.json")[1])
        names = [entry["name"] for entry in before["components"]]
        assert [entry["id"] for entry in after["components"]] == [
            entry["id"] for entry in before["components"]
        ]
        shown = {entry["name"]: entry["updated_at"] for entry in after["components"]}
        then = {entry["name"]: entry["updated_at"] for entry in before["components"]}
        assert {name: shown[name] for name in names} == then
        assert uptime
        assert "HTTP 503" in running.get()[1]
        site.status = 200
        running.until(lambda: running.states()["api"] == UP, "the end of the outage")


def test_two_pages_are_a_list_and_each_has_its_path(
    tmp_path: Path, file: Path, site: Target
) -> None:
    write(
        file,
        monitor("api", site.url()),
        page("acme", "Acme", "api"),
        monitor("edge", site.url(), namespace="edge"),
        page("edge", "The Edge", "edge", namespace="edge"),
    )
    with up(tmp_path, file) as running:
        running.until(lambda: running.states("/acme")["api"] == UP, "one namespace")
        running.until(lambda: running.states("/edge")["edge"] == UP, "the other namespace")
        listed = running.get()[1]
        assert 'href="default/acme/"' in listed
        assert 'href="edge/edge/"' in listed
        assert "The Edge" in running.get("/edge/")[1]
        assert "edge/edge" in running.output


def test_a_folder_gains_and_loses_files(tmp_path: Path, file: Path, site: Target) -> None:
    write(file, monitor("api", site.url()))
    with up(tmp_path, file.parent) as running:
        running.says("up        api")
        write(file.with_name("more.yaml"), monitor("more", site.url()))
        running.says("added     Monitor more")
        file.with_name("more.yaml").unlink()
        running.says("removed   Monitor more")


def test_a_second_one_on_the_same_data_is_refused_in_words(
    tmp_path: Path, file: Path, site: Target
) -> None:
    write(file, monitor("api", site.url()))
    with up(tmp_path, file):
        second = subprocess.run(
            command("up", "--port", free_port(), file),
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert second.returncode == 1
    assert "stop it first, or choose another folder with --data" in second.stderr


def test_a_port_that_is_taken_is_refused_in_words(tmp_path: Path, file: Path) -> None:
    write(file, monitor("api", "http://127.0.0.1:1/"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = subprocess.run(
            command("up", "--port", other.getsockname()[1], file),
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert result.returncode == 1
    assert "choose another --port" in result.stderr


@pytest.mark.parametrize("text", ["", "{ broken", "kind: Montior"])
def test_with_nothing_to_run_it_says_so_and_ends(tmp_path: Path, file: Path, text: str) -> None:
    file.write_text(text)
    result = subprocess.run(
        command("up", "--port", free_port(), file),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 2
    assert "nothing to run" in result.stderr


def test_no_program_outlives_a_kill(tmp_path: Path, file: Path, site: Target) -> None:
    write(file, monitor("api", site.url()))
    with up(tmp_path, file) as running:
        running.says("up        api")
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
        pids = children.read_text().split()
        assert len(pids) == 2
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    for pid in pids:
        wait_for(partial(is_gone, pid), f"the end of {pid}")


def test_a_checker_that_dies_is_started_again(tmp_path: Path, file: Path, site: Target) -> None:
    write(file, monitor("api", site.url()), page("acme", "Acme", "api"))
    with up(tmp_path, file) as running:
        running.says("up        api")
        pids = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
        checker = next(
            pid
            for pid in pids.read_text().split()
            if "checker" in Path(f"/proc/{pid}/cmdline").read_text()
        )
        subprocess.run(["kill", "-KILL", checker], check=True)
        running.says("restarting in")
        site.status = 500
        running.until(lambda: running.states()["api"] == DOWN, "checks that went on")


def test_a_day_that_is_over_goes_into_the_archives_folder(
    tmp_path: Path, file: Path, site: Target
) -> None:
    write(file, monitor("api", site.url("/archived")), page("acme", "Acme", "api"))
    with up(tmp_path, file) as running:
        running.until(lambda: running.states()["api"] == UP, "the monitor")
    (store,) = tmp_path.rglob("checker.sqlite")
    day = datetime.now(UTC).date() - timedelta(days=2)
    with_results(store, day)
    archive = store.parents[2] / "archive"
    with up(tmp_path, file) as running:
        running.until(lambda: list(archive.rglob("*.ndjson.gz")), "a day file")
        (result,) = archive.rglob("*.ndjson.gz")
        assert result.parent.name == f"date={day}"
        assert len(gzip.decompress(result.read_bytes()).splitlines()) == 24
        central = sqlite3.connect(store.parents[2] / "central.sqlite", timeout=10)
        query = "SELECT name, samples FROM archive_object"
        running.until(lambda: central.execute(query).fetchall() == [("api", 24)], "its record")
        central.close()


def with_results(file: Path, day: date) -> None:
    """Put results of a day that is over into a checker's file, and seal it."""
    store = Store.open(file, now=datetime.now(UTC))
    enrolled = store.enroll("api", "")
    start = instant.day_start(day)
    samples = [Sample(start + hour * timedelta(hours=1), 1_000) for hour in range(24)]
    seen = enrolled.observation or Observation(start, start, start)
    store.commit([BatchItem(enrolled.number, sample, enrolled.health, seen) for sample in samples])
    rolled = rollup.of_day(day, samples)
    store.seal(enrolled.number, DayReport("api", enrolled.store, 1, rolled))
    store.close()
