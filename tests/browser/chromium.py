"""Run Debian's Chromium by Playwright, without any connection to the outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

from tests import needs

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Launch a browser without a window, and close it at the end."""
    program = needs.chromium()
    browser = playwright.chromium.launch(
        executable_path=None if program is None else str(program), args=list(FLAGS)
    )
    yield browser
    browser.close()
