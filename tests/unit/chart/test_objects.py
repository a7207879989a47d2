"""Names, CRDs, addresses and network policies of a release."""

import ipaddress
import json
import tomllib

import pytest
import yaml

from allswell.controller.bootstrap import database_password
from allswell.controller.config import hostname_settings
from allswell.controller.config.environment import Environment
from allswell.domain import hostname
from allswell.domain.hostname_claim import OrderBudget
from charts.documents import CHART, ROOT
from tests.unit.chart import rendering
from tests.unit.crds import schema

pytestmark = pytest.mark.needs("helm")
VARIANTS = pytest.mark.parametrize(
    "values", rendering.VARIANTS.values(), ids=list(rendering.VARIANTS)
)
CRD = "CustomResourceDefinition"


def identity(found: rendering.Json) -> tuple[str, str, str]:
    metadata = found["metadata"]
    return found["kind"], metadata.get("namespace", ""), metadata["name"]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_crd_is_the_original_but_for_labels_and_the_wish_to_stay(kind: str) -> None:
    original = schema.crd(kind)
    found = rendering.of_kind(rendering.render(), CRD)[original["metadata"]["name"]]
    assert found["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert found["metadata"].pop("labels")["app.kubernetes.io/instance"] == "allswell"
    assert found == original


def test_every_crd_is_in_the_chart() -> None:
    names = {schema.crd(path.stem)["metadata"]["name"] for path in (ROOT / "crds").glob("*.yaml")}
    assert set(rendering.of_kind(rendering.render(), CRD)) == names


def test_crds_can_be_left_out_and_can_be_let_go() -> None:
    assert rendering.of_kind(rendering.render(rendering.EXTERNAL), CRD) == {}
    for found in rendering.of_kind(rendering.render(rendering.FULL), CRD).values():
        assert "annotations" not in found["metadata"]


def test_the_chart_is_of_the_same_version_as_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (chart["version"], chart["appVersion"]) == (project["version"], project["version"])


@VARIANTS
def test_no_object_stands_there_twice(values: rendering.Values) -> None:
    found = [identity(it) for it in rendering.render(values)]
    assert sorted(set(found)) == sorted(found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("allswell", "one"), ("allswell", "two")),
        (("first", "one"), ("second", "one")),
        # Neither a name nor a namespace can be made to look like a part of the other.
        (("allswell", "team-x"), ("x-allswell", "team")),
        (("a-very-long-name-of-a-release-that-goes-on", "one"), ("allswell", "one")),
    ],
)
def test_two_releases_share_nothing_but_the_crds(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    found = [
        {
            identity(it)
            for it in rendering.render(release=release, namespace=namespace)
            if it["kind"] != CRD
        }
        for release, namespace in (first, second)
    ]
    assert found[0] & found[1] == set()


@pytest.mark.parametrize(
    ("release", "namespace"),
    [("1", "2"), ("true", "123"), ("my.release", "on"), ("r" * 53, "n" * 63)],
)
def test_names_are_text_and_not_too_long_whatever_the_release_is_called(
    release: str, namespace: str
) -> None:
    for found in rendering.render(release=release, namespace=namespace):
        metadata = found["metadata"]
        labels = metadata.get("labels", {})
        assert isinstance(metadata["name"], str)
        assert isinstance(metadata.get("namespace", ""), str)
        assert all(isinstance(value, str) and len(value) <= 63 for value in labels.values())
        if found["kind"] in ("Service", "StatefulSet", "Deployment", "Pod"):
            # The names of their pods and revisions grow by as much.
            assert len(metadata["name"]) <= 52
            assert "." not in metadata["name"]


@VARIANTS
def test_the_name_in_the_collectors_address_is_that_of_its_service(
    values: rendering.Values,
) -> None:
    objects = rendering.render(values)
    services = rendering.of_kind(objects, "Service")
    (name,) = [name for name in services if name.endswith("-collector")]
    expected = f"https://{name}.allswell.svc:8443"
    for component in ("operator", "web"):
        assert rendering.environment(objects, component)["ALLSWELL_COLLECTOR_URL"] == expected


@VARIANTS
def test_every_service_leads_to_a_pod_and_a_port_that_is_there(values: rendering.Values) -> None:
    objects = rendering.render(values)
    templates = [it["spec"]["template"] for it in objects if "template" in it.get("spec", {})]
    for service in rendering.of_kind(objects, "Service").values():
        (template,) = [
            found
            for found in templates
            if service["spec"]["selector"].items() <= found["metadata"]["labels"].items()
        ]
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_pages_have_an_ingress_with_tls_where_their_address_says_https() -> None:
    secure = rendering.of_kind(rendering.render(rendering.FULL), "Ingress")["watch-web"]["spec"]
    assert secure["tls"] == [{"hosts": ["status.example.com"], "secretName": "status-tls"}]
    assert [rule["host"] for rule in secure["rules"]] == ["status.example.com"]
    plain = rendering.render({"page": {"url": "http://a.example", "ingress": {"enabled": True}}})
    assert "tls" not in rendering.of_kind(plain, "Ingress")["allswell-web"]["spec"]


def test_the_hosts_of_pages_have_one_certificate_and_one_route() -> None:
    objects = rendering.render(rendering.HOSTNAMES)
    certificate = rendering.of_kind(objects, "Certificate")["allswell-pages-tls"]["spec"]
    assert certificate["dnsNames"] == ["*.acme-status.net"]
    assert certificate["issuerRef"]["name"] == "dns"
    route = rendering.of_kind(objects, "Ingress")["allswell-pages"]["spec"]
    assert route["ingressClassName"] == "nginx"
    assert route["tls"] == [{"hosts": ["*.acme-status.net"], "secretName": "allswell-pages-tls"}]
    through = rendering.render(rendering.GATEWAY)
    assert rendering.of_kind(through, "Certificate") == {}
    (listener,) = rendering.of_kind(through, "ListenerSet")["allswell-pages"]["spec"]["listeners"]
    assert listener["tls"]["certificateRefs"] == [{"name": "wildcard"}]


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("status.example.com", "status.example.com"),
        ("status.example.com", "example.com"),
        ("status.example.com", "a.example.com"),
        ("a.status.example.com", "pages.example.com"),
        ("example.co.uk", "pages.example.co.uk"),
    ],
)
def test_pages_are_not_served_under_the_products_own_domain(host: str, domain: str) -> None:
    values = {**rendering.HOSTNAMES, "pagesDomain": domain, "page": {"url": f"https://{host}"}}
    with pytest.raises(rendering.Refused, match="dedicate another one to pages"):
        rendering.render(values)
    assert hostname.pages_domain_problem(domain, [host])


