"""Read how a page looks: language, links, pictures, accent colour, a few measures.

State colours are not to be chosen: they are told apart by people who see colours differently. The
accent colours lines and the mark of the keyboard's focus, never text, so it needs a contrast of
3 : 1 (WCAG 2.2, 1.4.11) in both themes. A measure is one of a few names with checked values; there
is no free style sheet, and no script.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from allswell.domain import base64_text, colour
from allswell.domain.spec.fields import LINE, Fields, unique
from allswell.domain.spec.problem import Problem

LANGUAGES = ("en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans")
FONTS = ("System", "Serif", "Mono")
MOST_LINKS = 10
# 32 KiB and 8 KiB, written in base64 after a prefix of at most 23 characters.
LONGEST_LOGO = 43_720
LONGEST_FAVICON = 10_960
URL = re.compile(r"(https?://|mailto:)[!#$%&'()*+,./:;=?@_~a-zA-Z0-9\[\]-]+", re.ASCII)
URL_ADVICE = "write an address with https:// or mailto:, like https://example.com/help"
PICTURE = re.compile(r"data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/]{16,}={0,2}", re.ASCII)
PICTURE_ADVICE = "write a PNG, JPEG or WebP picture as data:image/png;base64,…"
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}", re.ASCII)
COLOUR_ADVICE = "write a colour like #2145c7"
RADIUS = re.compile(r"([0-9]|1[0-9]|2[0-4])px", re.ASCII)
RADIUS_ADVICE = "write 0px to 24px"
WIDTH = re.compile(r"(3[6-9]|[4-7][0-9]|80)rem", re.ASCII)
WIDTH_ADVICE = "write 36rem to 80rem"
LINE_ADVICE = "write one line of text"
ENOUGH = 3.0
# What the page draws on, in each theme: the page itself and its cards.
LIGHT = ("#ffffff", "#f6f7f9")
DARK = ("#101317", "#181c22")
_BEGINS = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link that the page shows below its title."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class PageLook:
    """The look of a page. What is not written is empty: then the page uses its own defaults.

    `logo` and `favicon` are `data:` addresses; `accent` and `accent_dark` are like `#2145c7`.
    """

    language: str = ""
    links: tuple[PageLink, ...] = ()
    logo: str = field(default="", repr=False)
    favicon: str = field(default="", repr=False)
    accent: str = ""
    accent_dark: str = ""
    radius: str = ""
    width: str = ""
    font: str = ""

    def without_pictures(self) -> "PageLook":
        """Return the look without its pictures."""
        return replace(self, logo="", favicon="")


def read(spec: Fields) -> PageLook:
    """Read `language`, `links` and `branding` of a page's spec."""
    written = spec.take("language") is not None
    language = spec.choice("language", LANGUAGES, default="en")
    links = tuple(_link(child) for child in spec.children("links", most=MOST_LINKS))
    unique(spec, "links", [link.title or None for link in links])
    branding = spec.child("branding")
    look = PageLook() if branding is None else _branding(branding)
    return replace(look, language=language if written else "", links=links)


def _link(fields: Fields) -> PageLink:
    title = url = ""
    if fields.required("title", "write the link's text"):
        title = fields.text("title", shortest=1, longest=60, pattern=LINE, instead=LINE_ADVICE)
    if fields.required("url", URL_ADVICE):
        url = fields.text("url", longest=2048, pattern=URL, instead=URL_ADVICE)
    fields.close()
    return PageLink(title, url)


def _branding(fields: Fields) -> PageLook:
    accent = fields.text("accentColor", pattern=COLOUR, instead=COLOUR_ADVICE)
    dark = fields.text("accentColorDark", pattern=COLOUR, instead=COLOUR_ADVICE)
    _judge_colours(fields, accent, dark)
    measures = fields.child("variables") or Fields({}, (), [])
    look = PageLook(
        logo=_picture(fields, "logo", LONGEST_LOGO),
        favicon=_picture(fields, "favicon", LONGEST_FAVICON),
        accent=accent,
        accent_dark=dark,
        radius=measures.text("radius", pattern=RADIUS, instead=RADIUS_ADVICE),
        width=measures.text("width", pattern=WIDTH, instead=WIDTH_ADVICE),
        font=measures.choice("font", FONTS, default="") if measures.has("font") else "",
    )
    measures.close(but=("font",))
    fields.close()
    return look


def _judge_colours(fields: Fields, accent: str, dark: str) -> None:
    """Note a colour that has too little contrast with its background."""
    if dark and not fields.has("accentColor"):
        fields.note(("accentColorDark",), "accentColor is missing", "write both, or accentColor")
    if accent and (least := _least(accent, LIGHT)) < ENOUGH:
        wrong = f"{accent} has a contrast of {least:.1f} : 1 on the light page"
        fields.note(("accentColor",), wrong, "write a darker colour, of 3 : 1 at least")
    name, shown = ("accentColorDark", dark) if dark else ("accentColor", accent)
    if shown and (least := _least(shown, DARK)) < ENOUGH:
        wrong = f"{shown} has a contrast of {least:.1f} : 1 on the dark page"
        fields.note((name,), wrong, "write accentColorDark: a lighter colour, of 3 : 1 at least")


def _least(shown: str, grounds: Sequence[str]) -> float:
    # Cut, not rounded: what falls short by little must not read as enough.
    return min(int(colour.contrast(shown, ground) * 10) / 10 for ground in grounds)


def _picture(fields: Fields, name: str, longest: int) -> str:
    text = fields.text(name, longest=longest, pattern=PICTURE, instead=PICTURE_ADVICE)
    if text and not _is_picture(text):
        fields.note((name,), "this is not the picture that it says it is", PICTURE_ADVICE)
    return text


def _is_picture(text: str) -> bool:
    kind, data = decoded(text)
    return data.startswith(_BEGINS[kind.removeprefix("image/")])


def decoded(text: str) -> tuple[str, bytes]:
    """Decode a picture into its media type and bytes; no bytes where they cannot be read."""
    head, _, rest = text.partition(";base64,")
    try:
        return head.removeprefix("data:"), base64_text.decode(rest)
    except ValueError:
        return head.removeprefix("data:"), b""


def text(look: PageLook) -> dict[str, object]:
    """Return the part of a spec that `read` reads back as the same value."""
    spec: dict[str, object] = {}
    if look.language:
        spec["language"] = look.language
    if look.links:
        spec["links"] = [{"title": link.title, "url": link.url} for link in look.links]
    variables = {"radius": look.radius, "width": look.width, "font": look.font}
    written = {name: value for name, value in variables.items() if value}
    branding: dict[str, object] = {
        "logo": look.logo,
        "favicon": look.favicon,
        "accentColor": look.accent,
        "accentColorDark": look.accent_dark,
        "variables": written,
    }
    if any(branding.values()):
        spec["branding"] = {name: value for name, value in branding.items() if value}
    return spec


def stored(look: PageLook) -> str:
    """Return a look without its pictures as one text; empty when everything is left to the page."""
    spec = text(look.without_pictures())
    return json.dumps(spec, ensure_ascii=False, sort_keys=True) if spec else ""


@lru_cache(maxsize=1024)
def parse(value: str) -> PageLook:
    """Read what `stored` wrote; what cannot be read is left to the page."""
    problems: list[Problem] = []
    try:
        look = read(Fields(json.loads(value or "{}"), (), problems))
    except ValueError:
        return PageLook()
    return PageLook() if problems else look
