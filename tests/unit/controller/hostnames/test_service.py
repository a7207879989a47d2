"""From a listed name to a page that serves it, and back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames import certificate_controller, dns_verification
from allswell.controller.hostnames import status as hostnames_status
from allswell.controller.hostnames.policy import HostnameRule
from allswell.controller.hostnames.status import HostnameState
from allswell.domain.hostname_claim import ProofOutcome
from allswell.domain.preflight import ExpectedProof, ResolverAnswer
from allswell.kube import manifest
from allswell.kube.conditions import FALSE, TRUE, UNKNOWN, time
from allswell.kube.errors import KubeRejected, KubeUnavailable
from allswell.kube.kinds import CERTIFICATE, INGRESS, PAGE, SECRET, Kind
from allswell.kube.views.page import PageStatusView
from tests.kubeapi import Object
from tests.unit.controller.hostnames.story import HOST, NO_RECORD, TXT, Story, policy_with
from tests.unit.crds import schema

pytestmark = pytest.mark.asyncio
BOTH = [f"Certificate {HOST}", f"Ingress {HOST}"]
OTHER = "up.acme.com"
THEIRS: dict[Kind, Object] = {CERTIFICATE: {"dnsNames": []}, INGRESS: {"rules": []}}


def verified(name: HostnameState) -> tuple[str, str]:
    condition = hostnames_status.verified(name)
    return condition.status, condition.reason


async def served(story: Story, *hosts: str) -> None:
    """Bring names to where they serve."""
    for host in hosts:
        story.answers[host] = TXT
    await story.reconcile(*hosts)
    await story.advance()
    story.certify()
    await story.advance()
    await story.advance()


async def test_a_name_goes_from_listed_to_serving(story: Story) -> None:
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (UNKNOWN, "Checking")
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (FALSE, "RecordMissing")
    assert story.children() == []
    story.answers[HOST] = TXT
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (TRUE, "Verified")
    assert story.children() == [f"Certificate {HOST}"]
    story.certify()
    await story.advance()
    assert story.children() == BOTH
    assert story.served() == ()
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert hostnames_status.is_ready(name)
    assert story.served() == (HOST,)


async def test_the_first_name_that_does_not_serve_is_told_with_what_to_do(story: Story) -> None:
    await story.reconcile(HOST, OTHER)
    await story.advance()
    names = await story.reconcile(HOST, OTHER)
    condition = hostnames_status.all_ready(names)
    assert (condition.status, condition.reason) == (FALSE, "Incomplete")
    assert condition.message.startswith(f"{HOST}: set {HOST} CNAME main-")
    assert condition.message.endswith("(and 1 more)")
    assert hostnames_status.count(names) == "0/2"
    await served(story, HOST, OTHER)
    names = await story.reconcile(HOST, OTHER)
    assert hostnames_status.all_ready(names).status == TRUE
    assert hostnames_status.count(names) == "2/2"


async def test_no_certificate_is_ordered_before_a_name_is_proved_and_certifiable(
    story: Story,
) -> None:
    story.answers[HOST] = ResolverAnswer("r", token=True, issuers=("other.org",), caa_at="acme.com")
    await story.reconcile(HOST)
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (FALSE, "CAAForbids")
    assert name.certificate is not None
    assert (name.certificate.status, name.certificate.reason) == (UNKNOWN, "WaitingForDomain")
    assert story.children() == []


async def test_a_name_that_is_not_listed_any_more_takes_everything_with_it(story: Story) -> None:
    await served(story, HOST, OTHER)
    await story.reconcile(OTHER)
    await story.advance()
    assert len(story.children()) == 4  # one list may be wrong
    story.api.asked.clear()
    await story.advance()
    assert story.children() == [f"Certificate {OTHER}", f"Ingress {OTHER}"]
    deleted = [kind for verb, kind, _ in story.api.asked if verb == "delete"]
    assert deleted == [INGRESS.name, SECRET.name, CERTIFICATE.name, SECRET.name]
    assert story.keys() == 1


@pytest.mark.parametrize("verb", ["merge", "delete"])
async def test_a_key_that_cannot_be_deleted_now_is_deleted_later(story: Story, verb: str) -> None:
    await served(story, HOST)
    await story.reconcile()
    await story.advance()
    story.api.trouble[verb] = [KubeRejected("403: no"), KubeRejected("403: no")]
    for _ in range(3):
        await story.advance()
    assert story.children() == []
    assert story.keys() == 0


async def test_nothing_is_ordered_for_a_name_that_goes(story: Story) -> None:
    """A Certificate without its Secret would be, unless its last order has just failed."""
    await served(story, HOST)
    await story.reconcile()
    await story.advance()
    story.api.trouble["delete"] = [KubeRejected("403: no"), KubeRejected("403: no")]
    await story.advance()
    (left,) = [it for (kind, _, _), it in story.api.objects.items() if kind == CERTIFICATE]
    assert manifest.text(left, "status", "lastFailureTime") == time(story.now)


async def test_what_is_gone_while_no_operator_runs_is_removed_by_the_next(story: Story) -> None:
    await served(story, HOST)
    story.central.writer.hide_page("acme", "main", story.now)
    story.hostnames = story.new_service()
    await story.advance()
    await story.advance()
    assert story.children() == []


async def test_a_new_operator_orders_nothing_that_is_there(story: Story) -> None:
    await served(story, HOST)
    story.hostnames = story.new_service()
    story.api.asked.clear()
    await story.reconcile(HOST)
    await story.advance()
    assert story.children() == BOTH
    assert {verb for verb, _, _ in story.api.asked} == {"every"}
    assert story.central.writer.claims.recent_orders(story.now - timedelta(hours=4)) == 1


async def test_what_was_ordered_of_late_is_a_figure(story: Story) -> None:
    for host in (HOST, OTHER):
        story.answers[host] = TXT
    await story.reconcile(HOST, OTHER)
    await story.advance()
    assert b"allswell_certificate_orders 2.0" in generate_latest(story.metrics.registry)
    await story.advance(after=timedelta(hours=3))
    assert b"allswell_certificate_orders 0.0" in generate_latest(story.metrics.registry)


async def test_a_new_operator_says_nothing_new_before_it_has_looked(story: Story) -> None:
    await served(story, HOST)
    before = PageStatusView.parse({"hostnames": [{"name": HOST}]})
    story.hostnames = story.new_service()
    names = await story.reconcile(HOST)
    assert story.hostnames.is_settling(names, before)
    assert not story.hostnames.is_settling(names, PageStatusView.parse({}))
    await story.advance(after=timedelta(seconds=1))
    names = await story.reconcile(HOST)
    assert not story.hostnames.is_settling(names, before)
    assert hostnames_status.is_ready(names[0])
    assert story.served() == (HOST,)


async def test_what_an_earlier_operator_said_does_not_stand_for_ever(story: Story) -> None:
    names = await story.reconcile(HOST)
    story.now += timedelta(seconds=61)
    before = PageStatusView.parse({"hostnames": [{"name": HOST}]})
    assert not story.hostnames.is_settling(names, before)


async def test_what_somebody_deleted_or_changed_comes_back(story: Story) -> None:
    await served(story, HOST)
    (address,) = [address for address in story.api.objects if address[0] == INGRESS]
    story.api.remove(*address)
    await story.advance()
    assert story.children() == BOTH
    live = story.api.objects[address]
    story.api.put(INGRESS, {**live, "spec": {**live["spec"], "rules": []}})
    await story.advance()
    assert manifest.text(story.api.objects[address]["spec"]["rules"][0], "host") == HOST


@pytest.mark.parametrize("last", [51, 52, 61])
async def test_what_is_said_of_the_longest_names_fits_into_the_status(
    story: Story, last: int
) -> None:
    """From 244 characters on the TXT record's own name would be too long: there is none."""
    host = ".".join([*("a" * 63 for _ in range(3)), "b" * last])
    await story.reconcile(host)
    await story.advance()
    names = await story.reconcile(host)
    entries = hostnames_status.entries(names, PageStatusView.parse({}), 1, story.now)
    (entry,) = written = [each.manifest() for each in entries]
    status = schema.root("statuspage")["properties"]["status"]["properties"]
    assert schema.judge(status["hostnames"]).problems(written) == []
    assert ("proof" in entry) is (last == 51)
    assert ("TXT" in hostnames_status.verified(names[0]).message) is (last == 51)


