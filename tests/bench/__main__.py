"""``python -m tests.bench``: measure and compare with the limits (`make bench`)."""

import argparse
import os
import sys
from pathlib import Path

from tests.bench import runner

HERE = Path(__file__).parent


def main() -> int:
    """Run the chosen figures; a short figure is a result, only a crash is a failure."""
    parser = argparse.ArgumentParser(prog="bench", description=main.__doc__)
    parser.add_argument("--only", default=os.environ.get("ONLY", ""), help="name[,name...]")
    parser.add_argument("--output", type=Path, default=HERE.parents[1] / "build" / "bench.json")
    options = parser.parse_args()
    only = {name.strip() for name in options.only.split(",") if name.strip()}
    return runner.run(HERE / "figures", only, options.output)


if __name__ == "__main__":
    sys.exit(main())
