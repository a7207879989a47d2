"""Write XML and HTML in which no text can become markup.

Characters that XML 1.0 forbids are left out: one of them would make a whole feed unreadable.
"""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DECLARATION = Markup('<?xml version="1.0" encoding="utf-8"?>\n')


def element(name: str, content: str = "", **attributes: str) -> Markup:
    """Write an element; content is text that is escaped, unless it is markup of ours already."""
    attribute_text = Markup().join(
        Markup(' {}="{}"').format(key, clean(value)) for key, value in attributes.items()
    )
    inner = content if isinstance(content, Markup) else escape(clean(content))
    # The names are constants of the modules here.
    start, end = Markup(f"<{name}"), Markup(f"</{name}>")  # noqa: S704
    return start + attribute_text + (Markup(">") + inner + end if content else Markup("/>"))


def join_lines(parts: Iterable[str]) -> Markup:
    """Join markup, each part on its own line."""
    return Markup("\n").join(parts)


def clean(text: str) -> str:
    """Remove the characters that XML forbids."""
    return _FORBIDDEN.sub("", text)