async def test_who_cannot_set_a_txt_is_not_told_to(story: Story) -> None:
    host = ".".join([*("a" * 63 for _ in range(3)), "b" * 61])
    await served(story, host)
    story.answers[host] = ResolverAnswer("r", reached=True)
    await story.reconcile(host, namespace="other")
    await story.advance()
    (name,) = await story.reconcile(host, namespace="other")
    assert verified(name) == (FALSE, "Taken")
    assert "wait until it is free" in hostnames_status.verified(name).message


@pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.name)
async def test_what_others_insist_on_costs_no_more_than_one_write(story: Story, kind: Kind) -> None:
    """A webhook that has its own say; what else somebody changes comes back."""

    def changed(applied: Kind, seen: Object) -> Object:
        return {**seen, "spec": {**seen["spec"], **THEIRS[kind]}} if applied == kind else seen

    story.api.mutating = changed
    await served(story, HOST)
    story.api.asked.clear()
    for _ in range(3):
        await story.advance()
    assert "apply" not in {verb for verb, _, _ in story.api.asked}
    (address,) = [address for address in story.api.objects if address[0] == kind]
    live = story.api.objects[address]
    story.api.put(kind, {**live, "metadata": {**live["metadata"], "annotations": {}}})
    for _ in range(3):
        await story.advance()
    assert story.children() == BOTH
    assert [asked[:2] for asked in story.api.asked].count(("apply", kind.name)) == 1