@pytest.mark.parametrize(
    ("host", "domain"),
    [("example.co.uk", "acme-status.co.uk"), ("localhost", "acme-status.net"), ("a.de", "b.de")],
)
def test_pages_are_served_under_a_domain_of_their_own(host: str, domain: str) -> None:
    values = {**rendering.HOSTNAMES, "pagesDomain": domain, "page": {"url": f"https://{host}"}}
    assert rendering.of_kind(rendering.render(values), "Ingress").keys() == {"allswell-pages"}
    assert not hostname.pages_domain_problem(domain, [host])


def test_a_domain_of_pages_needs_a_certificate_and_a_gateway_a_name() -> None:
    bare = {"pagesDomain": "acme-status.net"}
    with pytest.raises(rendering.Refused, match="pagesCertificate"):
        rendering.render(bare)
    with pytest.raises(rendering.Refused, match=r"routing\.gateway"):
        rendering.render({**rendering.GATEWAY, "routing": {"kind": "Gateway"}})


def test_operator_and_page_read_what_is_said_of_host_names() -> None:
    objects = rendering.render(rendering.HOSTNAMES)
    given = Environment(rendering.environment(objects, "operator"))
    policy = hostname_settings.read(given, "allswell")
    assert given.problems == []
    assert policy is not None
    assert policy.budget == OrderBudget(2, 100, 20)
    assert policy.ingress.service == "allswell-web"
    assert policy.suffixes("team-a") == ("example.org",)
    assert [str(it) for it in policy.resolvers] == ["192.0.2.53", "2001:db8::53"]
    web = rendering.environment(objects, "web")
    assert web["ALLSWELL_PAGES_DOMAIN"] == policy.domains.pages_domain


def policies(values: rendering.Values) -> dict[str, rendering.Json]:
    found = rendering.of_kind(rendering.render(values), "NetworkPolicy")
    return {name: policy["spec"] for name, policy in found.items()}


