"""Compute the contrast between two colours, as WCAG 2.2 defines it."""

Channels = tuple[int, int, int]


def parse(text: str) -> Channels:
    """Parse a colour like `#2145c7` into red, green and blue, 0 to 255. Raises ValueError."""
    if len(text) != 7 or text[0] != "#":  # noqa: PLR2004 - a hash and six digits
        raise ValueError(f"{text[:20]!r} is not a colour: write one like #2145c7")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21. Raises ValueError as `parse` does."""
    darker, lighter = sorted((_luminance(parse(first)), _luminance(parse(second))))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(channels: Channels) -> float:
    """Return the relative luminance; the constants are those of sRGB in WCAG's definition."""
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - see above