async def test_who_goes_on_changing_what_is_mended_is_given_way_to_for_a_while(
    story: Story,
) -> None:
    await served(story, HOST)
    (address,) = [address for address in story.api.objects if address[0] == INGRESS]
    story.api.asked.clear()
    for _ in range(5):
        live = story.api.objects[address]
        story.api.put(INGRESS, {**live, "spec": {**live["spec"], **THEIRS[INGRESS]}})
        await story.advance(after=certificate_controller.REVERT_INTERVAL / 3)
    assert [verb for verb, _, _ in story.api.asked].count("apply") == 2


async def test_a_proof_that_goes_leaves_the_page_its_name_for_a_while(story: Story) -> None:
    await served(story, HOST)
    story.answers[HOST] = NO_RECORD
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (FALSE, "DNSLost")
    assert story.children() == BOTH
    await story.advance(after=story.policy.grace + timedelta(hours=1))
    await story.advance()
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (FALSE, "RecordMissing")
    assert story.children() == []


async def test_a_resolver_that_does_not_answer_changes_nothing(story: Story) -> None:
    await served(story, HOST)
    story.answers[HOST] = ResolverAnswer("r", silent=True)
    await story.advance(after=timedelta(days=30))
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (TRUE, "NoResolver")
    assert story.children() == BOTH


async def test_no_name_is_lost_while_no_resolver_answers(story: Story) -> None:
    """Its record may be there again, and nobody can know."""
    await served(story, HOST)
    story.answers[HOST] = NO_RECORD
    await story.advance()
    story.answers[HOST] = ResolverAnswer("r", silent=True)
    for _ in range(3):
        await story.advance(after=story.policy.grace)
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (FALSE, "DNSLost")
    assert "until" not in hostnames_status.verified(name).message
    assert story.children() == BOTH
    story.answers[HOST] = TXT
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (TRUE, "Verified")


async def test_of_two_that_prove_a_name_one_is_told_that_it_is_taken(story: Story) -> None:
    await served(story, HOST)
    await story.reconcile(HOST, namespace="other")
    await story.advance()
    (name,) = await story.reconcile(HOST, namespace="other")
    assert verified(name) == (FALSE, "Taken")
    words = hostnames_status.verified(name).message
    assert "acme/" not in words
    assert "main" not in words
    assert story.children() == BOTH


async def test_while_the_collector_is_away_the_dns_is_asked_once_a_minute(story: Story) -> None:
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    story.database_down = True
    for _ in range(3):
        await story.verify(after=timedelta(seconds=15))
    assert story.lookups == [HOST]
    await story.verify(after=dns_verification.RETRY_INTERVAL)
    assert story.lookups == [HOST, HOST]
    story.database_down = False
    await story.advance(after=dns_verification.RETRY_INTERVAL)
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (TRUE, "Verified")


