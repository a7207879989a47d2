"""Build the addresses of a page's own parts, relative to the part that links to them.

A page may be at the root of a host or below a path, so no address begins with a slash.
"""

from dataclasses import dataclass

from allswell_web.text.languages import Language


@dataclass(frozen=True, slots=True)
class Links:
    """The place of a part within its page: `rest` is its path there, `/de/components/x`.

    `chosen` is the part of the path that selects the language, `de/`, or empty for the page's own.
    """

    rest: str
    chosen: str = ""

    @property
    def root(self) -> str:
        """Return the path from here to the page's root, `../../`."""
        return "../" * (self.rest.count("/") - 1) or "./"

    @property
    def part(self) -> str:
        """Return the part without its language: empty for the page itself, `components/x`."""
        return self.rest[1:].removeprefix(self.chosen)

    @property
    def home(self) -> str:
        """Return the path to the page itself, in this language."""
        return self.root + self.chosen

    def component(self, public_id: str) -> str:
        """Return the path to a component's own page."""
        return f"{self.home}components/{public_id}"

    def incident(self, public_id: str) -> str:
        """Return the path to the page of an incident or of maintenance."""
        return f"{self.home}incidents/{public_id}"

    def history(self, month: str = "") -> str:
        """Return the path to the incident history, of now or of a month like `2026-11`."""
        return f"{self.home}history{'/' if month else ''}{month}"

    def in_language(self, language: Language, own: Language) -> str:
        """Return the path to the same part in another language."""
        return self.root + self.from_root(language, own)

    def from_root(self, language: Language, own: Language) -> str:
        """Return the same part in another language, as a path from the page's root."""
        return ("" if language is own else f"{language.path}/") + self.part


ROOT = Links("/")
