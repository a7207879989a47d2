"""Make texts of others safe among ours: nothing in them can reverse the reading direction.

HTML is escaped by the templates; this is about characters that no escaping touches.
"""

import unicodedata

FIRST_STRONG, POP = "\u2068", "\u2069"
# Embeddings, overrides and isolates: they affect what follows the text.
_DIRECTION_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def line(text: str) -> str:
    """Return a text on one line, without controls and direction marks that reach beyond it."""
    cleaned = text.translate(_DIRECTION_MARKS)
    spaced = (" " if unicodedata.category(it) in ("Cc", "Zl", "Zp") else it for it in cleaned)
    return "".join(spaced).strip()


def lines(text: str) -> list[str]:
    """Return the lines of a longer text, without direction marks that reach beyond it."""
    return text.translate(_DIRECTION_MARKS).splitlines()


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a longer text, which empty lines separate."""
    blocks: list[list[str]] = [[]]
    for text_line in map(line, lines(text)):
        if text_line:
            blocks[-1].append(text_line)
        elif blocks[-1]:
            blocks.append([])
    return tuple(" ".join(block) for block in blocks if block)


def text(value: str) -> str:
    """Return a longer text as its paragraphs, separated by an empty line."""
    return "\n\n".join(paragraphs(value))


def isolate(text: str) -> str:
    """Isolate a text for use in a sentence of ours, also where it is written right to left."""
    if any(unicodedata.bidirectional(it) in _RIGHT_TO_LEFT for it in text):
        return f"{FIRST_STRONG}{text}{POP}"
    return text
