"""Decide whether one day file holds every sample of another, before the other may be removed."""

from collections.abc import Iterable

from allswell.archive import day_file


def contains(new: Iterable[bytes], old: Iterable[bytes]) -> bool:
    """Decide whether the samples of the compressed `old` are all among those of `new`.

    Both are in the order of their samples, so each is read once, a little at a time. What is
    damaged is contained nowhere, and contains nothing.
    """
    try:
        samples = day_file.read(new)
        is_contained = all(sample in samples for sample in day_file.read(old))
        # To its end: a file that is damaged there replaces nothing.
        return is_contained and all(True for _ in samples)
    except day_file.DayFileDamaged:
        return False
