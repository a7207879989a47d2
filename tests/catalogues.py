"""Update and compile the translation catalogues of the page's languages.

``python -m tests.catalogues`` takes the messages from the source into every ``.po`` and compiles
it. A test fails while a message lacks its translation or a ``.mo`` is not what its ``.po`` says.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo

from allswell_web.text import languages

ROOT = Path(languages.FOLDER).parent
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {
    "_": None,
    "text": None,
    "translatable": None,
    "markup": None,
    "plural": (1, 2),
    "in_context": ((1, "c"), 2),
}
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
# A date that stands still, so that writing the same messages again changes nothing.
MADE = datetime(2026, 11, 25, tzinfo=UTC)
CODES = tuple(code for code in languages.NAMES if code != languages.SOURCE)


def template() -> Catalog:
    """Return every message of the source, without its places: they would change with each line."""
    found = Catalog(charset="utf-8", creation_date=MADE)
    for _, _, message, _, context in extract_from_dir(ROOT, METHODS, OPTIONS, keywords=KEYWORDS):
        found.add(message, context=context)
    return found


def read(code: str) -> Catalog:
    """Return the catalogue of one language."""
    with (languages.FOLDER / f"{code}.po").open("rb") as file:
        return pofile.read_po(file, locale=code.replace("-", "_"))


def compiled(catalogue: Catalog) -> bytes:
    """Return the content of a ``.mo``."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def lacking(catalogue: Catalog, wanted: Catalog) -> Iterator[Message]:
    """Yield the messages of the source without a translation, or with one that is only a guess."""
    for message in wanted:
        if not message.id:
            continue
        found = catalogue.get(message.id, message.context)
        if found is None or found.fuzzy or not all(_strings(found)):
            yield message


def surplus(catalogue: Catalog, wanted: Catalog) -> Iterator[Message]:
    """Yield the translations of messages that the source no longer has."""
    for message in catalogue:
        if message.id and wanted.get(message.id, message.context) is None:
            yield message


def _strings(message: Message) -> tuple[str, ...]:
    found = message.string
    return (found,) if isinstance(found, str) else tuple(found or ("",))


def main() -> int:
    """Bring every catalogue up to date; say what lacks."""
    wanted, missing = template(), 0
    for code in CODES:
        catalogue = read(code)
        catalogue.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
        catalogue.obsolete.clear()
        catalogue.project, catalogue.version = "allswell", "1"
        catalogue.last_translator = catalogue.language_team = "The allswell authors"
        catalogue.msgid_bugs_address, catalogue.revision_date = "", MADE
        with (languages.FOLDER / f"{code}.po").open("wb") as file:
            pofile.write_po(file, catalogue, width=99, sort_output=True, omit_header=False)
        (languages.FOLDER / f"{code}.mo").write_bytes(compiled(catalogue))
        left = list(lacking(catalogue, wanted))
        missing += len(left)
        print(f"{code}: {len(left)} messages are not translated")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
