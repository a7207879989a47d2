"""Write quantities in the one spelling that the API server gives back: equal ones look equal."""

MEBI = 2**20
_UNITS = (("Ti", 2**40), ("Gi", 2**30), ("Mi", MEBI), ("Ki", 2**10))
_WHOLE = 1000


def size(count: int) -> str:
    """Return bytes as `128Mi`; they are whole kibibytes, as all of ours are."""
    unit, factor = next(entry for entry in _UNITS if count % entry[1] == 0)
    return f"{count // factor}{unit}"


def cores(milli: int) -> str:
    """Return thousandths of a processor as `10m`, or as `2` when they are whole ones."""
    return f"{milli}m" if milli % _WHOLE else str(milli // _WHOLE)
