"""Draw a badge as an SVG picture: no script, no external reference, readable by screen readers."""

from markupsafe import escape

from allswell_web.api.badges import lettering
from allswell_web.api.badges.badge import Badge
from allswell_web.api.markup import clean

MARGIN = 6
_LABEL = "#3a3f47"
_FONT = "Verdana,'DejaVu Sans',Geneva,sans-serif"


def draw(badge: Badge) -> str:
    """Draw the picture, 20 high and as wide as its texts."""
    label, message = clean(badge.label), clean(badge.message)
    left, right = (lettering.width(text) + 2 * MARGIN for text in (label, message))
    name = escape(f"{label}: {message}" if label else message)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{name}"><title>{name}</title>'
        f'<path fill="{_LABEL}" d="M3 0H{left}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z"/>'
        f'<path fill="{badge.colour}" d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3'
        f'H{left}z"/><g fill="#fff" font-family="{_FONT}" font-size="110" text-anchor="middle" '
        f'text-rendering="geometricPrecision">{_text(label, 0, left)}{_text(message, left, right)}'
        "</g></svg>\n"
    )


def _text(text: str, start: int, width: int) -> str:
    # Drawn ten times as large and made small again, so that widths round finely.
    length = (width - 2 * MARGIN) * 10
    middle = start * 10 + width * 5
    # A width that is only estimated must not pull letters apart that are written joined.
    adjust = "" if text.isascii() else ' lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text x="{middle}" y="140" transform="scale(.1)" textLength="{length}"{adjust}>'
        f"{escape(text)}</text>"
    )
