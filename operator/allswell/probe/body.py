"""Read a body piece by piece against what is expected of it, in bounded memory.

Pieces come unpacked; they are decoded and searched as they come, so that a check ends as soon as
its answer is decided. Only a regular expression needs the text as a whole.
"""

import codecs
import re

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect
from allswell.probe.fault import Fault

# A pattern with groups may need 300 bytes of working memory for each character it looks at.
MAX_MATCHED = 256 * 1024
SNIPPET = 80
# Python knows more codecs than these; some of them unpack, or take quadratic time.
CHARSETS = re.compile(
    r"utf-?8|utf-?16(-?[bl]e)?|(us-)?ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-|cp)12\d\d|koi8-[ru]"
    r"|gbk|gb2312|gb18030|big5|euc-(jp|kr)|shift[-_]jis|iso-2022-(jp|kr)",
    re.ASCII | re.IGNORECASE,
)
CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";,]+)", re.IGNORECASE)


def charset_of(content_type: str) -> str:
    """Return the charset of a Content-Type if it is one that is decoded here, else UTF-8."""
    match = CHARSET.search(content_type)
    name = match[1] if match else "utf-8"
    try:
        return codecs.lookup(name).name if CHARSETS.fullmatch(name) else "utf-8"
    except LookupError:
        return "utf-8"


class TextSearch:
    """A search for a text in a text that arrives in pieces."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tail = ""
        self.found = False

    def feed(self, piece: str) -> None:
        """Search the next piece, also across its border with the last one."""
        joined = self._tail + piece
        self.found = self.found or self._text in joined
        keep = len(self._text) - 1
        self._tail = joined[-keep:] if keep else ""


class BodyReader:
    """A body being read. `beginning` is its first characters, `text` all of it for a pattern."""

    def __init__(self, expect: BodyExpect, content_type: str) -> None:
        self._expect = expect
        self._decoder = codecs.getincrementaldecoder(charset_of(content_type))("replace")
        self._pieces: list[str] = []
        self._length = 0
        self.beginning = ""
        self.contains = TextSearch(expect.contains or "")
        self.not_contains = TextSearch(expect.not_contains or "")

    @property
    def decided(self) -> bool:
        """Tell whether the rest of the body cannot change the verdict."""
        if self._expect.not_contains is not None and self.not_contains.found:
            return True
        if self._expect.not_contains is not None or self._expect.matches is not None:
            return False
        return self._expect.contains is None or self.contains.found

    @property
    def text(self) -> str:
        """Return the whole text, if a pattern is to be matched."""
        return "".join(self._pieces)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises `Fault` when they are too many for a pattern."""
        self._take(self._decoder.decode(data))

    def end(self) -> None:
        """Finish decoding: the body is complete."""
        self._take(self._decoder.decode(b"", final=True))

    def _take(self, text: str) -> None:
        if len(self.beginning) < SNIPPET:
            self.beginning += text[: SNIPPET - len(self.beginning)]
        if self._expect.contains is not None:
            self.contains.feed(text)
        if self._expect.not_contains is not None:
            self.not_contains.feed(text)
        if self._expect.matches is not None:
            self._keep(text)

    def _keep(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if self._length > MAX_MATCHED:
            words = f"a pattern is matched against at most {MAX_MATCHED // 1024} Ki characters"
            raise Fault(state.BODY_TOO_LARGE, f"{words}, and this body is longer")
