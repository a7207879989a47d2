"""Provide the languages of a page: texts, plurals and the forms of numbers and dates, by catalogue.

Only what we write ourselves is translated, never a text of a page's owner. English is the language
of the source, so it needs no catalogue. At run time there is the standard library's gettext alone.
"""

import gettext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup, escape

FOLDER = Path(__file__).parents[1] / "translations"
# BCP 47 codes with the languages' own names, in the order in which a page offers them.
NAMES = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "pt-BR": "Português (Brasil)",
        "ja": "日本語",
        "zh-Hans": "简体中文",
    }
)
SOURCE = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the page; `code` is BCP 47, `path` the part of a URL path that selects it."""

    code: str
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)

    @property
    def name(self) -> str:
        """Return the language's own name."""
        return NAMES.get(self.code, self.code)

    @property
    def direction(self) -> str:
        """Return `rtl` for a language that is written from right to left, else `ltr`."""
        return "rtl" if self.code.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"

    @property
    def path(self) -> str:
        """Return the code as it appears in a URL path: `pt-br`."""
        return self.code.lower()

    def text(self, message: str, **values: object) -> str:
        """Translate a message and fill in its `{names}`."""
        return self.catalogue.gettext(message).format(**values)

    def in_context(self, context: str, message: str, **values: object) -> str:
        """Translate a message whose context matters: a unit, a date, an abbreviation."""
        return self.catalogue.pgettext(context, message).format(**values)

    def plural(self, singular: str, many: str, number: int, **values: object) -> str:
        """Translate a message that depends on a number, which it may name as `{number}`."""
        return self.catalogue.ngettext(singular, many, number).format(number=number, **values)

    def markup(self, message: str, **values: object) -> Markup:
        """Translate a message for a template: values are escaped unless they are markup already."""
        text = str(escape(self.catalogue.gettext(message)))
        # Not Markup.format, which parses each text in Python.
        return Markup(text.format(**{name: escape(value) for name, value in values.items()}))  # noqa: S704


ENGLISH = Language(SOURCE)


@cache
def of(code: str) -> Language:
    """Return the language of a code; English where there is no catalogue."""
    if code == SOURCE or code not in NAMES:
        return ENGLISH
    with (FOLDER / f"{code}.mo").open("rb") as file:
        return Language(code, gettext.GNUTranslations(file))


def available() -> tuple[Language, ...]:
    """Return all languages, in the order in which a page offers them."""
    return tuple(of(code) for code in NAMES)


def translatable(message: str) -> str:
    """Mark a message for the catalogues that is translated elsewhere; return it as it is."""
    return message
