"""axe-core, which judges a page's accessibility: taken from npm by version, known by its hash."""

import hashlib
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.14.1"
SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
# Everything of WCAG 2.2 up to AA, and what axe calls best practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a page breaks, and where."""

    rule: str
    where: tuple[str, ...]


def source() -> str:
    """The script, from the cache or from npm."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "allswell"
    archive = home / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        home.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", "--pack-destination", str(home)]
        subprocess.run([*command, f"axe-core@{VERSION}"], check=True, cwd=home, timeout=50)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise RuntimeError(f"{archive} is not axe-core {VERSION}: {found}")
    with tarfile.open(archive) as opened:
        script = opened.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


def violations(page: Page, script: str) -> list[Violation]:
    """What axe finds on a page as it is now."""
    page.evaluate(script)
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        Violation(
            it["id"], tuple(f"{node['target']}: {node['failureSummary']}" for node in it["nodes"])
        )
        for it in found["violations"]
    ]
