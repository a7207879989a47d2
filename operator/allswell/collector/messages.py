"""What the collector answers to a message, without the HTTP: a status and a JSON object.

2xx also for what was there already; 4xx that a checker must not repeat only for messages that can
never be right; 503 whenever the fault may pass.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from allswell.central.errors import CentralError, Conflict, Failed
from allswell.collector.authentication import Identity, Refused
from allswell.collector.state import Centre
from allswell.domain import report
from allswell.domain.message import Malformed, Reader
from allswell.domain.report import Json

log = logging.getLogger(__name__)
Act = Callable[[Identity, object, datetime], "Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: Json = field(default_factory=dict)


class Desk:
    """Takes messages of senders who are known. `received` is when the message came."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def hello(self, sender: Identity, body: object, received: datetime) -> Answer:
        """Checkers say where their stores stand, and learn where we are."""
        standings = self._centre.hello(reporter(sender), report.read_hello(body), received)
        return Answer(200, report.standings_json(standings))

    def beat(self, sender: Identity, body: object, received: datetime) -> Answer:
        """Signs of life; touches memory only."""
        beats, sent = report.read_beats(body), Reader(body).moment("sent_at")
        pulse = self._centre.beat(reporter(sender), beats, sent, received)
        return Answer(200, report.pulse_json(pulse))

    def report(self, sender: Identity, body: object, received: datetime) -> Answer:
        """One envelope; 201 when it is new, 200 when it was there already."""
        envelope, sent = report.read_envelope(body), Reader(body).moment("sent_at")
        new = self._centre.accept(reporter(sender), envelope, sent, received)
        return Answer(201 if new else 200, {"new": new})


def reporter(sender: Identity) -> Identity:
    """The sender, if it may report. Raises `Refused`."""
    if sender.page:
        raise Refused("the page may not report")
    return sender


def refusal(error: Refused | Malformed | CentralError) -> Answer:
    """The answer to a message that was not taken."""
    if isinstance(error, Refused):
        return Answer(error.status, {"error": str(error)})
    if isinstance(error, Malformed):
        return Answer(422, {"error": str(error)})
    if isinstance(error, Conflict):
        return Answer(409, {"error": str(error)})
    log.warning("the central database cannot be written: %s", error)
    if isinstance(error, Failed):
        return Answer(500, {"error": "the central database refuses this"})
    return Answer(503, {"error": "the central database is away"})
