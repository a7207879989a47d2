"""`python -m allswell_web` is `allswell page`."""

import sys

from allswell_web.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
