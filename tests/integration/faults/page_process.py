"""Run a real page process, and read what a visitor sees on it."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.faults.fork_server import ROOT


@dataclass(frozen=True, slots=True)
class PageReading:
    """One response of a page, and when it came."""

    at: datetime
    html: str

    @property
    def condition(self) -> str:
        """Return the condition of the whole page: `up`, `down`, `unknown`, …"""
        return _found(r'<section class="now (\w+)">', self.html)

    @property
    def headline(self) -> str:
        """Return the headline, the condition in words."""
        return _found(r"<h1>.*?<span[^>]*>(.*?)</span></h1>", self.html)

    @property
    def as_of(self) -> datetime:
        """Return the moment that the page itself names as that of its data."""
        moment = _found(r'Data as of <time datetime="([^"]+)">', self.html)
        return datetime.fromisoformat(moment)

    @property
    def days(self) -> str:
        """Return the days in detail: every stretch of trouble with times and reason."""
        return " ".join(re.findall(r"<li>[^<]* · (.*?)</li>", self.html))


def _found(pattern: str, html: str) -> str:
    match = re.search(pattern, html, re.DOTALL)
    return match[1] if match else ""


def read(url: str) -> PageReading | None:
    """Return the page, or None where none is served."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return PageReading(datetime.now(UTC), answer.read().decode())
    except (urllib.error.URLError, OSError):
        return None


def read_until(url: str, seconds: float, done: Callable[[PageReading], bool]) -> list[PageReading]:
    """Read five times a second until `done`, or time is over: then the last is not done."""
    until, readings = time.monotonic() + seconds, []
    while time.monotonic() < until:
        reading = read(url)
        if reading is not None:
            readings.append(reading)
            if done(reading):
                return readings
        time.sleep(0.2)
    return readings


def wait_for_condition(url: str, condition: str, seconds: float = 20) -> bool:
    """Wait until the page shows a condition; False when time is over."""
    readings = read_until(url, seconds, lambda reading: reading.condition == condition)
    return bool(readings) and readings[-1].condition == condition


@contextmanager
def serve(environment: Mapping[str, str], port: int, log: Path) -> Iterator[str]:
    """Run `allswell page`; yield its URL."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "allswell.cli", "page"],
            cwd=ROOT,
            env={**os.environ, **environment, "ALLSWELL_BIND": f"127.0.0.1:{port}"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        assert read_until(url, 30, lambda _: True), log.read_text()
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)
