"""Write notices for addresses where no page may be named, in every language.

The visitor's own language is not negotiated: these responses are constant, so that they do not
distinguish unknown addresses, and no cache holds several of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from allswell_web.text import languages
from allswell_web.text.languages import translatable


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

    def translations(self) -> Sequence[LocalizedNotice]:
        """Return the notice in each language, English first."""
        return [
            LocalizedNotice(one.code, one.direction, one.text(self.heading), one.text(self.advice))
            for one in languages.available()
        ]


NOT_FOUND = Notice(
    translatable("There is nothing at this address"),
    translatable("Please check how it is written."),
)
UNAVAILABLE = Notice(
    translatable("We have no data to show at the moment"),
    translatable(
        "This page has just started and cannot reach its records. That says nothing about the"
        " services themselves. Please try again in a few seconds."
    ),
)