async def test_who_waits_for_a_name_asks_ever_later_until_something_comes_of_it(
    story: Story,
) -> None:
    await served(story, HOST)
    await story.reconcile(HOST, namespace="other")
    tries = []
    for says in (TXT, TXT, TXT, NO_RECORD):
        story.answers[HOST] = says
        await story.advance()
        latest = story.hostnames.dns_verification.latest(
            ObjectKey(PAGE.name, "other", "main"), HOST
        )
        assert latest is not None
        tries.append((latest.outcome, latest.repeats))
    taken = ProofOutcome.TAKEN
    assert tries == [(taken, 0), (taken, 1), (taken, 2), (None, 0)]


@pytest.mark.parametrize(
    ("host", "reason"),
    [("a.pages.io", "NotAllowed"), ("status.product.io", "NotAllowed"), ("a.local", "NotAllowed")],
)
async def test_names_that_nobody_can_have_are_refused_at_once(
    story: Story, host: str, reason: str
) -> None:
    (name,) = await story.reconcile(host)
    assert verified(name) == (FALSE, reason)
    assert story.hostnames.dns_verification.verifications() == {}


async def test_a_name_that_the_rules_do_not_allow_any_more_goes(story: Story) -> None:
    """Who may have which names is the installation's to say, also of those that are served."""
    await served(story, HOST)
    story.policy = replace(story.policy, rules=(HostnameRule(("other-*",), ("acme.com",)),))
    story.hostnames = story.new_service()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (FALSE, "NotAllowed")
    assert "does not allow" in hostnames_status.verified(name).message
    await story.advance()
    await story.advance()
    assert story.children() == []
    story.policy = replace(story.policy, rules=(HostnameRule(("ac*",), ("acme.com",)),))
    story.hostnames = story.new_service()
    await served(story, HOST)
    assert story.children() == BOTH


async def test_a_namespace_that_asks_for_too_much_is_told(story: Story) -> None:
    names = await story.reconcile(*(f"s{number}.acme.com" for number in range(21)))
    reasons = [verified(name)[1] for name in names]
    assert reasons == ["Checking"] * 20 + ["TooManyPending"]


async def test_names_of_one_namespace_that_never_answer_delay_no_other_namespace(
    story: Story,
) -> None:
    story.unanswered = {f"s{number}.slow.com" for number in range(2 * dns_verification.MAX_LOOKUPS)}
    slow = [ExpectedProof(host, "target.pages.io", "token") for host in sorted(story.unanswered)]
    story.hostnames.dns_verification.set_expected(ObjectKey(PAGE.name, "slow", "main"), 1, slow)
    await story.advance()
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert verified(name) == (TRUE, "Verified")


async def test_a_failed_order_is_repeated_when_the_name_was_proved_anew(story: Story) -> None:
    await served(story, HOST)
    story.answers[HOST] = NO_RECORD
    await story.advance()
    story.certify(lastFailureTime="2026-03-02T15:30:00Z", failedIssuanceAttempts=9)
    story.api.asked.clear()
    await story.advance(after=timedelta(seconds=90))
    assert ("merge status", CERTIFICATE.name) not in [asked[:2] for asked in story.api.asked]
    story.answers[HOST] = TXT
    await story.advance(after=timedelta(seconds=90))
    assert [asked[:2] for asked in story.api.asked].count(("merge status", "Certificate")) == 1


async def test_an_order_is_not_repeated_beyond_the_budget(story: Story) -> None:
    story.policy = policy_with(2)
    story.hostnames = story.new_service()
    await served(story, HOST)
    story.api.asked.clear()
    for _ in range(4):
        story.certify(lastFailureTime=time(story.now - timedelta(hours=1)))
        await story.advance(after=timedelta(seconds=1))
    assert [asked[:2] for asked in story.api.asked].count(("merge status", "Certificate")) == 2


