"""Draw the pictures of statuses, after a change: ``python -m tests.browser.pictures``."""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from allswell_web.graphics import icons
from allswell_web.status.component_status import ComponentStatus
from tests.browser import chromium

LARGE = (1200, 630)


def drawn(browser: Browser, html: str, width: int, height: int) -> bytes:
    """Draw a PNG of a page's top left corner."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(f"<style>*{{margin:0}}svg{{display:block}}</style>{html}")
    picture = page.screenshot(omit_background=True)
    page.close()
    return picture


def large(status: ComponentStatus) -> str:
    """Draw a large shape in the middle of its colour."""
    width, height = LARGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="{icons.BACKGROUNDS[status]}"/>'
        f'<svg x="440" y="155" width="320" height="320" viewBox="0 0 16 16">'
        f'<path d="{icons.SHAPES[status]}" fill="none" stroke="#fff" stroke-width="1.6" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg></svg>'
    )


def small(status: ComponentStatus) -> str:
    """Draw the icon of a browser's tab."""
    return icons.svg(status).replace("<svg ", '<svg width="32" height="32" ', 1)


def main(folder: Path) -> None:
    """Draw them all."""
    with sync_playwright() as playwright, chromium.launched(playwright) as browser:
        for status in ComponentStatus:
            icon = drawn(browser, small(status), 32, 32)
            (folder / f"icon-{status.value}.png").write_bytes(icon)
            (folder / f"og-{status.value}.png").write_bytes(drawn(browser, large(status), *LARGE))


if __name__ == "__main__":
    main(icons.PICTURES)
