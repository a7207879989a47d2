"""Measure how wide a text is in the lettering of badges: Verdana, 11 px."""

import unicodedata

SIZE = 11
# Advance widths of the printable ASCII characters, from the space on, in 1/2048 of the size.
_WIDTHS = (
    *(720, 806, 940, 1676, 1302, 2204, 1488, 550, 930, 930, 1302, 1676, 745, 930, 745, 930),
    *(1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302),
    *(930, 930, 1676, 1676, 1676, 1117, 2048),
    *(1400, 1404, 1430, 1578, 1295, 1177, 1588, 1539, 862, 931, 1419, 1140, 1726),
    *(1532, 1612, 1235, 1612, 1424, 1400, 1262, 1499, 1400, 2025, 1403, 1260, 1403),
    *(930, 930, 930, 1676, 1302, 1302),
    *(1230, 1276, 1067, 1276, 1220, 720, 1276, 1296, 562, 705, 1212, 562, 1992),
    *(1296, 1243, 1276, 1276, 874, 1067, 807, 1296, 1212, 1676, 1212, 1212, 1076),
    *(1300, 930, 1300, 1676),
)
_UNITS = 2048
_ESTIMATE = 1300


def width(text: str) -> int:
    """Return the width of a text in pixels, rounded up; other scripts are estimated."""
    return -(-sum(_advance(character) for character in text) * SIZE // _UNITS)


def _advance(character: str) -> int:
    index = ord(character) - ord(" ")
    if 0 <= index < len(_WIDTHS):
        return _WIDTHS[index]
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return _UNITS if unicodedata.east_asian_width(character) in "WF" else _ESTIMATE