async def test_an_order_beyond_the_budget_waits_and_says_so(story: Story) -> None:
    story.policy = policy_with(1)
    story.hostnames = story.new_service()
    story.central.writer.claims.record_order(
        HOST, story.policy.budget, story.now + timedelta(minutes=59)
    )
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    await story.advance()
    assert story.children() == []
    (name,) = await story.reconcile(HOST)
    assert name.certificate is not None
    assert name.certificate.reason == "BudgetSpent"
    waiting = b"allswell_certificate_orders_waiting"
    assert waiting + b" 1.0" in generate_latest(story.metrics.registry)
    await story.advance()
    assert story.children() == [f"Certificate {HOST}"]
    await story.advance(after=timedelta(minutes=1))
    assert waiting + b" 0.0" in generate_latest(story.metrics.registry)
    story.central.writer.claims.record_order(OTHER, story.policy.budget, story.now)
    story.answers[OTHER] = TXT
    await story.reconcile(HOST, OTHER)
    await story.advance(after=timedelta(minutes=1))
    assert waiting + b" 1.0" in generate_latest(story.metrics.registry)
    await story.reconcile(HOST)
    await story.advance(after=timedelta(minutes=1))
    assert waiting + b" 0.0" in generate_latest(story.metrics.registry)


async def test_a_cluster_without_cert_manager_says_so(story: Story) -> None:
    story.api.absent.add(CERTIFICATE)
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    await story.advance()
    (name,) = await story.reconcile(HOST)
    assert name.certificate is not None
    assert name.certificate.reason == "NoCertManager"
    assert "certificates.cert-manager.io" in name.certificate.message


async def test_one_child_that_is_refused_keeps_no_other_from_being_made(story: Story) -> None:
    story.answers |= {HOST: TXT, OTHER: TXT}
    story.api.trouble["apply"] = [KubeRejected("422: no")]
    await story.reconcile(HOST, OTHER)
    await story.advance()
    assert len(story.children()) == 1
    await story.advance()
    assert len(story.children()) == 2


async def test_a_certificate_that_could_not_be_written_is_counted_once(story: Story) -> None:
    """No authority was asked for it: cert-manager's own webhook is away for a moment."""
    ordered = story.central.writer.claims.recent_orders
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    story.api.trouble["apply"] = [KubeUnavailable("500: failed calling webhook") for _ in range(9)]
    for _ in range(9):
        await story.advance(after=timedelta(seconds=10))
    assert (story.children(), ordered(story.now)) == ([], 1)
    await story.advance(after=timedelta(seconds=10))
    assert (story.children(), ordered(story.now)) == ([f"Certificate {HOST}"], 1)
    await story.advance()
    story.api.remove(*next(address for address in story.api.objects if address[0] == CERTIFICATE))
    await story.advance(after=timedelta(seconds=10))
    assert (story.children(), ordered(story.now)) == ([f"Certificate {HOST}"], 2)


async def test_what_is_refused_for_good_is_tried_more_seldom(story: Story) -> None:
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    story.api.trouble["apply"] = [KubeRejected("403: no") for _ in range(3)]
    await story.advance()
    assert await story.sync() == certificate_controller.ACTIVE_INTERVAL
    story.now += certificate_controller.ACTIVE_FOR
    assert await story.sync() == certificate_controller.IDLE_INTERVAL


async def test_what_waits_for_a_finalizer_of_others_is_deleted_once(story: Story) -> None:
    await served(story, HOST)
    (address,) = [address for address in story.api.objects if address[0] == INGRESS]
    live = story.api.objects[address]
    going = {**live["metadata"], "deletionTimestamp": time(story.now)}
    story.api.put(INGRESS, {**live, "metadata": going})
    await story.reconcile()
    story.api.asked.clear()
    for _ in range(3):
        await story.advance()
    assert ("delete", INGRESS.name) not in [asked[:2] for asked in story.api.asked]
    assert story.children() == [f"Ingress {HOST}"]


async def test_what_does_not_move_is_looked_at_more_seldom(story: Story) -> None:
    story.answers[HOST] = TXT
    await story.reconcile(HOST)
    await story.advance()
    assert await story.sync() == certificate_controller.ACTIVE_INTERVAL
    story.now += certificate_controller.ACTIVE_FOR
    assert await story.sync() == certificate_controller.IDLE_INTERVAL
    story.certify()
    assert await story.sync() == certificate_controller.ACTIVE_INTERVAL
