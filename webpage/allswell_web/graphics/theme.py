"""Turn the look that a page's owner has chosen into a style sheet and addresses of pictures.

Every value here was checked when the manifest was read, and again when it was read from the
database; text of any other form never gets here.
"""

import hashlib

from allswell.domain.spec.look import PageLook
from allswell_web.status.component_status import ComponentStatus

_FONTS = {
    "Serif": 'Georgia,Cambria,"Noto Serif",serif',
    "Mono": 'ui-monospace,"Cascadia Mono",Menlo,"Noto Sans Mono",monospace',
}


def of(look: PageLook) -> str:
    """Return a style sheet that sets our variables; empty where nothing is chosen."""
    chosen = {
        "accent": look.accent,
        "radius": look.radius,
        "width": look.width,
        "font": _FONTS.get(look.font, ""),
    }
    css = _root(chosen)
    if look.accent_dark:
        css += f"@media (prefers-color-scheme:dark){{{_root({'accent': look.accent_dark})}}}"
    return css


def _root(chosen: dict[str, str]) -> str:
    declarations = ";".join(f"--{name}:{value}" for name, value in chosen.items() if value)
    return f":root{{{declarations}}}" if declarations else ""


def icon(favicon: str, status: ComponentStatus) -> str:
    """Return the address of an owner's favicon with the status in its corner; empty without one."""
    return f"icons/{_digest(favicon)}/{status.value}.svg" if favicon else ""


def address(name: str, picture: str) -> str:
    """Return the address of an owner's picture, by its content; empty without one.

    The name carries the type, for a static copy of the page that consists of files only.
    """
    if not picture:
        return ""
    kind = picture.partition(";")[0].rpartition("/")[2]
    return f"{name}/{_digest(picture)}.{kind}"


def _digest(picture: str) -> str:
    return hashlib.sha256(picture.encode()).hexdigest()[:12]
