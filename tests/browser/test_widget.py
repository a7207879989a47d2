"""Check Statuspage's own widget on another site, reading our page."""

import pytest
from playwright.sync_api import Browser

from tests import npm

pytestmark = [
    pytest.mark.browser,
    pytest.mark.needs("chromium", "npm"),
]


def test_the_widget_of_statuspage_shows_our_state_on_another_site(
    browser: Browser, sites: dict[str, str]
) -> None:
    modules = npm.folder("@statuspage/status-widget")
    script = (modules / "@statuspage" / "status-widget" / "dist" / "index.js").read_text()
    address = sites["bad day"]
    page = browser.new_page()
    page.set_content(f'<statuspage-widget src="{address}"></statuspage-widget>')
    with page.expect_response(f"{address}/api/v2/summary.json") as response:
        page.add_script_tag(content=script)
    description = response.value.json()["status"]["description"]
    page.get_by_text(description).wait_for(timeout=5000)
    page.close()
