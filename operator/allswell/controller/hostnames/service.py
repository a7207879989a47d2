"""Serve customers' host names: claim them for pages, and report the state of each."""

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
from allswell.kube.client import Api
from allswell.kube.hostname_objects import PageHostname
from allswell.kube.views.page import PageStatusView

# How long the status that an earlier operator wrote stands while this one finds out anew.
SETTLING_TIME = timedelta(minutes=1)


class HostnameService:
    """Put together DNS verification and certificate controller, and answer for single pages."""

    def __init__(
        self,
        policy: HostnamePolicy,
        key: bytes,
        claims: ClaimsClient,
        look_up: DnsLookup,
        api: Api,
        *,
        metrics: OperatorMetrics,
        enqueue: Callable[[ObjectKey], None],
        now: Callable[[], datetime],
    ) -> None:
        """Derive pages' host names and tokens from `key`, the installation's own secret.

        `enqueue` is called with each page of which something has changed.
        """
        self._policy = policy
        self._key = key
        self._claims = claims
        self._now = now
        self._enqueue = enqueue
        self._started_at = now()
        self.dns_verification = DnsVerification(
            look_up,
            claims,
            issuers=policy.caa_issuers,
            recheck=policy.recheck,
            grace=policy.grace,
            enqueue=self._enqueue_both,
            now=now,
        )
        self.certificate_controller = CertificateController(
            api,
            claims,
            self.dns_verification,
            policy,
            metrics=metrics,
            enqueue=enqueue,
            now=now,
        )

    def loops(self) -> list[Coroutine[None, None, None]]:
        """Return the loops, each of which runs for ever."""
        return [self.dns_verification.run(), self.certificate_controller.run()]

    def is_settling(self, states: Sequence[HostnameState], before: PageStatusView) -> bool:
        """Tell whether an operator that has just started should not yet report these host names.

        The status that an earlier one wrote stands until all of them were looked up again, but
        not for longer than `SETTLING_TIME`.
        """
        if not before.hostnames or self._now() - self._started_at > SETTLING_TIME:
            return False
        return not all(state.is_settled for state in states)

    def page_label(self, page: PageIdentity) -> str:
        """Return a page's own label under the pages domain, unless it was given another before."""
        return hostname.page_label(self._key, page)

    def target(self, label: str) -> str:
        """Return a page's own host name: the target of CNAME records."""
        return f"{label}.{self._policy.domains.pages_domain}"

    async def states(
        self, key: ObjectKey, page_id: int, identity: PageIdentity, page: StatusPage, target: str
    ) -> tuple[HostnameState, ...]:
        """Claim the host names that a page lists; return the state of each.

        `target` is the page's own host name. Raises `CentralError`.

        1. Find the names that the policy refuses.
        2. Claim the others: a namespace may have only so many pending ones.
        3. Have the claimed names verified in the DNS, new ones at once.
        4. Return of each name what DNS verification and certificate controller know.
        """
        namespace = page.meta.namespace
        refusals = {host: self._policy.refusal(host, namespace) for host in page.hostnames}
        accepted = tuple(host for host in page.hostnames if not refusals[host])
        claims = await self._claims.request(page_id, accepted, self._now())
        expected = {
            host: self._expected(host, identity, target) for host in accepted if host in claims
        }
        if self.dns_verification.set_expected(key, page_id, tuple(expected.values())):
            self.certificate_controller.enqueue()
        return tuple(
            self._state(key, page, host, refusals[host], expected.get(host))
            for host in page.hostnames
        )

    def _expected(self, host: str, identity: PageIdentity, target: str) -> ExpectedProof:
        token = hostname.verification_token(self._key, identity, host)
        return ExpectedProof(host, target, token)

    def _state(
        self,
        key: ObjectKey,
        page: StatusPage,
        host: str,
        refusal: str,
        expected: ExpectedProof | None,
    ) -> HostnameState:
        name = PageHostname(host, page.meta.namespace, page.meta.name, page.meta.uid)
        return HostnameState(
            host,
            expected=expected,
            refusal=refusal,
            over_limit=not refusal and expected is None,
            verification=self.dns_verification.latest(key, host),
            certificate=self.certificate_controller.certificates.get(name),
            routed=name in self.certificate_controller.routed,
        )

    def forget(self, key: ObjectKey) -> None:
        """Stop verifying the host names of a page that is gone."""
        self.dns_verification.set_expected(key, 0, ())

    def _enqueue_both(self, key: ObjectKey) -> None:
        self.certificate_controller.enqueue()
        self._enqueue(key)
