"""Answer the messages of checkers, without HTTP: each answer is a status and a JSON object.

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
# The body is decoded JSON; the time is when the message was received.
Answer = Callable[[CollectorState, Sender, object, datetime], "MessageReply"]


@dataclass(frozen=True, slots=True)
class MessageReply:
    """What goes back: an HTTP status and a JSON object."""

    status: int
    body: Json = field(default_factory=dict)


def answer_hello(
    state: CollectorState, sender: Sender, body: object, received: datetime
) -> MessageReply:
    """Number the stores that a checker names, and say where each monitor stands."""
    standings = state.hello(reporter(sender), report.read_hello(body), received)
    return MessageReply(200, report.hello_reply_json(standings))


def answer_heartbeats(
    state: CollectorState, sender: Sender, body: object, received: datetime
) -> MessageReply:
    """Record heartbeats; touches memory only."""
    heartbeats, sent = report.read_heartbeats(body), MessageReader(body).moment("sent_at")
    reply = state.heartbeat(reporter(sender), heartbeats, sent, received)
    return MessageReply(200, report.heartbeat_reply_json(reply))


def answer_report(
    state: CollectorState, sender: Sender, body: object, received: datetime
) -> MessageReply:
    """Write one envelope; 201 when it is new, 200 when it was there already."""
    envelope, sent = report.read_envelope(body), MessageReader(body).moment("sent_at")
    new = state.accept(reporter(sender), envelope, sent, received)
    return MessageReply(201 if new else 200, {"new": new})


def reporter(sender: Sender) -> Sender:
    """Return the sender, if it may report. Raises `RequestRefused`."""
    if sender.page:
        raise RequestRefused("the page may not report")
    return sender


def refusal(error: RequestRefused | MalformedMessage | CentralError) -> MessageReply:
    """Return the answer to a message that was not accepted."""
    if isinstance(error, RequestRefused):
        return MessageReply(error.status, {"error": str(error)})
    if isinstance(error, MalformedMessage):
        return MessageReply(422, {"error": str(error)})
    if isinstance(error, CentralConflict):
        return MessageReply(409, {"error": str(error)})
    log.warning("collector: the central database failed: %s", error)
    if isinstance(error, DatabaseFailed):
        return MessageReply(500, {"error": "the central database refuses this"})
    return MessageReply(503, {"error": "the central database is unavailable"})
