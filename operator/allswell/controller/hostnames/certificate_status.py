"""What a Certificate says of a host name, and when a failed one is tried again: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.domain import instant
from allswell.kube import conditions, manifest
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, Condition
from allswell.kube.manifest import Json

CERTIFIED = "CertificateReady"
# A renewal that is so late has failed, whatever it says of itself.
OVERDUE = timedelta(hours=6)
# Of a certificate's life, what may be left before somebody should hear of it.
LAST_PART = 6
WAITING = Condition(
    CERTIFIED, UNKNOWN, "WaitingForDomain", "it is ordered when the name is proved and certifiable"
)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A Certificate as it was seen.

    `ends` is when the certificate that is there ends. After a renewal that failed cert-manager goes
    on calling the Certificate ready, so it is judged by that.
    """

    ready: bool
    begins: datetime | None
    ends: datetime | None
    renewal: datetime | None
    failures: int
    failed: datetime | None
    why: str

    def serves(self, now: datetime) -> bool:
        """Whether a route may use it."""
        return self.ready and self.ends is not None and now < self.ends


def facts(certificate: Json, challenges: Mapping[str, str]) -> CertificateFacts:
    """Read a Certificate; `challenges` are the causes of open challenges, by host name."""
    found = manifest.blocks(certificate, "status", "conditions")
    issuing = manifest.entry(found, "type", "Issuing")
    hosts = manifest.at(certificate, "spec", "dnsNames")
    host = str(hosts[0]) if isinstance(hosts, Sequence) and hosts else ""
    return CertificateFacts(
        ready=conditions.status_of(found, "Ready") == TRUE,
        begins=_moment(certificate, "notBefore"),
        ends=_moment(certificate, "notAfter"),
        renewal=_moment(certificate, "renewalTime"),
        failures=manifest.number(certificate, "status", "failedIssuanceAttempts"),
        failed=_moment(certificate, "lastFailureTime"),
        why=challenges.get(host) or manifest.text(issuing, "message"),
    )


def causes(challenges: Sequence[Json]) -> dict[str, str]:
    """Why challenges are open or have failed, by host name: only they know the real cause."""
    return {
        manifest.text(each, "spec", "dnsName"): reason
        for each in challenges
        if (reason := manifest.text(each, "status", "reason"))
    }


def condition(seen: CertificateFacts | None, budget: str, now: datetime) -> Condition:
    """What `CertificateReady` says of a name that is proved; `budget` is why it may not order."""
    if seen is None:
        if budget:
            words = f"{budget}; it is ordered as soon as the authority's limit allows"
            return Condition(CERTIFIED, FALSE, "BudgetSpent", words)
        return Condition(CERTIFIED, FALSE, "Issuing", "the certificate is being ordered")
    if seen.ends is not None and now >= seen.ends:
        words = f"the certificate ended at {conditions.time(seen.ends)}"
        return Condition(CERTIFIED, FALSE, "Expired", _with(words, seen.why))
    if seen.serves(now):
        return _good(seen, now)
    if seen.failed is not None:
        words = f"the authority refused {max(seen.failures, 1)} times"
        return Condition(CERTIFIED, FALSE, "IssuanceFailed", _with(words, seen.why))
    words = "the certificate is being ordered"
    return Condition(CERTIFIED, FALSE, "Issuing", _with(words, seen.why))


def _good(seen: CertificateFacts, now: datetime) -> Condition:
    assert seen.ends is not None  # noqa: S101 - whoever serves has an end
    until = f"valid until {conditions.time(seen.ends)}"
    if seen.failed is not None:
        words = f"its renewal failed, it is {until}"
        return Condition(CERTIFIED, TRUE, "RenewalFailing", _with(words, seen.why))
    late = seen.renewal is not None and now - seen.renewal > OVERDUE
    if late or _is_near(seen, now):
        words = f"its renewal is overdue, it is {until}"
        return Condition(CERTIFIED, TRUE, "RenewalOverdue", _with(words, seen.why))
    return Condition(CERTIFIED, TRUE, "Issued", until)


def _is_near(seen: CertificateFacts, now: datetime) -> bool:
    """Whether so little of its life is left that it should have been renewed long ago."""
    if seen.begins is None or seen.ends is None or seen.ends - seen.begins < timedelta(days=1):
        return False
    return seen.ends - now < (seen.ends - seen.begins) / LAST_PART


def _with(words: str, why: str) -> str:
    return f"{words}: {why[:500]}" if why else words


def due_again(seen: CertificateFacts, proved: datetime | None, now: datetime) -> bool:
    """Whether a failed order may be repeated before cert-manager would.

    At once when the name was proved anew after the failure, else after a pause that grows.
    """
    if seen.failed is None:
        return False
    if proved is not None and proved > seen.failed:
        return True
    longer: int = 4 ** min(max(seen.failures, 1) - 1, 8)
    return now - seen.failed >= min(FIRST_PAUSE * longer, LONGEST_PAUSE)


def _moment(certificate: Json, key: str) -> datetime | None:
    text = manifest.text(certificate, "status", key)
    return instant.parse(text) if text else None
