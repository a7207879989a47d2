"""What a page's owner has chosen, as a style sheet and as addresses of pictures.

Every value here was checked when the manifest was read, and is checked again when it is read from
the database; a text of any other form never comes this far.
"""

import hashlib

from allswell.domain.spec.look import PageLook
from allswell_web.status.component_status import ComponentStatus

_FONTS = {
    "Serif": 'Georgia,Cambria,"Noto Serif",serif',
    "Mono": 'ui-monospace,"Cascadia Mono",Menlo,"Noto Sans Mono",monospace',
}


def of(look: PageLook) -> str:
    """A style sheet that sets the variables of ours; empty where nothing is chosen."""
    chosen = {
        "accent": look.accent,
        "radius": look.radius,
        "width": look.width,
        "font": _FONTS.get(look.font, ""),
    }
    found = _root(chosen)
    if look.accent_dark:
        found += f"@media (prefers-color-scheme:dark){{{_root({'accent': look.accent_dark})}}}"
    return found


def _root(chosen: dict[str, str]) -> str:
    found = ";".join(f"--{name}:{value}" for name, value in chosen.items() if value)
    return f":root{{{found}}}" if found else ""


def icon(favicon: str, what: ComponentStatus) -> str:
    """Where an owner's favicon with the state in its corner is; empty without a favicon."""
    return f"icons/{_digest(favicon)}/{what.value}.svg" if favicon else ""


def address(name: str, picture: str) -> str:
    """Where a picture of the owner's is, by its content; empty without one.

    The name says what it is, for a copy of the page that is files and nothing else.
    """
    if not picture:
        return ""
    kind = picture.partition(";")[0].rpartition("/")[2]
    return f"{name}/{_digest(picture)}.{kind}"


def _digest(picture: str) -> str:
    return hashlib.sha256(picture.encode()).hexdigest()[:12]
