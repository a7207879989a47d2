"""Style sheets as a page carries them: without what nobody reads, and named by their hash."""

import base64
import hashlib


def minified(css: str) -> str:
    """A style sheet without its indentation and line ends."""
    return "".join(line.strip() for line in css.splitlines())


def digest(text: str) -> str:
    """How a content security policy names a style sheet or a script that stands in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
