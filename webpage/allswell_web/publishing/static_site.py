"""Write a page and its parts as files that work under any prefix, behind any CDN.

Every link within the page is relative and leads to a file. A part of the page is `history.html`,
not `history`, so that a file system can hold `history/2026-11.html` beside it.
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
from allswell_web.text import languages

HTML = "text/html"
# A page of 200 components in seven languages has far fewer; the crawl must end.
MAX_FILES = 10_000
_LINK = re.compile(r'(<(?:a|link|img)\b[^>]*?\b(?:href|src)=")([^"]*)(")')
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|$", re.IGNORECASE)
_FRAMES = re.compile(r";?\s*frame-ancestors [^;]*")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of a static site; `name` is its path below the page's own folder."""

    name: str
    body: bytes
    content_type: str
    cache: str


def front(renderer: Renderer, order: RenderOrder, existing: Container[str]) -> Iterator[SiteFile]:
    """Yield what must always be new: the page in each language, and all documents of the API.

    It includes what they link to, unless its file is in `existing`.
    """
    yield from _crawl(renderer, order, _front(), existing)


def whole(renderer: Renderer, order: RenderOrder) -> Iterator[SiteFile]:
    """Yield everything that can be reached from the page, the front included."""
    yield from _crawl(renderer, order, ["/embed", *_front()], ())


def _crawl(
    renderer: Renderer, order: RenderOrder, start: Sequence[str], existing: Container[str]
) -> Iterator[SiteFile]:
    pending = [*start]
    found_paths = set(pending)
    while pending:
        path = pending.pop()
        response = _response(renderer, order, path)
        if response is None:
            continue
        linked = {
            it for it in _leads_to(path, response) if name_of(it) not in existing
        } - found_paths
        if len(found_paths) + len(linked) > MAX_FILES:
            linked = set()
        found_paths |= linked
        pending += sorted(linked)
        yield _file(path, response)


def _front() -> list[str]:
    chosen = [f"/{one.path}/" for one in languages.available()]
    return ["/", *chosen, *(route.path for route in routes.EVERY if "{" not in route.path)]


def name_of(path: str) -> str:
    """Return the file name of a path: `/` is `index.html`, `/history` is `history.html`."""
    inner = path.removeprefix("/")
    if not inner or inner.endswith("/"):
        return f"{inner}index.html"
    last = inner.rpartition("/")[2]
    return inner if "." in last else f"{inner}.html"


def part_of(name: str) -> str:
    """Return the id of the component or incident whose file it is; of another file a word."""
    return name.rpartition("/")[2].partition(".")[0]


def _response(renderer: Renderer, order: RenderOrder, path: str) -> Response | None:
    return renderer.dispatch(PageMount(order.page, "", path), order)


def _file(path: str, response: Response) -> SiteFile:
    body = response.get_data()
    if response.mimetype == HTML:
        policy = response.headers.get("Content-Security-Policy", "")
        body = _for_files(body.decode(), path, policy).encode()
    content_type = response.headers["Content-Type"]
    return SiteFile(name_of(path), body, content_type, response.headers.get("Cache-Control", ""))


def _for_files(text: str, path: str, policy: str) -> str:
    """Rewrite a page's links to files, and put its policy into it: a store sends no header."""
    linked = _LINK.sub(lambda it: it[1] + escape(_to_file(unescape(it[2]), path)) + it[3], text)
    # A meta element cannot restrict who may frame the page.
    inner = escape(_FRAMES.sub("", policy))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{inner}">'
    return linked.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}', 1)


def _to_file(link: str, path: str) -> str:
    if _ELSEWHERE.match(link):
        return link
    target, hash_sign, fragment = link.partition("#")
    clean, question, query = target.partition("?")
    if not clean or (inside := _inside(path, clean)) is None:
        return link
    depth = path.count("/") - 1
    return "../" * depth + name_of(inside) + question + query + hash_sign + fragment


def _leads_to(path: str, response: Response) -> Iterable[str]:
    """Yield the paths within the page that a part of it links to."""
    if response.mimetype != HTML:
        return
    for _, link, _ in _LINK.findall(response.get_data(as_text=True)):
        target = unescape(link).partition("#")[0].partition("?")[0]
        if target and not _ELSEWHERE.match(target) and (inside := _inside(path, target)):
            yield inside


def _inside(path: str, link: str) -> str | None:
    """Return the path within the page that a relative link leads to; None where it leaves it."""
    if link.startswith("/"):
        return None
    levels = normpath(f"{path.rpartition('/')[0]}/{link}".lstrip("/")).split("/")
    if levels[0] == "..":
        return None
    return urljoin(path, link)
