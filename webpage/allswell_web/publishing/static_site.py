"""An edition: a page and its parts as files that can lie under any prefix, behind any CDN.

Every link within it is relative and leads to a file. A part of the page is `history.html`, not
`history`, so that stores that are folders can hold `history/2026-11.html` beside it.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from posixpath import normpath
from urllib.parse import urljoin

from flask import Response

from allswell_web.api import routes
from allswell_web.cache.directory import PageMount
from allswell_web.cache.render_order import RenderOrder
from allswell_web.cache.renderer import Renderer
from allswell_web.text import language

HTML = "text/html"
# A page of 200 components in seven languages is far below; nothing may go on for ever.
MOST_FILES = 10_000
_LINK = re.compile(r'(<(?:a|link|img)\b[^>]*?\b(?:href|src)=")([^"]*)(")')
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|$", re.IGNORECASE)
_FRAMES = re.compile(r";?\s*frame-ancestors [^;]*")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of an edition; `name` is its path below the page's own folder."""

    name: str
    body: bytes
    content_type: str
    cache: str


def front(press: Renderer, order: RenderOrder, there: Container[str]) -> Iterator[SiteFile]:
    """What must always be new: the page in each language, and all documents for machines.

    With it comes what it leads to, unless its file is `there`.
    """
    yield from _reached(press, order, _front(), there)


def whole(press: Renderer, order: RenderOrder) -> Iterator[SiteFile]:
    """Everything that can be reached from the page, the front included."""
    yield from _reached(press, order, ["/embed", *_front()], ())


def _reached(
    press: Renderer, order: RenderOrder, start: Sequence[str], there: Container[str]
) -> Iterator[SiteFile]:
    waiting = [*start]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        response = _made(press, order, path)
        if response is None:
            continue
        found = {it for it in _leads_to(path, response) if name_of(it) not in there} - seen
        if len(seen) + len(found) > MOST_FILES:
            found = set()
        seen |= found
        waiting += sorted(found)
        yield _file(path, response)


def _front() -> list[str]:
    chosen = [f"/{one.path}/" for one in language.every()]
    return ["/", *chosen, *(route.path for route in routes.EVERY if "{" not in route.path)]


def name_of(path: str) -> str:
    """The file of a path within the page: `/` is `index.html`, `/history` is `history.html`."""
    inner = path.removeprefix("/")
    if not inner or inner.endswith("/"):
        return f"{inner}index.html"
    last = inner.rpartition("/")[2]
    return inner if "." in last else f"{inner}.html"


def part_of(name: str) -> str:
    """The id of the component or incident whose file it is; of another file a word."""
    return name.rpartition("/")[2].partition(".")[0]


def _made(press: Renderer, order: RenderOrder, path: str) -> Response | None:
    return press.answer(PageMount(order.page, "", path), order)


def _file(path: str, response: Response) -> SiteFile:
    body = response.get_data()
    if response.mimetype == HTML:
        policy = response.headers.get("Content-Security-Policy", "")
        body = _for_files(body.decode(), path, policy).encode()
    content_type = response.headers["Content-Type"]
    return SiteFile(name_of(path), body, content_type, response.headers.get("Cache-Control", ""))


def _for_files(text: str, path: str, policy: str) -> str:
    """A page whose links lead to files, and that carries its policy: a store sends no header."""
    linked = _LINK.sub(lambda it: it[1] + escape(_to_file(unescape(it[2]), path)) + it[3], text)
    # Who may frame it cannot be said in the page.
    inner = escape(_FRAMES.sub("", policy))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{inner}">'
    return linked.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}', 1)


def _to_file(link: str, path: str) -> str:
    if _ELSEWHERE.match(link):
        return link
    target, hash_sign, mark = link.partition("#")
    clean, question, query = target.partition("?")
    if not clean or (inside := _inside(path, clean)) is None:
        return link
    depth = path.count("/") - 1
    return "../" * depth + name_of(inside) + question + query + hash_sign + mark


def _leads_to(path: str, response: Response) -> Iterable[str]:
    """The paths within the page that a part of it links to."""
    if response.mimetype != HTML:
        return
    for _, link, _ in _LINK.findall(response.get_data(as_text=True)):
        target = unescape(link).partition("#")[0].partition("?")[0]
        if target and not _ELSEWHERE.match(target) and (inside := _inside(path, target)):
            yield inside


def _inside(path: str, link: str) -> str | None:
    """The path within the page that a relative link leads to; None where it leaves the page."""
    if link.startswith("/"):
        return None
    levels = normpath(f"{path.rpartition('/')[0]}/{link}".lstrip("/")).split("/")
    if levels[0] == "..":
        return None
    return urljoin(path, link)
