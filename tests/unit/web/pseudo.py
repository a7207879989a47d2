"""Provide a language that nobody speaks: each message in brackets, longer and accented."""

import gettext
import re
from datetime import timedelta

from allswell.central import page_data
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Status
from allswell.domain.state import State
from allswell_web.text.languages import Language
from tests.unit.web import fakes

_ACCENTS = str.maketrans("aeiouAEIOUncs", "àéîöûÀÉÎÖÛñçš")
_NAMED = re.compile(r"(\{[a-z0-9]+\})")


class _Brackets(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{_NAMED.sub(_kept, _accented(message))} ~~~⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        del context
        return message if message == "." else self.gettext(message)


def _accented(message: str) -> str:
    parts = _NAMED.split(message)
    return "".join(it if it.startswith("{") else it.translate(_ACCENTS) for it in parts)


def _kept(match: re.Match[str]) -> str:
    return match[0]


LANGUAGE = Language("en-XA", _Brackets())


def told(text: str) -> str:
    """Write a message, its values filled in already, as the language does."""
    accented = "".join(
        it if it.startswith("&") else it.translate(_ACCENTS) for it in re.split(r"(&[a-z]+;)", text)
    )
    return f"⟦{accented.replace('&lt;b&gt;', '&lt;b&gt;')} ~~~⟧"


def outside(text: str) -> str:
    """Return what is in no bracket."""
    depth, left = 0, []
    for letter in text:
        if letter == "⟦":
            depth += 1
        elif letter == "⟧":
            depth -= 1
        elif depth == 0:
            left.append(letter)
    return "".join(left)


def everything() -> page_data.PageData:
    """Build facts that show every part of the page."""
    now, hour = fakes.NOW, timedelta(hours=1)
    claims = [
        HealthClaim(State.UP, fakes.BORN),
        *fakes.outage(fakes.ago(days=3), 2 * hour),
        HealthClaim(State.DOWN, fakes.ago(hours=1), "HTTP 503"),
    ]
    hurt = [AffectedComponent("monitor-1", Effect.PARTIAL)]
    began, done = (Status.INVESTIGATING, "We look."), (Status.RESOLVED, "We look.")
    return fakes.facts(
        fakes.component(claims=claims, group=""),
        of=fakes.page(hostnames=("status.example.com",)),
        incidents=[
            fakes.incident(1, "Errors in the API", (*began, fakes.ago(hours=1)), components=hurt),
            fakes.incident(2, "Errors in the API", (*done, fakes.ago(days=2)), components=hurt),
        ],
        maintenances=[
            fakes.maintenance(1, start=now - hour, end=now + hour, monitors=["monitor-1"]),
            fakes.maintenance(2, start=now + 24 * hour, end=now + 25 * hour),
        ],
    )
