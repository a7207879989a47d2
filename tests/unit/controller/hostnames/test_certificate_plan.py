"""The checks that compare what a host name needs with what is there."""

from datetime import datetime

import pytest

from allswell.controller.hostnames import certificate_plan
from allswell.controller.hostnames.certificate_plan import (
    ApplyChild,
    HostnameChildren,
    PlanContext,
    RemoveChild,
)
from allswell.kube import hostname_objects
from allswell.kube.conditions import time
from allswell.kube.hostname_objects import PageHostname
from allswell.kube.kinds import CERTIFICATE, INGRESS
from allswell.kube.manifest import Json
from allswell.kube.views.certificate import CertificateView
from allswell.kube.views.object_meta import ManifestView
from tests.central_database import DAY, HOUR, NOON
from tests.unit.controller.hostnames.story import HOST, SETTINGS

NAME = PageHostname(HOST, "acme", "main", "uid-1")
DESIRED = hostname_objects.certificate(NAME, SETTINGS)
((_, ROUTE),) = hostname_objects.routes(NAME, SETTINGS)
VALID: Json = {
    "conditions": [{"type": "Ready", "status": "True"}],
    "notAfter": time(NOON + 60 * DAY),
}
FAILED: Json = {"lastFailureTime": time(NOON - HOUR), "failedIssuanceAttempts": 1}


def live(manifest: Json, status: Json, **spec: object) -> Json:
    metadata, wanted = manifest["metadata"], manifest["spec"]
    assert isinstance(metadata, dict)
    assert isinstance(wanted, dict)
    metadata = {**metadata, "uid": f"{manifest['kind']}-uid"}
    return {**manifest, "metadata": metadata, "spec": {**wanted, **spec}, "status": status}


def decide(
    *,
    since: datetime | None = NOON - DAY,
    certificate: Json | None = None,
    route: Json | None = None,
    tolerated: str = "",
    held: bool = True,
) -> certificate_plan.CertificatePlan:
    certificates = {NAME.child_name: CertificateView.parse(certificate)} if certificate else {}
    routes = {NAME.child_name: ManifestView.parse(route)} if route else {}
    context = PlanContext(
        HostnameChildren(certificates, {INGRESS: routes}), SETTINGS, NOON, {tolerated}
    )
    return certificate_plan.decide({NAME: since} if held else {}, context)


def applied(plan: certificate_plan.CertificatePlan) -> list[tuple[str, str, str]]:
    return [(action.kind.name, action.uid, action.order_for) for action in plan.apply]


def test_a_certificate_is_ordered_for_a_certifiable_name_alone() -> None:
    plan = decide()
    assert plan.apply == (ApplyChild(CERTIFICATE, ManifestView.parse(DESIRED), order_for=HOST),)
    assert decide(since=None).apply == ()
    assert decide(since=None).waiting == {NAME}


def test_a_route_follows_the_first_valid_certificate_and_stays() -> None:
    assert applied(decide(certificate=live(DESIRED, {}))) == []
    valid = decide(certificate=live(DESIRED, VALID))
    assert (applied(valid), valid.routed) == ([("Ingress", "", "")], frozenset())
    routed = decide(since=None, certificate=live(DESIRED, {}), route=live(ROUTE, {}))
    assert (applied(routed), routed.routed) == ([], frozenset([NAME]))


@pytest.mark.parametrize("tolerated", ["", "Certificate-uid", "Ingress-uid"])
def test_what_was_changed_is_reverted_unless_it_is_tolerated(tolerated: str) -> None:
    plan = decide(
        since=None,
        certificate=live(DESIRED, VALID, dnsNames=[]),
        route=live(ROUTE, {}, rules=[]),
        tolerated=tolerated,
    )
    changed = [("Certificate", "Certificate-uid", ""), ("Ingress", "Ingress-uid", "")]
    assert applied(plan) == [action for action in changed if action[1] != tolerated]


def test_a_failed_order_is_repeated_for_a_certifiable_name_alone() -> None:
    failed = live(DESIRED, FAILED)
    (again,) = decide(certificate=failed).retry
    assert (again.host, again.certificate.meta.name) == (HOST, NAME.child_name)
    assert decide(since=None, certificate=failed).retry == ()
    assert decide(certificate=live(DESIRED, VALID)).retry == ()


def test_what_belongs_to_no_name_is_deleted_and_the_route_first() -> None:
    plan = decide(held=False, certificate=live(DESIRED, VALID), route=live(ROUTE, {}))
    assert plan.remove == (
        RemoveChild(INGRESS, NAME.child_name, "Ingress-uid"),
        RemoveChild(CERTIFICATE, NAME.child_name, "Certificate-uid"),
    )
