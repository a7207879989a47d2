"""Reading one mapping of a manifest: typed, bounded, and collecting every problem.

A `Fields` knows its path. Each getter takes one field, notes a problem when it is not as it must
be, and gives a stand-in so that reading goes on; `close` reports what nobody asked for. The caller
raises once at the end if anything was noted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

from allswell.domain import duration
from allswell.domain.spec.problem import Path, Problem

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def kind_of(value: object) -> str:
    """The word for a value's type that people who write YAML use."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    return _KINDS.get(type(value), "something else")


class Fields:
    """The fields of one mapping, each to be asked for once."""

    def __init__(self, value: object, path: Path, problems: list[Problem]) -> None:
        """Start reading `value`, which stands at `path`; problems go to the list."""
        self.path = path
        self.problems = problems
        self._known: list[str] = []
        if not isinstance(value, Mapping):
            self.note((), f"this is {kind_of(value)}", "write a mapping of fields")
            value = {}
        self._values: Mapping[object, object] = value

    def note(self, below: Path, wrong: str, instead: str) -> None:
        """Note a problem at a path below this mapping."""
        self.problems.append(Problem((*self.path, *below), wrong, instead))

    def has(self, name: str) -> bool:
        """Whether a field is there at all; a null counts as absent, as in Kubernetes."""
        return self._values.get(name) is not None

    def take(self, name: str) -> object:
        """The raw value of a field, or None; from now on the field counts as known."""
        self._known.append(name)
        return self._values.get(name)

    def required(self, name: str, instead: str) -> bool:
        """Whether a field is there; notes a problem if it is not."""
        if self.has(name):
            return True
        self._known.append(name)
        self.note((name,), "this field is missing", instead)
        return False

    def text(  # noqa: PLR0913 - the bounds of one field, all by keyword
        self,
        name: str,
        *,
        default: str = "",
        longest: int = 1024,
        shortest: int = 0,
        pattern: re.Pattern[str] | None = None,
        instead: str = "",
    ) -> str:
        """A text field. `instead` is the advice for a value that `pattern` refuses."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, str):
            advice = instead or "put it in quotes to make it text"
            self.note((name,), f"this is {kind_of(value)}, not text", advice)
            return default
        if not shortest <= len(value) <= longest:
            wrong = f"this has {len(value)} characters"
            self.note((name,), wrong, f"write {shortest} to {longest} characters")
            return default
        if pattern is not None and pattern.fullmatch(value) is None:
            self.note((name,), f"{value!r} is not allowed here", instead)
            return default
        return value

    def optional(self, name: str, *, longest: int) -> str | None:
        """A text field that is not empty; None when it is absent."""
        if self.take(name) is None:
            return None
        return self.text(name, shortest=1, longest=longest) or None

    def choice(self, name: str, allowed: Sequence[str], *, default: str) -> str:
        """A text field with a few allowed values."""
        value = self.take(name)
        if value is None:
            return default
        if isinstance(value, str) and value in allowed:
            return value
        near = get_close_matches(str(value).upper(), [word.upper() for word in allowed], n=1)
        guess = next((word for word in allowed if [word.upper()] == near), None)
        advice = f"did you mean {guess}?" if guess else f"write one of {', '.join(allowed)}"
        self.note((name,), f"{value!r} is not allowed here", advice)
        return default

    def integer(self, name: str, *, default: int, lowest: int, highest: int) -> int:
        """A whole number between two bounds, both allowed."""
        value = self.take(name)
        if value is None:
            return default
        advice = f"write a whole number from {lowest} to {highest}"
        if not isinstance(value, int) or isinstance(value, bool):
            self.note((name,), f"this is {kind_of(value)}, not a whole number", advice)
            return default
        if not lowest <= value <= highest:
            self.note((name,), f"{value} is out of bounds", advice)
            return default
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """A field that is true or false."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note((name,), f"this is {kind_of(value)}", "write true or false")
            return default
        return value

    def duration(self, name: str, *, lowest: timedelta, highest: timedelta) -> timedelta | None:
        """A duration between two bounds, both allowed; None when the field is absent."""
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
            wrong = f"{value!r} is not a duration"
            self.note((name,), wrong, "write whole numbers with h, m, s or ms, like 90s or 1h30m")
            return None
        if not lowest <= parsed <= highest:
            self.note((name,), f"{value} is out of bounds", f"write {bounds}")
            return None
        return parsed

    def child(self, name: str) -> "Fields | None":
        """A mapping below this one, or None when it is absent."""
        value = self.take(name)
        return None if value is None else Fields(value, (*self.path, name), self.problems)

    def items(self, name: str, *, most: int) -> Iterator[tuple[Path, object]]:
        """The entries of a list with their paths; a problem and nothing when it is no list."""
        value = self.take(name)
        if value is None:
            return
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.note((name,), f"this is {kind_of(value)}, not a list", "begin each entry with a -")
            return
        if len(value) > most:
            self.note((name,), f"this has {len(value)} entries", f"write at most {most}")
        for index, entry in enumerate(value[:most]):
            yield (*self.path, name, index), entry

    def children(self, name: str, *, most: int) -> "Iterator[Fields]":
        """The entries of a list of mappings."""
        for path, entry in self.items(name, most=most):
            yield Fields(entry, path, self.problems)

    def texts(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        """A list of texts."""
        found = []
        for path, entry in self.items(name, most=most):
            if not isinstance(entry, str):
                wrong = f"this is {kind_of(entry)}, not text"
                self.problems.append(Problem(path, wrong, "put it in quotes to make it text"))
            elif not 1 <= len(entry) <= longest:
                wrong = f"this has {len(entry)} characters"
                self.problems.append(Problem(path, wrong, f"write 1 to {longest} characters"))
            else:
                found.append(entry)
        return tuple(found)

    def mapping(self, name: str, *, most: int) -> dict[str, str]:
        """A mapping of text to text, such as labels."""
        child = self.child(name)
        if child is None:
            return {}
        if len(child.names()) > most:
            child.note((), f"this has {len(child.names())} entries", f"write at most {most}")
        return {key: child.text(key, longest=253) for key in child.names()[:most]}

    def names(self) -> list[str]:
        """The names that stand in the manifest, in its order."""
        return [str(key) for key in self._values]

    def close(self) -> None:
        """Report every field that nobody asked for, with the nearest known word."""
        for name in self.names():
            if name not in self._known:
                near = get_close_matches(name, self._known, n=1)
                advice = f"did you mean {near[0]}?" if near else f"known here: {sentence(self._known)}"
                self.note((name,), "this field is unknown", advice)


def sentence(words: Iterable[str]) -> str:
    """Words in a row with commas."""
    return ", ".join(words)


def unique(fields: Fields, name: str, words: Sequence[str]) -> None:
    """Note every entry of the list `name` whose word stands there already."""
    seen: set[str] = set()
    for index, word in enumerate(words):
        if word in seen:
            fields.note((name, index), f"{word!r} stands here twice", "remove one of the two")
        seen.add(word)
