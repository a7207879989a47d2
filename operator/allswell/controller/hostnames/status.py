"""What a page's status says of its host names: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.controller.apply.events import NORMAL, WARNING, ObjectEvent
from allswell.controller.hostnames.certificate_status import CERTIFIED, WAITING
from allswell.controller.hostnames.dns_verification import Verification
from allswell.domain.hostname_claim import ProofOutcome
from allswell.domain.preflight import DnsTrouble, ExpectedProof
from allswell.kube import conditions, manifest
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, Condition
from allswell.kube.manifest import Json

VERIFIED, ALL_READY = "DomainVerified", "HostnamesReady"


@dataclass(frozen=True, slots=True)
class HostnameState:
    """One host name of a page as it is now.

    `unserved` says that the installation has no domain for pages, `refused` is why the name can
    never be had, `crowded` that the namespace asks for too many that it has
    not proved. `certified` is what is said of its certificate, `routed` that the page is reached.
    """

    host: str
    wanted: ExpectedProof | None = None
    unserved: bool = False
    refused: str = ""
    crowded: bool = False
    look: Verification | None = None
    certified: Condition | None = None
    routed: bool = False

    @property
    def settled(self) -> bool:
        """Whether all that can be known of it has been looked at since the operator began."""
        if self.unserved or self.refused or self.crowded:
            return True
        return self.look is not None and (self.certified is not None or not self.look.is_held)


def verified(name: HostnameState, grace: timedelta) -> Condition:
    """What `DomainVerified` says."""
    if name.refused:
        return Condition(VERIFIED, FALSE, "NotAllowed", name.refused)
    if name.unserved:
        words = "this installation has no domain for pages, so it serves no names of customers"
        return Condition(VERIFIED, FALSE, "NoPagesDomain", words)
    if name.crowded:
        words = "this namespace asks for too many names that are not proved: prove or remove some"
        return Condition(VERIFIED, FALSE, "TooManyPending", words)
    if name.wanted is None or name.look is None:
        return Condition(VERIFIED, UNKNOWN, "Checking", "the DNS is being asked")
    return _of_look(name.wanted, name.look, grace)


def _of_look(wanted: ExpectedProof, look: Verification, grace: timedelta) -> Condition:
    found = look.preflight
    if look.is_held and look.claim and look.claim.failing_since is not None:
        until = conditions.time(look.claim.failing_since + grace)
        words = f"the proof is gone, the name is served until {until}"
        if not found.is_conclusive:
            words = "the proof was gone at the last answer; nothing changes before the next"
        return Condition(VERIFIED, FALSE, "DNSLost", f"{words}: {found.message}")
    if found.trouble is DnsTrouble.NO_RESOLVER:
        return Condition(VERIFIED, TRUE if look.is_held else UNKNOWN, found.trouble, found.message)
    if found.proof is None:
        assert found.trouble is not None  # noqa: S101 - one of the two is there
        return Condition(VERIFIED, FALSE, found.trouble, found.message)
    txt = _stronger(wanted)
    if look.outcome is ProofOutcome.TAKEN:
        words = (
            f"another page serves this name; if it is yours, remove what proves it there and {txt}"
        )
        return Condition(VERIFIED, FALSE, "Taken", words)
    if look.outcome is ProofOutcome.RESTING:
        words = f"another page served this name not long ago; if it is yours, {txt}"
        return Condition(VERIFIED, FALSE, "Resting", words)
    if not look.is_held:
        return Condition(VERIFIED, UNKNOWN, "Checking", "the proof is being noted")
    if found.trouble is DnsTrouble.CAA_FORBIDS:
        return Condition(VERIFIED, FALSE, found.trouble, found.message)
    return Condition(VERIFIED, TRUE, "Verified", f"proved by {found.proof.value.upper()}")


def _stronger(wanted: ExpectedProof) -> str:
    """What to do where a CNAME is not enough."""
    if not wanted.challenge_name:
        return "wait until it is free, for the TXT record would have too long a name"
    return f'set {wanted.challenge_name} TXT "{wanted.token}"'


def entries(
    names: Sequence[HostnameState], before: Json, grace: timedelta, generation: int, now: datetime
) -> list[dict[str, object]]:
    """`status.hostnames`; `before` is the status as it was."""
    old = {manifest.text(e, "name"): e for e in manifest.blocks(before, "hostnames")}
    found = []
    for name in names:
        said = [verified(name, grace), _certified(name, grace)]
        live = manifest.blocks(old.get(name.host, manifest.NOTHING), "conditions")
        entry: dict[str, object] = {"name": name.host}
        if name.wanted is not None and name.wanted.challenge_name:
            entry["proof"] = {"name": name.wanted.challenge_name, "value": name.wanted.token}
        entry["conditions"] = conditions.merged(live, said, generation, now)
        found.append(entry)
    return found


def _certified(name: HostnameState, grace: timedelta) -> Condition:
    if name.certified is not None:
        return name.certified
    if verified(name, grace).status == TRUE:
        return Condition(CERTIFIED, UNKNOWN, "Checking", "the certificate is being looked at")
    return WAITING


def is_ready(name: HostnameState, grace: timedelta) -> bool:
    """Whether visitors reach the page by a name."""
    return (
        verified(name, grace).status == TRUE
        and name.routed
        and name.certified is not None
        and name.certified.status == TRUE
    )


def all_ready(names: Sequence[HostnameState], grace: timedelta) -> Condition:
    """What `HostnamesReady` says of all names together."""
    lacking = [name for name in names if not is_ready(name, grace)]
    if not lacking:
        return Condition(ALL_READY, TRUE, "Serving", "every host name serves the page")
    more = f" (and {len(lacking) - 1} more)" if lacking[1:] else ""
    return Condition(ALL_READY, FALSE, "Incomplete", f"{_lack(lacking[0], grace)}{more}")


def _lack(name: HostnameState, grace: timedelta) -> str:
    """What a name lacks, and what to do about it."""
    said = verified(name, grace)
    if said.status == TRUE:
        said = _certified(name, grace)
    words = "its route is being made" if said.status == TRUE else said.message
    return f"{name.host}: {words}"


def count(names: Sequence[HostnameState], grace: timedelta) -> str:
    """How many serve the page, of how many, like `2/3`."""
    return f"{sum(is_ready(name, grace) for name in names)}/{len(names)}"


def events(before: Json, after: Sequence[Json]) -> tuple[ObjectEvent, ...]:
    """The events between two statuses: a name that is verified or certified, or stops being it."""
    old = {manifest.text(e, "name"): e for e in manifest.blocks(before, "hostnames")}
    found = []
    for entry in after:
        host = manifest.text(entry, "name")
        was = manifest.blocks(old.get(host, manifest.NOTHING), "conditions")
        for said in manifest.blocks(entry, "conditions"):
            known = manifest.entry(was, "type", manifest.text(said, "type"))
            if (event := _event(host, known, said)) is not None:
                found.append(event)
    return tuple(found)


def _event(host: str, before: Json, said: Mapping[str, object]) -> ObjectEvent | None:
    status, reason = manifest.text(said, "status"), manifest.text(said, "reason")
    if (before.get("status"), before.get("reason")) == (status, reason):
        return None
    note = f"{host}: {manifest.text(said, 'message')}"
    if status == FALSE and reason != "Issuing":
        return ObjectEvent(WARNING, reason, note)
    if status == TRUE and reason in ("RenewalFailing", "RenewalOverdue"):
        return ObjectEvent(WARNING, reason, note)
    if status == TRUE and before.get("status") != TRUE:
        return ObjectEvent(NORMAL, reason, note)
    return None
