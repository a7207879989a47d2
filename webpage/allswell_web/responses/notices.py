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
    translatable("Page not found"),
    translatable("Please check the address."),
)
UNAVAILABLE = Notice(
    translatable("Status temporarily unavailable"),
    translatable(
        "This status page has just started and cannot reach its database yet. This does not"
        " indicate a problem with the services themselves. Please try again in a few seconds."
    ),
)
