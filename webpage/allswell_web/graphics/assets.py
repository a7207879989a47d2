"""Our own style sheet and script, as they stand in every page."""

import re
from pathlib import Path

from markupsafe import Markup

from allswell_web.graphics import stylesheets

FOLDER = Path(__file__).parents[1] / "templates"


def squeezed(script: str) -> str:
    """A script without comments of whole lines, indentation and line ends.

    Every statement in it must end with a semicolon or a brace.
    """
    lines = (line.strip() for line in script.splitlines())
    return "".join(line for line in lines if not re.match("//", line))


# Our own files and no input: they must stand unescaped for their hashes to be true.
CSS = Markup(stylesheets.minified((FOLDER / "page.css").read_text(encoding="utf-8")))  # noqa: S704
SCRIPT = Markup(squeezed((FOLDER / "page.js").read_text(encoding="utf-8")))  # noqa: S704
