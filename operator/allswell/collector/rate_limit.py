"""Limit what one Monitor may ask of the collector: so much at once, and so much in all.

Whoever may edit a namespace can speak for its Monitors, so an authenticated sender need not be a
checker. Both limits lie where no checker comes. Nobody is counted before its token is judged, and
nobody remembered for longer than it takes to have the whole allowance again.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator

from allswell.collector.authentication import RequestRefused, Sender

# A checker sends one after the other. More are there only while it no longer waits for an answer.
MAX_UNANSWERED = 4
# More than a checker keeps for 90 days, where its Monitor flaps all the time.
MAX_MESSAGES = 150_000
# One more may come after so many seconds; a checker with nothing to catch up with needs 20.
EVERY_S = 1.0
FORGET_EVERY_S = 60.0


class TooManyRequests(RequestRefused):
    """The sender asks for more than its share; `retry_after` is in whole seconds."""

    status = 429

    def __init__(self, text: str, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = max(1, math.ceil(retry_after))


class RateLimit:
    """Admits messages. `on_refused` is called for each that is not; times are of one clock.

    A sender has an allowance of `most` messages, of which one comes back every `every` seconds, and
    at most `at_once` of them may be unanswered on one path.
    """

    def __init__(
        self,
        on_refused: Callable[[], None] = lambda: None,
        *,
        at_once: int = MAX_UNANSWERED,
        most: int = MAX_MESSAGES,
        every: float = EVERY_S,
    ) -> None:
        self._on_refused = on_refused
        self._at_once = at_once
        self._allowance = most * every
        self._every = every
        self._unanswered = Counter[tuple[Sender, str]]()
        # When a sender has its whole allowance again; who is not in here has it.
        self._whole_at: dict[Sender, float] = {}
        self._forget_at = 0.0

    @contextlib.contextmanager
    def admit(self, sender: Sender, path: str, now: float) -> Iterator[None]:
        """Admit one message of a sender for as long as it takes. Raises `TooManyRequests`.

        Who speaks for a whole namespace is a process of this machine, and is always admitted.
        """
        if not sender.monitor:
            yield
            return
        key = (sender, path)
        try:
            self._count(key, now)
        except TooManyRequests:
            self._on_refused()
            raise
        self._unanswered[key] += 1
        try:
            yield
        finally:
            self._unanswered[key] -= 1
            if not self._unanswered[key]:
                del self._unanswered[key]

    def _count(self, key: tuple[Sender, str], now: float) -> None:
        if self._unanswered[key] >= self._at_once:
            raise TooManyRequests("the messages before this one are not answered yet", self._every)
        sender, _ = key
        whole_at = max(now, self._whole_at.get(sender, now)) + self._every
        if whole_at - now > self._allowance:
            retry_after = whole_at - now - self._allowance
            raise TooManyRequests("this Monitor has sent too many messages", retry_after)
        self._forget(now)
        self._whole_at[sender] = whole_at

    def _forget(self, now: float) -> None:
        """Drop those that have their whole allowance, so that only recent senders are kept."""
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY_S
            self._whole_at = {sender: at for sender, at in self._whole_at.items() if at > now}
