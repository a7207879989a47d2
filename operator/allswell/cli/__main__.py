"""Run `python -m allswell.cli`, which is how `allswell up` starts its own children."""

import sys

from allswell.cli import main

sys.exit(main())
