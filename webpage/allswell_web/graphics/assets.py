"""Provide our own style sheet and script, as they are in every page."""

import re
from pathlib import Path

from markupsafe import Markup

from allswell_web.graphics import stylesheets

FOLDER = Path(__file__).parents[1] / "templates"


def minify_script(script: str) -> str:
    """Remove whole-line comments, indentation and line ends from a script.

    Every statement in it must end with a semicolon or a brace.
    """
    lines = (line.strip() for line in script.splitlines())
    return "".join(line for line in lines if not re.match("//", line))


# Our own files, not input: they must not be escaped, or their hashes would differ.
CSS = Markup(stylesheets.minify((FOLDER / "page.css").read_text(encoding="utf-8")))  # noqa: S704
SCRIPT = Markup(minify_script((FOLDER / "page.js").read_text(encoding="utf-8")))  # noqa: S704
