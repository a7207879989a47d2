"""Render the longer texts of owners, in a small part of Markdown, as harmless HTML.

Paragraphs, lists, emphasis, code and links to http and https. Everything else, HTML above all, is
text and is escaped. A picture becomes a link to it: nothing here makes a browser send a request.
Parsing takes time linear in the length of the text.
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
_MAX_URL = 2000


@dataclass(slots=True)
class _Block:
    """A paragraph (`p`) or a list (`ul`, `ol`), with its lines."""

    kind: str
    items: list[list[str]] = field(default_factory=list)


def html(text: str, lang: str = "") -> Markup:
    """Render a text as blocks, each with its own direction; `lang` where it is not the page's."""
    lang_attribute = Markup(' lang="{}"').format(lang) if lang else Markup()
    return Markup().join(_block_html(block, lang_attribute) for block in _blocks(text))


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    for line in map(untrusted_text.line, untrusted_text.lines(text)):
        item = _ITEM.fullmatch(line)
        if not line:
            if block is not None:
                yield block
            block = None
        elif item is not None and (kind := _list_kind(item, block)):
            if block is None or block.kind != kind:
                if block is not None:
                    yield block
                block = _Block(kind)
            block.items.append([item["rest"]])
        elif block is None:
            block = _Block("p", [[line]])
        else:
            block.items[-1].append(line)
    if block is not None:
        yield block


def _list_kind(item: re.Match[str], block: _Block | None) -> str:
    """Return the list that a line is an item of; a number begins one only with 1, unlike a year."""
    if item["dot"]:
        return "ul"
    continues = block is not None and block.kind == "ol"
    return "ol" if continues or item["number"] == "1" else ""


def _block_html(block: _Block, lang_attribute: Markup) -> Markup:
    lines = [_inline(" ".join(item)) for item in block.items]
    # The element names are constants: `p`, `ul` and `ol`.
    start, end = Markup(f'<{block.kind} dir="auto"'), Markup(f"</{block.kind}>")  # noqa: S704
    if block.kind == "p":
        return start + lang_attribute + Markup(">") + lines[0] + end
    items = Markup().join(Markup("<li>{}</li>").format(line) for line in lines)
    return start + lang_attribute + Markup(">") + items + end


def _inline(text: str) -> Markup:
    """Render a line with its marks. A mark holds no other of its own kind, so this terminates."""
    parts: list[Markup] = []
    last = 0
    for mark in _MARK.finditer(text):
        parts += [escape(text[last : mark.start()]), _mark_html(mark)]
        last = mark.end()
    return Markup().join([*parts, escape(text[last:])])


def _mark_html(mark: re.Match[str]) -> Markup:
    kind = mark.lastgroup or ""
    if kind in ("target", "bare"):
        return _link(mark)
    return _MARK_HTML[kind](mark[kind])


def _element(name: str) -> Callable[[str], Markup]:
    form = Markup(f"<{name}>{{}}</{name}>")  # noqa: S704 - the names are constants, see below
    return lambda text: form.format(_inline(text))


_MARK_HTML: Mapping[str, Callable[[str], Markup]] = MappingProxyType(
    {
        "literal": escape,
        "code": lambda text: Markup("<code>{}</code>").format(text),
        "strong": _element("strong"),
        "em": _element("em"),
        "soft": _element("em"),
    }
)


def _link(mark: re.Match[str]) -> Markup:
    """Render a link; as plain text where its target is not allowed."""
    target = mark["target"] or mark["bare"]
    if not _is_safe(target):
        return escape(mark[0])
    label = _inline(mark["label"]) if mark["label"] else escape(target)
    return Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(target, label)


def _is_safe(target: str) -> bool:
    """Decide whether a target is a web address that does not look like another one."""
    try:
        parts = urllib.parse.urlsplit(target)
        has_host = bool(parts.hostname) and "@" not in parts.netloc and "\\" not in target
    except ValueError:
        return False
    return has_host and parts.scheme in ("http", "https") and len(target) <= _MAX_URL
