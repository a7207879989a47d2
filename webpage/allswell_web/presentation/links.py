"""The addresses of a page's own parts, relative to the part that names them.

A page may stand at the root of a host or below a path, so no address begins with a slash.
"""

from dataclasses import dataclass

from allswell_web.text.language import Language


@dataclass(frozen=True, slots=True)
class Links:
    """Where a part stands: `rest` is its path within the page, `/de/components/x`.

    `chosen` is the part of the path that chooses the language, `de/`, or empty for the page's own.
    """

    rest: str
    chosen: str = ""

    @property
    def root(self) -> str:
        """From here to the page's root, `../../`."""
        return "../" * (self.rest.count("/") - 1) or "./"

    @property
    def part(self) -> str:
        """The part without its language: empty for the page itself, `components/x`."""
        return self.rest[1:].removeprefix(self.chosen)

    @property
    def home(self) -> str:
        """The page itself, in this language."""
        return self.root + self.chosen

    def component(self, public_id: str) -> str:
        """A component's own page."""
        return f"{self.home}components/{public_id}"

    def incident(self, public_id: str) -> str:
        """An incident's own page, or that of maintenance."""
        return f"{self.home}incidents/{public_id}"

    def history(self, month: str = "") -> str:
        """The list of what happened, of now or of a month like `2026-11`."""
        return f"{self.home}history{'/' if month else ''}{month}"

    def in_language(self, language: Language, own: Language) -> str:
        """The same part in another language."""
        return self.root + self.beside(language, own)

    def beside(self, language: Language, own: Language) -> str:
        """The same part in another language, as a path from the page's root."""
        return ("" if language is own else f"{language.path}/") + self.part


ROOT = Links("/")
