"""Host names as the reconciler sees them: what a page asks for, and how far each name has come."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta

from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames.certificate_controller import CertificateController
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.dns_verification import DnsLookup, DnsVerification
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.hostnames.status import HostnameState
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.domain import hostname
from allswell.domain.hostname import PageIdentity
from allswell.domain.preflight import ExpectedProof
from allswell.domain.spec.page import StatusPage
from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.hostname_objects import PageHostname
from allswell.kube.manifest import Json

PATIENCE = timedelta(minutes=1)


class HostnameService:
    """The parts of this room, put together. `key` is the installation's own secret."""

    def __init__(
        self,
        policy: HostnamePolicy,
        key: bytes,
        ledger: ClaimsClient,
        look_up: DnsLookup,
        api: Api,
        *,
        meters: OperatorMetrics,
        wake: Callable[[ObjectKey], None],
        now: Callable[[], datetime],
    ) -> None:
        self._policy = policy
        self._key = key
        self._ledger = ledger
        self._now = now
        self._wake = wake
        self._begun = now()
        self.preflights = DnsVerification(
            look_up,
            ledger,
            issuers=policy.caa_issuers,
            recheck=policy.recheck,
            grace=policy.grace,
            enqueue=self._changed,
            now=now,
        )
        self.tending = CertificateController(
            api, ledger, self.preflights, policy, meters=meters, wake=wake, now=now
        )

    def loops(self) -> list[Coroutine[None, None, None]]:
        """What runs for ever."""
        return [self.preflights.run(), self.tending.run()]

    @property
    def grace(self) -> timedelta:
        """How long a name may fail before its page loses it."""
        return self._policy.grace

    def unsettled(self, names: Sequence[HostnameState], before: Json) -> bool:
        """Whether an operator that has just begun should not yet say anything of these names.

        What an earlier one has said stands until everything was looked at again, or for a minute.
        """
        if not manifest.blocks(before, "hostnames") or self._now() - self._begun > PATIENCE:
            return False
        return not all(name.settled for name in names)

    def label(self, page: PageIdentity) -> str:
        """A page's own label under the domain of pages, unless it was given another before."""
        return hostname.page_label(self._key, page)

    def target(self, label: str) -> str:
        """A page's own host name: what a CNAME points at."""
        return f"{label}.{self._policy.domains.pages_domain}"

    async def names(
        self, key: ObjectKey, number: int, identity: PageIdentity, page: StatusPage, target: str
    ) -> tuple[HostnameState, ...]:
        """Ask for the names that a page lists; how far each has come. Raises `CentralError`.

        `target` is the page's own host name.
        """
        refused = {
            host: why
            for host in page.hostnames
            if (why := self._policy.refusal(host, page.meta.namespace))
        }
        asked = tuple(host for host in page.hostnames if host not in refused)
        claims = await self._ledger.request(number, asked, self._now())
        wanted = {host: self._wanted(host, identity, target) for host in asked if host in claims}
        if self.preflights.set_expected(key, number, tuple(wanted.values())):
            self.tending.hurry()
        return tuple(
            self._name(key, host, page, refused.get(host, ""), wanted.get(host))
            for host in page.hostnames
        )

    def _wanted(self, host: str, identity: PageIdentity, target: str) -> ExpectedProof:
        return ExpectedProof(host, target, hostname.verification_token(self._key, identity, host))

    def _name(
        self,
        key: ObjectKey,
        host: str,
        page: StatusPage,
        refused: str,
        wanted: ExpectedProof | None,
    ) -> HostnameState:
        it = PageHostname(host, page.meta.namespace, page.meta.name, page.meta.uid)
        return HostnameState(
            host,
            wanted=wanted,
            refused=refused,
            crowded=not refused and wanted is None,
            look=self.preflights.latest(key, host),
            certified=self.tending.certified.get(it),
            routed=it in self.tending.routed,
        )

    def gone(self, key: ObjectKey) -> None:
        """A page is gone: nothing of it is looked at any more."""
        self.preflights.set_expected(key, 0, ())

    def _changed(self, key: ObjectKey) -> None:
        self.tending.hurry()
        self._wake(key)
