"""What is said where no page may be named: in every language, for nobody's is known there.

The visitor's own language is not asked for: these answers are constant, so that no two of them tell
one unknown address from another, and no cache holds several of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from allswell_web.text import language
from allswell_web.text.language import noted


@dataclass(frozen=True, slots=True)
class LocalizedNotice:
    """A notice in one language."""

    code: str
    direction: str
    heading: str
    advice: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice by its messages."""

    heading: str
    advice: str

    def said(self) -> Sequence[LocalizedNotice]:
        """The notice in each language, English first."""
        return [
            LocalizedNotice(one.code, one.direction, one.text(self.heading), one.text(self.advice))
            for one in language.every()
        ]


NOT_FOUND = Notice(
    noted("There is nothing at this address"),
    noted("Please check how it is written."),
)
UNAVAILABLE = Notice(
    noted("We have no data to show at the moment"),
    noted(
        "This page has just started and cannot reach its records. That says nothing about the"
        " services themselves. Please try again in a few seconds."
    ),
)
