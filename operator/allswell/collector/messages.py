"""What the collector answers to a message, without the HTTP: a status and a JSON object.

2xx also for what was there already; 4xx that a checker must not repeat only for messages that can
never be right; 503 whenever the fault may pass.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from allswell.central.errors import CentralConflict, CentralError, DatabaseFailed
from allswell.collector.authentication import RequestRefused, Sender
from allswell.collector.state import CollectorState
from allswell.domain import report
from allswell.domain.message import MalformedMessage, MessageReader
from allswell.domain.report import Json

log = logging.getLogger(__name__)
Act = Callable[[Sender, object, datetime], "MessageReply"]


@dataclass(frozen=True, slots=True)
class MessageReply:
    """What goes back."""

    status: int
    body: Json = field(default_factory=dict)


class MessageHandler:
    """Takes messages of senders who are known. `received` is when the message came."""

    def __init__(self, centre: CollectorState) -> None:
        self._centre = centre

    def hello(self, sender: Sender, body: object, received: datetime) -> MessageReply:
        """Checkers say where their stores stand, and learn where we are."""
        standings = self._centre.hello(reporter(sender), report.read_hello(body), received)
        return MessageReply(200, report.hello_reply_json(standings))

    def beat(self, sender: Sender, body: object, received: datetime) -> MessageReply:
        """Signs of life; touches memory only."""
        beats, sent = report.read_heartbeats(body), MessageReader(body).moment("sent_at")
        pulse = self._centre.beat(reporter(sender), beats, sent, received)
        return MessageReply(200, report.heartbeat_reply_json(pulse))

    def report(self, sender: Sender, body: object, received: datetime) -> MessageReply:
        """One envelope; 201 when it is new, 200 when it was there already."""
        envelope, sent = report.read_envelope(body), MessageReader(body).moment("sent_at")
        new = self._centre.accept(reporter(sender), envelope, sent, received)
        return MessageReply(201 if new else 200, {"new": new})


def reporter(sender: Sender) -> Sender:
    """The sender, if it may report. Raises `Refused`."""
    if sender.page:
        raise RequestRefused("the page may not report")
    return sender


def refusal(error: RequestRefused | MalformedMessage | CentralError) -> MessageReply:
    """The answer to a message that was not taken."""
    if isinstance(error, RequestRefused):
        return MessageReply(error.status, {"error": str(error)})
    if isinstance(error, MalformedMessage):
        return MessageReply(422, {"error": str(error)})
    if isinstance(error, CentralConflict):
        return MessageReply(409, {"error": str(error)})
    log.warning("the central database cannot be written: %s", error)
    if isinstance(error, DatabaseFailed):
        return MessageReply(500, {"error": "the central database refuses this"})
    return MessageReply(503, {"error": "the central database is away"})
