"""What one Monitor may ask of the collector, which is everybody's: so much at once, so much in all.

Whoever may edit a namespace can speak for its Monitors, so a sender who is known need not be a
checker. Both limits lie where no checker comes. Nobody is counted before its token is judged, and
nobody remembered for longer than it takes to have the whole allowance again.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator

from allswell.collector.authentication import RequestRefused, Sender

# A checker sends one after the other. More are there only while it no longer waits for an answer.
AT_ONCE = 4
# More than a checker keeps for 90 days, where its Monitor flaps all the time.
MOST = 150_000
# One more may come after so many seconds; a checker with nothing to catch up with needs 20.
EVERY = 1.0
FORGET_EVERY = 60.0


class TooManyRequests(RequestRefused):
    """The sender asks for more than its share; it may ask again after `wait` seconds."""

    status = 429

    def __init__(self, text: str, wait: float) -> None:
        super().__init__(text)
        self.wait = max(1, math.ceil(wait))


class RateLimit:
    """Lets messages in. `refused` is told of each that is not; times are seconds of one clock."""

    def __init__(
        self,
        refused: Callable[[], None] = lambda: None,
        *,
        at_once: int = AT_ONCE,
        most: int = MOST,
        every: float = EVERY,
    ) -> None:
        self._refused = refused
        self._at_once = at_once
        self._room = most * every
        self._every = every
        self._present = Counter[tuple[Sender, str]]()
        # When a sender has its whole allowance again; who is not in here has it.
        self._whole_at: dict[Sender, float] = {}
        self._forget_at = 0.0

    @property
    def remembered(self) -> int:
        """How many senders are remembered: those who have spoken of late."""
        return len(self._whole_at)

    @contextlib.contextmanager
    def of(self, sender: Sender, path: str, now: float) -> Iterator[None]:
        """Let in one message of a sender's, for as long as it takes. Raises `TooMany`.

        Who speaks for a whole namespace is a process of this machine, and is always let in.
        """
        if not sender.monitor:
            yield
            return
        key = (sender, path)
        try:
            self._judge(key, now)
        except TooManyRequests:
            self._refused()
            raise
        self._present[key] += 1
        try:
            yield
        finally:
            self._present[key] -= 1
            if not self._present[key]:
                del self._present[key]

    def _judge(self, key: tuple[Sender, str], now: float) -> None:
        if self._present[key] >= self._at_once:
            raise TooManyRequests("the messages before this one are not answered yet", self._every)
        whole_at = max(now, self._whole_at.get(key[0], now)) + self._every
        if whole_at - now > self._room:
            raise TooManyRequests(
                "this Monitor has sent too many messages", whole_at - now - self._room
            )
        self._forget(now)
        self._whole_at[key[0]] = whole_at

    def _forget(self, now: float) -> None:
        """Drop who has the whole allowance, so that only those are kept who have just spoken."""
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            self._whole_at = {who: at for who, at in self._whole_at.items() if at > now}
