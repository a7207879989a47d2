"""Minify style sheets and hash them for the content security policy."""

import base64
import hashlib


def minify(css: str) -> str:
    """Remove indentation and line ends from a style sheet."""
    return "".join(line.strip() for line in css.splitlines())


def digest(text: str) -> str:
    """Return how a content security policy names an inline style sheet or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
