"""Parse cert-manager's Certificates and Challenges."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from allswell.domain import instant
from allswell.kube import manifest
from allswell.kube.conditions import TRUE, Conditions
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import ManifestView, ObjectMeta


@dataclass(frozen=True, slots=True)
class CertificateView(ManifestView):
    """A Certificate, with its status.

    `not_before` and `not_after` are those of the issued certificate, `renewal_time` is when it is
    to be renewed; None where nothing is issued. `failed_attempts` counts the failures in a row, of
    which `last_failure` is the last. `issuing_message` is cert-manager's own, of an open order.
    """

    ready: bool = False
    not_before: datetime | None = None
    not_after: datetime | None = None
    renewal_time: datetime | None = None
    failed_attempts: int = 0
    last_failure: datetime | None = None
    issuing_message: str = ""

    @classmethod
    def parse(cls, seen: Json) -> Self:
        """Parse a Certificate. Raises ValueError for a time that is none."""
        conditions = Conditions.parse(manifest.blocks(seen, "status", "conditions"))
        issuing = conditions.get("Issuing")
        return cls(
            ObjectMeta.parse(seen),
            seen,
            ready=conditions.status_of("Ready") == TRUE,
            not_before=_time(seen, "notBefore"),
            not_after=_time(seen, "notAfter"),
            renewal_time=_time(seen, "renewalTime"),
            failed_attempts=manifest.number(seen, "status", "failedIssuanceAttempts"),
            last_failure=_time(seen, "lastFailureTime"),
            issuing_message=issuing.message if issuing else "",
        )

    def is_valid(self, now: datetime) -> bool:
        """Tell whether a route may use it.

        After a renewal that failed cert-manager goes on calling the Certificate ready, also beyond
        its end: so that is compared, too.
        """
        return self.ready and self.not_after is not None and now < self.not_after


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A Challenge: the host that it verifies, and why it is open or has failed; empty: unknown."""

    host: str
    reason: str

    @classmethod
    def parse(cls, seen: Json) -> Self:
        """Parse a Challenge."""
        return cls(manifest.text(seen, "spec", "dnsName"), manifest.text(seen, "status", "reason"))


def challenge_reasons(challenges: Iterable[Json]) -> dict[str, str]:
    """Return by host why challenges are open or have failed: only they know the real cause."""
    views = map(ChallengeView.parse, challenges)
    return {challenge.host: challenge.reason for challenge in views if challenge.reason}


def _time(certificate: Json, key: str) -> datetime | None:
    text = manifest.text(certificate, "status", key)
    return instant.parse(text) if text else None
