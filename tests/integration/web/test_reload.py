"""Check SIGHUP under load: another process answers, and named files are read again."""

import http.client
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.web.running import Running, filled, serving

pytestmark = pytest.mark.integration


def visit(running: Running, stop: threading.Event, failed: list[str], dropped: list[str]) -> int:
    """Ask until told to stop, a connection each time; how often.

    `failed` gets answers that are not good, `dropped` connections without any answer, on which
    browsers and proxies ask again by themselves.
    """
    requests = 0
    while not stop.is_set():
        requests += 1
        try:
            if (status := running.get("/").status) != 200:
                failed.append(str(status))
        except (OSError, http.client.HTTPException) as problem:
            dropped.append(repr(problem))
    return requests


def workers(pid: int) -> set[int]:
    """Return the processes that answer: children of the one that was started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(number) for number in children}


def test_a_reload_under_load_answers_all_and_reads_the_files_again(tmp_path: Path) -> None:
    """A worker that ends may drop a connection that it has taken and not read from yet."""
    for name, title in (("old", "Before"), ("new", "After")):
        filled(f"sqlite:///{tmp_path}/{name}.db", title=title)
    file = tmp_path / "url"
    file.write_text(f"sqlite:///{tmp_path}/old.db")
    stop, failed, dropped = threading.Event(), list[str](), list[str]()
    more = {"ALLSWELL_DATABASE_URL_FILE": str(file)}
    with serving("", **more) as running, ThreadPoolExecutor(8) as pool:
        assert b"Before" in running.get("/").body
        before = workers(running.process.pid)
        visits = [pool.submit(visit, running, stop, failed, dropped) for _ in range(8)]
        try:
            file.write_text(f"sqlite:///{tmp_path}/new.db")
            for _ in range(2):
                os.kill(running.process.pid, signal.SIGHUP)
                deadline = time.monotonic() + 40
                while workers(running.process.pid) & before or not workers(running.process.pid):
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                before = workers(running.process.pid)
        finally:
            stop.set()
        requests = sum(one.result() for one in visits)
        assert b"After" in running.get("/").body
    assert failed == []
    assert requests > 100
    assert len(dropped) <= max(2, requests // 200), dropped


def test_a_reload_with_settings_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    filled(f"sqlite:///{tmp_path}/central.db")
    file = tmp_path / "url"
    file.write_text(f"sqlite:///{tmp_path}/central.db")
    with serving("", ALLSWELL_DATABASE_URL_FILE=str(file)) as running:
        before = workers(running.process.pid)
        file.unlink()
        os.kill(running.process.pid, signal.SIGHUP)
        deadline = time.monotonic() + 40
        while workers(running.process.pid) & before:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert running.get("/").status == 200
