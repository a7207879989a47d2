"""Make the environment that a checker is measured in: the run-time packages alone.

The one for development has packages that libraries load wherever they find them, and a user's has
none of them.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = "build/bench-runtime"


@cache
def python() -> str:
    """Make the environment where it is lacking or old; gives its interpreter."""
    same = Path(sys.base_prefix) / "bin" / "python3"
    command = ["make", "--silent", "setup", f"VENV={ENVIRONMENT}", f"PYTHON={same}"]
    subprocess.run(command, cwd=ROOT, check=True)
    return str(ROOT / ENVIRONMENT / "bin" / "python")
