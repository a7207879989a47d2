"""Draw the icons of statuses, each with a shape of its own: none depends on colour alone."""

from pathlib import Path
from types import MappingProxyType

from markupsafe import escape

from allswell_web.status.component_status import ComponentStatus

PICTURES = Path(__file__).parents[1] / "pictures"
SHAPES = MappingProxyType(
    {
        ComponentStatus.UP: "M3 8.5l3.5 3.5L13 4.5",
        ComponentStatus.DEGRADED: "M8 2.5 14.5 14h-13zM8 6.5v3.5M8 12v.1",
        ComponentStatus.DOWN: "M3.5 3.5l9 9M12.5 3.5l-9 9",
        ComponentStatus.UNKNOWN: "M5 6a3 3 0 1 1 4.6 2.5C8.6 9.1 8 9.6 8 10.5M8 13.2v.1",
        ComponentStatus.MAINTENANCE: (
            "M10 2a4 4 0 0 0-3.8 5.2L2 11.4 4.6 14l4.2-4.2A4 4 0 0 0 14 6l-2.2 2L9 7.5 8.5 4.5z"
        ),
        ComponentStatus.PAUSED: "M5.5 3.5v9M10.5 3.5v9",
        ComponentStatus.NEW: "M3.5 8h9",
    }
)
# White shapes on these colours have a contrast of at least 3 : 1.
BACKGROUNDS = MappingProxyType(
    {
        ComponentStatus.UP: "#0f9d74",
        ComponentStatus.DEGRADED: "#b26200",
        ComponentStatus.DOWN: "#7d0a20",
        ComponentStatus.UNKNOWN: "#757b8c",
        ComponentStatus.MAINTENANCE: "#2145c7",
        ComponentStatus.PAUSED: "#757b8c",
        ComponentStatus.NEW: "#757b8c",
    }
)


def _badge(status: ComponentStatus) -> str:
    return (
        f'<rect width="16" height="16" rx="3.5" fill="{BACKGROUNDS[status]}"/>'
        f'<path transform="translate(2 2) scale(.75)" d="{SHAPES[status]}" fill="none" '
        'stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def svg(status: ComponentStatus) -> str:
    """Draw the icon of a status for a browser's tab: a white shape on a rounded square."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">{_badge(status)}</svg>'


def draw_with_favicon(status: ComponentStatus, picture: str) -> str:
    """Draw an owner's favicon, a `data:` URL, with the status in its corner.

    The favicon is embedded, because a picture may not request another one. It was checked when the
    manifest was read.
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<image width="32" height="32" href="{escape(picture)}"/>'
        f'<g transform="translate(13 13) scale(1.1875)"><rect x="-.8" y="-.8" width="17.6" '
        f'height="17.6" rx="4.3" fill="#fff"/>{_badge(status)}</g></svg>'
    )


def small(status: ComponentStatus) -> bytes:
    """Return the icon as a PNG of 32 by 32."""
    return (PICTURES / f"icon-{status.value}.png").read_bytes()


def large(status: ComponentStatus) -> bytes:
    """Return the preview picture of a link to the page: a PNG of 1200 by 630."""
    return (PICTURES / f"og-{status.value}.png").read_bytes()
