"""Read one JSON message from outside: typed, bounded, refused with a plain sentence."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from allswell.domain import instant, state
from allswell.domain.health import HealthClaim
from allswell.domain.state import State

_YEARS = range(2000, 2200)  # far beyond any clock's error
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class MalformedMessage(ValueError):
    """A message that cannot be read; the text names the field and is safe to send back."""


class MessageReader:
    """One JSON object, read field by field; anything wrong raises `MalformedMessage`."""

    def __init__(self, value: object) -> None:
        """Start reading; refuses anything but an object."""
        if not isinstance(value, Mapping):
            raise MalformedMessage("this is not a JSON object")
        self._value = value

    def text(self, name: str, longest: int = 128) -> str:
        """Return a text that is not empty, of characters that every database keeps."""
        value = self._value.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise MalformedMessage(f"{name} must be a text of 1 to {longest} characters")
        if _UNSTORABLE.search(value):
            raise MalformedMessage(f"{name} must not hold NUL or half a surrogate pair")
        return value

    def optional(self, name: str, longest: int = 128) -> str:
        """Return a text, empty when absent."""
        return "" if self._value.get(name) in (None, "") else self.text(name, longest)

    def optional_long(self, name: str) -> str:
        """Return a text of up to 32 KiB, empty when absent."""
        return self.optional(name, 32_768)

    def maybe(self, name: str) -> "MessageReader | None":
        """Return an object, or None when absent."""
        value = self._value.get(name)
        return None if value is None else MessageReader(value)

    def count(self, name: str) -> int:
        """Return a whole number from 0 to 2^53."""
        value = self._value.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2**53:
            raise MalformedMessage(f"{name} must be a whole number from 0")
        return value

    def maybe_count(self, name: str) -> int | None:
        """Return a whole number, or None when absent."""
        return None if self._value.get(name) is None else self.count(name)

    def flag(self, name: str) -> bool:
        """Return true or false; false when absent."""
        value = self._value.get(name, False)
        if not isinstance(value, bool):
            raise MalformedMessage(f"{name} must be true or false")
        return value

    def moment(self, name: str) -> datetime:
        """Return an RFC 3339 moment between the years 2000 and 2200."""
        try:
            moment = instant.parse(self.text(name))
        except (ValueError, OverflowError) as error:
            raise MalformedMessage(
                f"{name} must be a time like 2026-11-23T15:26:08.120Z"
            ) from error
        if moment.year not in _YEARS:
            raise MalformedMessage(f"{name} must be a time of this century or the next")
        return moment

    def day(self, name: str) -> date:
        """Return an ISO 8601 day between the years 2000 and 2200."""
        try:
            day = date.fromisoformat(self.text(name))
        except ValueError as error:
            raise MalformedMessage(f"{name} must be a day like 2026-11-23") from error
        if day.year not in _YEARS:
            raise MalformedMessage(f"{name} must be a day of this century or the next")
        return day

    def maybe_day(self, name: str) -> date | None:
        """Return a day, or None when absent."""
        return None if self._value.get(name) is None else self.day(name)

    def maybe_moment(self, name: str) -> datetime | None:
        """Return a moment, or None when absent."""
        return None if self._value.get(name) is None else self.moment(name)

    def objects(self, name: str, most: int = 10_000) -> "list[MessageReader]":
        """Return a list of objects; empty when absent."""
        return [MessageReader(entry) for entry in self._list(name, most)]

    def texts(self, name: str, most: int = 10_000) -> tuple[str, ...]:
        """Return a list of texts; empty when absent."""
        entries = self._list(name, most)
        texts = tuple(entry for entry in entries if isinstance(entry, str))
        if len(texts) < len(entries):
            raise MalformedMessage(f"{name} must hold texts only")
        return texts

    def _list(self, name: str, most: int) -> Sequence[object]:
        value = self._value.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most:
            raise MalformedMessage(f"{name} must be a list of at most {most}")
        return value

    def claim(self) -> HealthClaim:
        """Return the state, since and reason of a transition, which must agree with each other."""
        word, reason = self.text("state"), self.optional("reason")
        try:
            claimed, implied = State(word), state.of(reason)
        except ValueError as error:
            raise MalformedMessage(f"state and reason must be known words: {error}") from error
        if claimed is not implied:
            raise MalformedMessage(f"state {word} does not go with reason {reason!r}")
        return HealthClaim(claimed, self.moment("since"), reason)
