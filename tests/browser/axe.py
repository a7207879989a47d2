"""Judge a page's accessibility by axe-core, taken from npm by version and known by its hash."""

import hashlib
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests import npm

SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
# Everything of WCAG 2.2 up to AA, and what axe calls best practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a page breaks, and where."""

    rule: str
    where: tuple[str, ...]


def source() -> str:
    """Return the script, from the cache or from npm."""
    script = (npm.folder("axe-core") / "axe-core" / "axe.min.js").read_bytes()
    if (digest := hashlib.sha256(script).hexdigest()) != SHA256:
        raise RuntimeError(f"npm's axe-core is not the one that was looked at: {digest}")
    return script.decode()


def violations(page: Page, script: str) -> list[Violation]:
    """Return what axe finds on a page as it is now."""
    page.evaluate(script)
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        Violation(
            it["id"], tuple(f"{node['target']}: {node['failureSummary']}" for node in it["nodes"])
        )
        for it in result["violations"]
    ]
