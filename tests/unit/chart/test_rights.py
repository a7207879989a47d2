"""What the chart allows whom: the least that works."""

import pytest

from tests.unit.chart import rendering

pytestmark = pytest.mark.needs("helm")
VARIANTS = pytest.mark.parametrize(
    "values", rendering.VARIANTS.values(), ids=list(rendering.VARIANTS)
)
# What an operator needs in the namespaces that it serves, and nowhere else.
IN_NAMESPACES = {
    ("allswell.dev", kind, verb, "")
    for kind in ("monitors", "statuspages")
    for verb in ("list", "watch")
} | {
    ("allswell.dev", "monitors/status", "patch", ""),
    ("allswell.dev", "statuspages/status", "patch", ""),
    ("events.k8s.io", "events", "create", ""),
    *(("", "pods", verb, "") for verb in ("get", "list", "watch", "delete")),
    *(
        (group, kind, verb, "")
        for group, kind in (("apps", "statefulsets"), ("", "configmaps"))
        for verb in ("get", "list", "watch", "create", "patch", "delete")
    ),
}
IN_THE_CLUSTER = {
    ("authentication.k8s.io", "tokenreviews", "create", ""),
    *(("", "namespaces", verb, "") for verb in ("get", "list", "watch")),
    *(
        ("apiextensions.k8s.io", "customresourcedefinitions", verb, "")
        for verb in ("get", "list", "watch")
    ),
}


def roles(objects: list[rendering.Json]) -> list[rendering.Json]:
    return [found for found in objects if found["kind"] in ("Role", "ClusterRole")]


@VARIANTS
def test_no_right_has_a_wildcard(values: rendering.Values) -> None:
    for role in roles(rendering.render(values)):
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
            assert "nonResourceURLs" not in rule


@VARIANTS
def test_secrets_are_read_by_name_in_the_own_namespace_and_nowhere_else(
    values: rendering.Values,
) -> None:
    for role in roles(rendering.render(values)):
        found = {rule for rule in rendering.rules(role) if rule[1] == "secrets"}
        if role["kind"] == "ClusterRole" or role["metadata"]["namespace"] != "allswell":
            assert found == set()
        else:
            # The keys of customers' host names are deleted with them, and never read.
            deleted = {"delete"} if values.get("pagesDomain") else set()
            assert {verb for _, _, verb, name in found if not name} == {"create"} | deleted
            assert {verb for _, _, verb, name in found if name} == {"get"}


def test_by_default_every_namespace_is_served() -> None:
    objects = rendering.render()
    (role,) = rendering.of_kind(objects, "ClusterRole").values()
    assert rendering.rules(role) == IN_NAMESPACES | IN_THE_CLUSTER


def test_with_names_the_rights_end_at_these_namespaces() -> None:
    objects = rendering.render(rendering.NAMESPACED)
    (role,) = rendering.of_kind(objects, "ClusterRole").values()
    assert rendering.rules(role) == IN_THE_CLUSTER
    places = {
        found["metadata"]["namespace"]: rendering.rules(found)
        for found in objects
        if found["kind"] == "Role"
    }
    own = places.pop("allswell")
    assert places == {"team-a": IN_NAMESPACES, "team-b": IN_NAMESPACES}
    assert {(resource, verb) for _, resource, verb, _ in own} == {
        ("secrets", "get"),
        ("secrets", "create"),
        ("configmaps", "get"),
        ("configmaps", "patch"),
        ("configmaps", "create"),
        ("leases", "get"),
        ("leases", "patch"),
        ("leases", "create"),
    }


@pytest.mark.parametrize(
    ("values", "routes"),
    [
        (rendering.HOSTNAMES, {"ingresses"}),
        (rendering.GATEWAY, {"httproutes", "listenersets"}),
    ],
)
def test_what_belongs_to_host_names_is_made_beside_the_page_and_nowhere_else(
    values: rendering.Values, routes: set[str]
) -> None:
    made = {"certificates", *routes}
    kinds = {*made, "certificates/status", "challenges"}
    for role in roles(rendering.render(values)):
        found = {(what, verb) for _, what, verb, _ in rendering.rules(role) if what in kinds}
        if role["metadata"].get("namespace") != "allswell":
            assert found == set()
            continue
        verbs = {(what, verb) for what in made for verb in ("list", "create", "patch", "delete")}
        assert found == verbs | {("certificates/status", "patch"), ("challenges", "list")}


@VARIANTS
def test_every_role_is_given_to_the_operator_alone(values: rendering.Values) -> None:
    objects = rendering.render(values)
    (account,) = [
        name for name in rendering.of_kind(objects, "ServiceAccount") if name.endswith("-operator")
    ]
    expected = {"kind": "ServiceAccount", "name": account, "namespace": "allswell"}
    bindings = [found for found in objects if found["kind"].endswith("Binding")]
    given = {
        (found["roleRef"]["kind"], found["roleRef"]["name"], found["metadata"].get("namespace"))
        for found in bindings
    }
    assert all(found["subjects"] == [expected] for found in bindings)
    assert given == {
        (role["kind"], role["metadata"]["name"], role["metadata"].get("namespace"))
        for role in roles(objects)
    }
