"""Run `allswell page` by `python -m allswell_web`."""

import sys

from allswell_web.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