def component(policy: rendering.Json) -> str:
    return str(policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"])


def ports(rules: list[rendering.Json]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def test_operator_page_and_database_are_reached_at_their_ports_only() -> None:
    found = {component(policy): ports(policy["ingress"]) for policy in policies({}).values()}
    assert found == {"operator": {8443, 8080}, "web": {8080}, "database": {5432}}


def readers(policy: rendering.Json, port: int) -> list[list[rendering.Json]]:
    """Return who may reach a port, by rule."""
    return [it["from"] for it in policy["ingress"] if ports([it]) == {port}]


def test_figures_are_for_the_same_namespace_and_who_is_named() -> None:
    watch = {"namespaceSelector": {"matchLabels": {"team": "watch"}}}
    assert readers(policies({})["allswell-operator"], 8080) == [[{"podSelector": {}}]]
    assert readers(policies({})["allswell-operator"], 8443) == [[{"namespaceSelector": {}}]]
    further = policies(rendering.FULL)
    assert readers(further["watch-operator"], 8080) == [[{"podSelector": {}}, watch]]
    assert readers(further["allswell.watch-checkers"], 9090) == [[{"podSelector": {}}, watch]]
    closed = {**rendering.FULL, "checker": {"metrics": False}}
    assert policies(closed)["allswell.watch-checkers"]["ingress"] == []


def test_the_page_reaches_names_collector_and_database_only() -> None:
    within = policies({})["allswell-web"]
    outside = policies(rendering.EXTERNAL)["allswell-web"]
    further = policies(rendering.FULL)["watch-web"]
    assert within["policyTypes"] == ["Ingress", "Egress"]
    assert ports(within["egress"]) == {53, 8443, 5432}
    assert ports(outside["egress"]) == {53, 8443, 5432}
    assert ports(further["egress"]) == {53, 8443, 5432, 6379, 6380}


def test_the_database_reaches_nothing_and_is_reached_by_operator_and_page() -> None:
    policy = policies({})["allswell-database"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == []
    (rule,) = policy["ingress"]
    labels = [entry["podSelector"]["matchLabels"] for entry in rule["from"]]
    assert [found["app.kubernetes.io/component"] for found in labels] == [
        "operator",
        "web",
        "publisher",
    ]


def test_checkers_may_be_kept_from_denied_networks_by_a_policy_in_each_namespace() -> None:
    found = [
        it
        for it in rendering.of_kind(rendering.render(rendering.FULL), "NetworkPolicy").values()
        if component(it["spec"]) == "checker"
    ]
    places = rendering.render(rendering.FULL)
    assert sorted(
        it["metadata"]["namespace"]
        for it in places
        if it["kind"] == "NetworkPolicy" and component(it["spec"]) == "checker"
    ) == ["team-a", "team-b"]
    for policy in found:
        assert {"ports": [{"port": 9000, "protocol": "TCP"}]} in policy["spec"]["egress"]
        blocks = [entry["ipBlock"] for entry in policy["spec"]["egress"][-1]["to"]]
        assert blocks == [
            {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]},
            {"cidr": "::/0", "except": ["fd00::/8"]},
        ]
        for block in blocks:
            for network in block["except"]:
                whole = ipaddress.ip_network(block["cidr"])
                assert ipaddress.ip_network(network).version == whole.version


def test_policies_can_be_switched_off() -> None:
    assert policies({"networkPolicy": {"enabled": False}}) == {}


def test_figures_are_found_by_prometheus_where_it_is_asked_for() -> None:
    objects = rendering.render(rendering.FULL)
    services = rendering.of_kind(objects, "Service").values()
    for monitor in rendering.of_kind(objects, "ServiceMonitor").values():
        (endpoint,) = monitor["spec"]["endpoints"]
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        (service,) = [it for it in services if wanted <= it["metadata"]["labels"].items()]
        assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
        assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert rendering.of_kind(rendering.render(), "ServiceMonitor") == {}


@VARIANTS
def test_nothing_is_a_hook_but_what_helm_test_runs(values: rendering.Values) -> None:
    hooks = [
        (found["kind"], found["metadata"]["annotations"]["helm.sh/hook"])
        for found in rendering.render(values)
        if "helm.sh/hook" in found["metadata"].get("annotations", {})
    ]
    assert hooks == [("Pod", "test")]


@VARIANTS
def test_the_same_is_rendered_each_time_and_no_secret_is_in_it(values: rendering.Values) -> None:
    first, second = (
        rendering.template(json.dumps(values), "allswell", "allswell") for _ in range(2)
    )
    assert first == second
    assert rendering.of_kind(rendering.render(values), "Secret") == {}


def test_operator_page_and_bundled_database_mean_the_same_secret_and_the_same_server() -> None:
    objects = rendering.render()
    told = {
        component: rendering.environment(objects, component) for component in ("operator", "web")
    }
    name = told["operator"]["ALLSWELL_DATABASE_SECRET"]
    place = "@allswell-database.allswell.svc:5432/allswell"
    assert told["operator"]["ALLSWELL_DATABASE_URL"] == f"postgresql://allswell{place}"
    assert told["web"]["ALLSWELL_DATABASE_URL"] == (
        f"postgresql://allswell_web:$(DATABASE_PASSWORD){place}"
    )
    assert told["web"]["DATABASE_PASSWORD"]["secretKeyRef"] == {
        "name": name,
        "key": database_password.PAGE,
    }
    server = rendering.of_kind(objects, "StatefulSet")["allswell-database"]["spec"]["template"]
    (volume,) = [it for it in server["spec"]["volumes"] if it["name"] == "passwords"]
    assert volume["secret"]["secretName"] == name
    assert {item["key"] for item in volume["secret"]["items"]} == {
        database_password.OWN,
        database_password.PAGE,
    }
