"""Decide how much is tried: everything in `.ci/run`, a part of what repeats itself in `make test`.

A property gets fewer examples, a simulation fewer days, a killer fewer kills; none is left out.
``ALLSWELL_EXAMPLES=all`` tries everything, ``few`` a part; unless it is set, ``CI=true`` decides.
"""

import os
from collections.abc import Mapping

_SHARE = 4


def is_thorough(environ: Mapping[str, str]) -> bool:
    """Tell whether everything is tried."""
    wanted = environ.get("ALLSWELL_EXAMPLES") or ("all" if environ.get("CI") == "true" else "few")
    if wanted not in ("all", "few"):
        raise ValueError(f"ALLSWELL_EXAMPLES={wanted} is neither all nor few")
    return wanted == "all"


THOROUGH = is_thorough(os.environ)


def of(number: int) -> int:
    """Return a number of tries, or the part of it that is tried here."""
    return number if THOROUGH else max(1, number // _SHARE)
