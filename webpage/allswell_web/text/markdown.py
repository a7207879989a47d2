"""The longer texts of owners, written in a small part of Markdown, as HTML that can do nothing.

Paragraphs, lists, emphasis, code and links to http and https. Whatever else is written, HTML above
all, is text and is escaped. A picture becomes a link to it: nothing here makes a browser ask
anybody. Every part is read in a time that grows with its length alone.
"""

import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from markupsafe import Markup, escape

from allswell_web.text import untrusted_text

_ITEM = re.compile(r"(?:(?P<dot>[-*+])|(?P<number>[0-9]{1,3})[.)])\s+(?P<rest>\S.*)", re.ASCII)
_MARK = re.compile(
    r"""\\(?P<literal>[\\`*_\[\]()<>\#+.!-])
    |`(?P<code>[^`]+)`
    |!?\[(?P<label>[^\[\]]*)\]\((?P<target>[^\s()<>]+)\)
    |<(?P<bare>https?://[^\s<>]+)>
    |\*\*(?P<strong>[^*\s](?:[^*]*[^*\s])?)\*\*
    |\*(?P<em>[^*\s](?:[^*]*[^*\s])?)\*
    |(?<!\w)_(?P<soft>[^_\s](?:[^_]*[^_\s])?)_(?!\w)""",
    re.VERBOSE,
)
_LONGEST_URL = 2000


@dataclass(slots=True)
class _Block:
    """A paragraph (`p`) or a list (`ul`, `ol`), with what stands in it line by line."""

    kind: str
    items: list[list[str]] = field(default_factory=list)


def html(text: str, lang: str = "") -> Markup:
    """A text as blocks, each with its own direction; `lang` where it is not the page's."""
    told = Markup(' lang="{}"').format(lang) if lang else Markup()
    return Markup().join(_written(block, told) for block in _blocks(text))


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    for one in map(untrusted_text.line, untrusted_text.lines(text)):
        found = _ITEM.fullmatch(one)
        if not one:
            if block is not None:
                yield block
            block = None
        elif found is not None and (kind := _kind(found, block)):
            if block is None or block.kind != kind:
                if block is not None:
                    yield block
                block = _Block(kind)
            block.items.append([found["rest"]])
        elif block is None:
            block = _Block("p", [[one]])
        else:
            block.items[-1].append(one)
    if block is not None:
        yield block


def _kind(found: re.Match[str], block: _Block | None) -> str:
    """The list that a line is an item of; a number begins one only with 1, as a year does not."""
    if found["dot"]:
        return "ul"
    goes_on = block is not None and block.kind == "ol"
    return "ol" if goes_on or found["number"] == "1" else ""


def _written(block: _Block, told: Markup) -> Markup:
    lines = [_inline(" ".join(item)) for item in block.items]
    # The names are ours: `p`, `ul` and `ol`.
    start, end = Markup(f'<{block.kind} dir="auto"'), Markup(f"</{block.kind}>")  # noqa: S704
    if block.kind == "p":
        return start + told + Markup(">") + lines[0] + end
    items = Markup().join(Markup("<li>{}</li>").format(line) for line in lines)
    return start + told + Markup(">") + items + end


def _inline(text: str) -> Markup:
    """A line with its marks. What a mark holds has none of its own kind, so this ends soon."""
    parts: list[Markup] = []
    last = 0
    for found in _MARK.finditer(text):
        parts += [escape(text[last : found.start()]), _marked(found)]
        last = found.end()
    return Markup().join([*parts, escape(text[last:])])


def _marked(found: re.Match[str]) -> Markup:
    what = found.lastgroup or ""
    if what in ("target", "bare"):
        return _link(found)
    return _MADE[what](found[what])


def _element(name: str) -> Callable[[str], Markup]:
    form = Markup(f"<{name}>{{}}</{name}>")  # noqa: S704 - the names are ours, see below
    return lambda text: form.format(_inline(text))


_MADE: Mapping[str, Callable[[str], Markup]] = MappingProxyType(
    {
        "literal": escape,
        "code": lambda text: Markup("<code>{}</code>").format(text),
        "strong": _element("strong"),
        "em": _element("em"),
        "soft": _element("em"),
    }
)


def _link(found: re.Match[str]) -> Markup:
    """A link; where it may lead nowhere, the text as it was written."""
    target = found["target"] or found["bare"]
    if not _is_safe(target):
        return escape(found[0])
    label = _inline(found["label"]) if found["label"] else escape(target)
    return Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(target, label)


def _is_safe(target: str) -> bool:
    """Whether it is an address of the web that does not look like another one."""
    try:
        parts = urllib.parse.urlsplit(target)
        named = bool(parts.hostname) and "@" not in parts.netloc and "\\" not in target
    except ValueError:
        return False
    return named and parts.scheme in ("http", "https") and len(target) <= _LONGEST_URL
