"""Texts of others made safe to stand among ours: nothing in them can turn the reading around.

HTML is escaped by the templates; this is about characters that no escaping touches.
"""

import unicodedata

FIRST_STRONG, POP = "\u2068", "\u2069"
# Embeddings, overrides and isolates: they reach beyond the text that they stand in.
_REACHING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def line(text: str) -> str:
    """A text on one line, without controls: white space is a space, and reaching marks are gone."""
    kept = text.translate(_REACHING)
    spaced = (" " if unicodedata.category(it) in ("Cc", "Zl", "Zp") else it for it in kept)
    return "".join(spaced).strip()


def lines(text: str) -> list[str]:
    """The lines of a longer text, without marks that reach beyond it."""
    return text.translate(_REACHING).splitlines()


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a longer text: an empty line is between two of them."""
    blocks: list[list[str]] = [[]]
    for one in map(line, lines(text)):
        if one:
            blocks[-1].append(one)
        elif blocks[-1]:
            blocks.append([])
    return tuple(" ".join(block) for block in blocks if block)


def text(value: str) -> str:
    """A longer text as its paragraphs, with an empty line between two."""
    return "\n\n".join(paragraphs(value))


def isolated(text: str) -> str:
    """A text that may stand in a sentence of ours, also where it is written from right to left."""
    if any(unicodedata.bidirectional(it) in _RIGHT_TO_LEFT for it in text):
        return f"{FIRST_STRONG}{text}{POP}"
    return text
