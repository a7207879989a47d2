"""Whether one day file holds every sample of another: before the other may be removed."""

from collections.abc import Iterable

from allswell.archive import day_file


def contains(new: Iterable[bytes], old: Iterable[bytes]) -> bool:
    """Whether the samples of the compressed `old` are all among those of `new`.

    Both are in the order of their samples, so each is read once, a little at a time. What is
    damaged is contained nowhere, and contains nothing.
    """
    try:
        found = day_file.read(new)
        is_contained = all(sample in found for sample in day_file.read(old))
        # To its end: what is broken there replaces nothing.
        return is_contained and all(True for _ in found)
    except day_file.DayFileDamaged:
        return False
