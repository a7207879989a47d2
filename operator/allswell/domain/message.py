"""Reading one JSON message from outside: typed, bounded, and refusing in plain words."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from allswell.domain import instant, state
from allswell.domain.health import Claim
from allswell.domain.state import State


class Malformed(ValueError):
    """A message that cannot be read; the text names the field and is safe to send back."""


class Reader:
    """One JSON object, read field by field; whatever is wrong raises `Malformed`."""

    def __init__(self, value: object) -> None:
        """Start reading; refuses anything but an object."""
        if not isinstance(value, Mapping):
            msg = "the message is not a JSON object"
            raise Malformed(msg)
        self._value = value

    def text(self, name: str, longest: int = 128) -> str:
        """A text that is not empty."""
        value = self._value.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise Malformed(f"{name} must be a text of 1 to {longest} characters")
        return value

    def optional(self, name: str) -> str:
        """A text, empty when absent."""
        return self.text(name) if self._value.get(name) else ""

    def optional_long(self, name: str) -> str:
        """A text of up to 32 KiB, empty when absent."""
        return self.text(name, 32_768) if self._value.get(name) else ""

    def maybe(self, name: str) -> "Reader | None":
        """An object, or None when absent."""
        value = self._value.get(name)
        return None if value is None else Reader(value)

    def count(self, name: str) -> int:
        """A whole number from 0 to 2^53."""
        value = self._value.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2**53:
            raise Malformed(f"{name} must be a whole number from 0")
        return value

    def maybe_count(self, name: str) -> int | None:
        """A whole number, or None when absent."""
        return None if self._value.get(name) is None else self.count(name)

    def flag(self, name: str) -> bool:
        """True or false; false when absent."""
        value = self._value.get(name, False)
        if not isinstance(value, bool):
            raise Malformed(f"{name} must be true or false")
        return value

    def moment(self, name: str) -> datetime:
        """An RFC 3339 moment between the years 2000 and 2200."""
        try:
            found = instant.parse(self.text(name))
        except (ValueError, OverflowError) as error:
            raise Malformed(f"{name} must be a time like 2026-11-23T15:26:08.120Z") from error
        if not 2000 <= found.year < 2200:  # noqa: PLR2004 - far outside any clock's error
            raise Malformed(f"{name} must be a time of this century or the next")
        return found

    def maybe_moment(self, name: str) -> datetime | None:
        """A moment, or None when absent."""
        return None if self._value.get(name) is None else self.moment(name)

    def objects(self, name: str, most: int = 10_000) -> "list[Reader]":
        """A list of objects; empty when absent."""
        value = self._value.get(name) or []
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > most:
            raise Malformed(f"{name} must be a list of at most {most}")
        return [Reader(entry) for entry in value]

    def texts(self, name: str, most: int = 10_000) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        value = self._value.get(name) or []
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > most:
            raise Malformed(f"{name} must be a list of at most {most}")
        if not all(isinstance(entry, str) for entry in value):
            raise Malformed(f"{name} must hold texts only")
        return tuple(value)

    def claim(self) -> Claim:
        """The state, since and reason of a transition, which must agree with each other."""
        word, reason = self.text("state"), self.optional("reason")
        try:
            claimed, implied = State(word), state.of(reason)
        except ValueError as error:
            raise Malformed(f"state and reason must be known words: {error}") from error
        if claimed is not implied:
            raise Malformed(f"state {word} does not go with reason {reason!r}")
        return Claim(claimed, self.moment("since"), reason)
