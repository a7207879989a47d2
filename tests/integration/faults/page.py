"""A real page, and what a visitor reads on it."""

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

from tests.integration.faults.nursery import ROOT


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a page, and when it was answered."""

    at: datetime
    html: str

    @property
    def condition(self) -> str:
        """What the page says of the whole: `up`, `down`, `unknown`, …"""
        return _found(r'<section class="now (\w+)">', self.html)

    @property
    def sentence(self) -> str:
        """The same in words."""
        return _found(r"<h1>.*?<span[^>]*>(.*?)</span></h1>", self.html)

    @property
    def as_of(self) -> datetime:
        """The moment that the page itself names as that of its data."""
        moment = _found(r'Data as of <time datetime="([^"]+)">', self.html)
        return datetime.fromisoformat(moment)

    @property
    def days(self) -> str:
        """The days in detail: every stretch of trouble with times and reason."""
        return " ".join(re.findall(r"<li>[^<]* · (.*?)</li>", self.html))


def _found(pattern: str, html: str) -> str:
    match = re.search(pattern, html, re.DOTALL)
    return match[1] if match else ""


def look(url: str) -> Seen | None:
    """The page, or None where none is served."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return Seen(datetime.now(UTC), answer.read().decode())
    except (urllib.error.URLError, OSError):
        return None


def looks(url: str, seconds: float, done: Callable[[Seen], bool]) -> list[Seen]:
    """Look five times a second until `done`, or time is over: then the last is not done."""
    until, found = time.monotonic() + seconds, []
    while time.monotonic() < until:
        seen = look(url)
        if seen is not None:
            found.append(seen)
            if done(seen):
                return found
        time.sleep(0.2)
    return found


def shows(url: str, condition: str, seconds: float = 20) -> bool:
    """Wait until the page shows a condition; False when time is over."""
    found = looks(url, seconds, lambda seen: seen.condition == condition)
    return bool(found) and found[-1].condition == condition


@contextmanager
def served(environment: Mapping[str, str], port: int, log: Path) -> Iterator[str]:
    """Run `allswell page`; its address."""
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
        assert looks(url, 30, lambda _: True), log.read_text()
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)
