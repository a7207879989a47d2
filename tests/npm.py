"""Install the packages of npm that tests and figures run: each version once, into the cache.

``python -m tests.npm test`` (or ``browser``) installs those of a kind of test, so that no test's
time goes into it.
"""

import subprocess
import sys
from pathlib import Path

from tests import artefacts, needs

PACKAGES = {
    "test": {"statuspage.io": "3.2.10", "rss-parser": "3.13.0", "ical.js": "1.5.0"},
    "browser": {"@statuspage/status-widget": "1.0.5", "axe-core": "4.14.1"},
    "bench": {"lighthouse": "12.8.2"},
}
VERSIONS = {name: version for kind in PACKAGES.values() for name, version in kind.items()}
_INSTALL = ("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")


def folder(name: str) -> Path:
    """Return a `node_modules` with a package and what it needs; none of their scripts runs."""
    package = f"{name}@{VERSIONS[name]}"

    def install(made: Path) -> None:
        made.mkdir()
        command = [*_INSTALL, "--prefix", str(made), package]
        subprocess.run(command, check=True, cwd=made, stdin=subprocess.DEVNULL)

    home = needs.CACHE / "npm" / package.replace("/", "+")
    return artefacts.once(home, f"Installing {package} from npm", install) / "node_modules"


def main(kind: str) -> None:
    """Install what a kind of test asks for, if npm is there."""
    for name in PACKAGES[kind] if needs.npm() else ():
        folder(name)


if __name__ == "__main__":
    main(sys.argv[1])
