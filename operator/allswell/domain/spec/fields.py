"""Read one mapping of a manifest: typed, bounded, collecting every problem.

A `Fields` knows its path. Each getter takes one field, notes a problem when it is not as it must
be, and gives a stand-in so that reading goes on; `close` reports what nobody asked for. The caller
raises once at the end if anything was noted. Whatever a decoder may hand over (a key that is no
text, a list within itself, a number of a million digits) ends as a problem, never as another error.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches

from allswell.domain import duration
from allswell.domain.spec.problem import Path, Problem
from allswell.domain.spec.shown import LONGEST, is_list, kind_of, name_of, shown

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
LINE = re.compile(r"((?=.*\S)[^\x00-\x1f\x7f]+)?")
LABEL_KEY = re.compile(
    r"([a-z0-9][-.a-z0-9]{0,252}/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?", re.ASCII
)
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?", re.ASCII)
LABEL_ADVICE = "write up to 63 letters, digits, -, _ and ."
MOST_UNKNOWN = 20
_QUOTES = "put it in quotes to make it text"
# No database keeps the first, no encoding the others.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class Fields:
    """The fields of one mapping, each to be asked for once."""

    def __init__(self, value: object, path: Path, problems: list[Problem], like: str = "") -> None:
        """Start reading `value`, which stands at `path`; problems go to the list.

        `like` is a field as an example, for who wrote something else than a mapping.
        """
        self.path = path
        self.problems = problems
        self._known: dict[str, None] = {}
        self._values: Mapping[object, object] = {}
        if isinstance(value, Mapping):
            self._values = value
        else:
            example = f", like {like}" if like else ""
            self.note((), f"this is {kind_of(value)}", f"write a mapping of fields{example}")
            # That every field is missing now goes without saying.
            self.problems = []

    def note(self, below: Path, wrong: str, instead: str) -> None:
        """Note a problem at a path below this mapping."""
        self.problems.append(Problem((*self.path, *below), wrong, instead))

    def has(self, name: str) -> bool:
        """Tell whether a field is there at all; a null counts as absent, as in Kubernetes."""
        return self._values.get(name) is not None

    def take(self, name: str) -> object:
        """Return the raw value of a field, or None; from now on the field counts as known."""
        self._known[name] = None
        return self._values.get(name)

    def required(self, name: str, instead: str) -> bool:
        """Tell whether a field is there; notes a problem if it is not."""
        if self.take(name) is not None:
            return True
        self.note((name,), "this field is missing", instead)
        return False

    def text(
        self,
        name: str,
        *,
        default: str = "",
        longest: int = 1024,
        shortest: int = 0,
        pattern: re.Pattern[str] | None = None,
        instead: str = "",
    ) -> str:
        """Read a text field. `instead` is the advice for a value that `pattern` refuses."""
        value = self.take(name)
        if value is None:
            return default
        text = self._text((name,), value, range(shortest, longest + 1), pattern, instead)
        return default if text is None else text

    def _text(
        self,
        below: Path,
        value: object,
        lengths: range,
        pattern: re.Pattern[str] | None,
        instead: str,
    ) -> str | None:
        if not isinstance(value, str):
            simple = isinstance(value, int | float | date)
            advice = _QUOTES if simple else instead or "write text"
            self.note(below, f"this is {kind_of(value)}, not text", advice)
        elif len(value) not in lengths:
            wrong = f"this has {len(value)} characters"
            self.note(below, wrong, f"write {lengths[0]} to {lengths[-1]} characters")
        elif _UNSTORABLE.search(value):
            self.note(below, "this holds a character that cannot be stored", "leave it out")
        elif pattern is not None and pattern.fullmatch(value) is None:
            self.note(below, f"{shown(value)} is not allowed here", instead)
        else:
            return value
        return None

    def optional(self, name: str, *, longest: int) -> str | None:
        """Read a text field that is not empty; None when it is absent."""
        return self.text(name, shortest=1, longest=longest) or None

    def choice(self, name: str, allowed: Sequence[str], *, default: str) -> str:
        """Read a text field with a few allowed values."""
        value = self.take(name)
        if value is None or value in allowed:
            return default if value is None else str(value)
        upper = {word.upper(): word for word in allowed}
        near = _nearest(value.upper(), upper) if isinstance(value, str) else None
        advice = f"did you mean {upper[near]}?" if near else f"write one of {sentence(allowed)}"
        self.note((name,), f"{shown(value)} is not allowed here", advice)
        return default

    def integer(self, name: str, *, default: int, lowest: int, highest: int) -> int:
        """Read a whole number between two bounds, both allowed."""
        value = self.take(name)
        if value is None:
            return default
        advice = f"write a whole number from {lowest} to {highest}"
        if not isinstance(value, int) or isinstance(value, bool):
            self.note((name,), f"this is {kind_of(value)}, not a whole number", advice)
            return default
        if not lowest <= value <= highest:
            self.note((name,), f"{shown(value)} is out of bounds", advice)
            return default
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """Read a field that is true or false."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            wrong = f"this is {kind_of(value)}, not true or false"
            self.note((name,), wrong, "write true or false, without quotes")
            return default
        return value

    def duration(self, name: str, *, lowest: timedelta, highest: timedelta) -> timedelta | None:
        """Read a duration between two bounds, both allowed; None when the field is absent."""
        value = self.take(name)
        if value is None:
            return None
        bounds = f"{duration.text(lowest)} to {duration.text(highest)}"
        if not isinstance(value, str):
            wrong = f"this is {kind_of(value)}, not a duration"
            self.note((name,), wrong, f"write a number with its unit, {bounds}, like 30s")
            return None
        try:
            parsed = duration.parse(value)
        except ValueError:
            wrong = f"{shown(value)} is not a duration"
            self.note((name,), wrong, f"write {duration.GRAMMAR}")
            return None
        if not lowest <= parsed <= highest:
            self.note((name,), f"{value} is out of bounds", f"write {bounds}")
            return None
        return parsed

    def child(self, name: str, *, like: str = "") -> "Fields | None":
        """Read a mapping below this one, or None when it is absent."""
        value = self.take(name)
        return None if value is None else Fields(value, (*self.path, name), self.problems, like)

    def items(self, name: str, *, most: int) -> Iterator[tuple[Path, object]]:
        """Yield the entries of a list with their paths; note a problem when it is no list."""
        value = self.take(name)
        if value is None:
            return
        if not is_list(value):
            self.note((name,), f"this is {kind_of(value)}, not a list", "begin each entry with a -")
            return
        if len(value) > most:
            self.note((name,), f"this has {len(value)} entries", f"write at most {most}")
        for index, entry in enumerate(value[:most]):
            yield (*self.path, name, index), entry

    def children(self, name: str, *, most: int, like: str = "") -> "Iterator[Fields]":
        """Yield the entries of a list of mappings."""
        for path, entry in self.items(name, most=most):
            yield Fields(entry, path, self.problems, like)

    def texts(
        self,
        name: str,
        *,
        most: int,
        longest: int,
        shortest: int = 1,
        pattern: re.Pattern[str] | None = None,
        instead: str = "",
    ) -> tuple[str, ...]:
        """Read a list of texts, none of them twice; those that are wrong are left out."""
        lengths = range(shortest, longest + 1)
        texts = [
            self._text(path[len(self.path) :], entry, lengths, pattern, instead)
            for path, entry in self.items(name, most=most)
        ]
        unique(self, name, texts)
        return tuple(text for text in texts if text is not None)

    def mapping(self, name: str, *, most: int, nulls: bool = True) -> dict[str, str]:
        """Read label names and values; a null is an empty value unless `nulls` refuses it."""
        child = self.child(name)
        if child is None:
            return {}
        names = child.names()
        if len(names) > most:
            child.note((), f"this has {len(names)} entries", f"write at most {most}")
        labels = {}
        for key in names[:most]:
            if LABEL_KEY.fullmatch(key) is None:
                child.note((key,), "this is not a label's name", LABEL_ADVICE)
            if not nulls and child.take(key) is None:
                child.note((key,), "this label has no value", 'write one, or "" for the empty one')
            labels[key] = child.text(key, longest=63, pattern=LABEL_VALUE, instead=LABEL_ADVICE)
        child.close(but=names)
        return labels

    def names(self) -> list[str]:
        """Return the names of the fields in their order; a key that is no text has none."""
        return [key for key in self._values if isinstance(key, str)]

    def ignore(self, names: Collection[str]) -> None:
        """Leave fields alone without proposing their names to anybody."""
        self._values = {key: value for key, value in self._values.items() if key not in names}

    def close(self, *, but: Iterable[str] = ()) -> None:
        """Report every field that nobody asked for, with the nearest known word."""
        asked = self._known.keys() | set(but)
        unknown = [key for key in self._values if key not in asked]
        for key in unknown[:MOST_UNKNOWN]:
            if isinstance(key, str):
                near = _nearest(key, self._known)
                known = f"known here: {sentence(self._known)}"
                advice = f"did you mean {near}?" if near else known
                self.note((key,), "this field is unknown", advice)
            else:
                self.note((name_of(key),), f"this name is {kind_of(key)}, not text", _QUOTES)
        if len(unknown) > MOST_UNKNOWN:
            self.note((), f"{len(unknown) - MOST_UNKNOWN} more fields are unknown", "remove them")


def _nearest(word: str, known: Iterable[str]) -> str | None:
    # Comparing takes time with the square of the length, and nobody mistypes so long a word.
    near = get_close_matches(word, list(known), n=1) if len(word) <= LONGEST else []
    return near[0] if near else None


def sentence(words: Iterable[str]) -> str:
    """Join words with commas."""
    return ", ".join(words)


def unique(fields: Fields, name: str, words: Sequence[str | None]) -> None:
    """Note every entry of the list `name` whose word stands there already; none counts not."""
    seen: set[str] = set()
    for index, word in enumerate(words):
        if word in seen:
            fields.note((name, index), f"{shown(word)} stands here twice", "remove one of the two")
        elif word is not None:
            seen.add(word)
