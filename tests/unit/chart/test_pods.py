"""Every pod is accepted where pod security is *restricted*, and told what the programs read."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from allswell.archive.bucket_settings import BucketSettings
from allswell.cli.programs import publish
from allswell.controller.config import settings as operator_settings
from allswell.controller.workload import rollout
from allswell.kube import names
from allswell_web import settings as web_settings
from charts.documents import ROOT
from tests.unit.chart import rendering

pytestmark = pytest.mark.needs("helm")
each_variant = pytest.mark.parametrize(
    "values", rendering.VARIANTS.values(), ids=rendering.VARIANTS
)
# Variables that name files of a pod.
FILES = (
    "ALLSWELL_CHECKER_EXTRA_CA_FILE",
    "ALLSWELL_ARCHIVE_CA_FILE",
    "ALLSWELL_ARCHIVE_ACCESS_KEY_ID_FILE",
    "ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY_FILE",
)
# What pod security *restricted* lets a pod mount.
VOLUMES = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"}


def pods(values: rendering.Values) -> Iterator[tuple[str, rendering.Json]]:
    """The pods of a variant; there are some."""
    found = dict(rendering.pods(rendering.render(values)))
    assert found
    yield from found.items()


@each_variant
def test_a_pod_is_restricted(values: rendering.Values) -> None:
    for name, pod in pods(values):
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod), name
        kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
        assert kinds <= VOLUMES, name


@each_variant
def test_a_container_can_gain_nothing_and_write_nowhere_but_where_it_is_told_to(
    values: rendering.Values,
) -> None:
    expected = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for name, pod in pods(values):
        assert all(it["securityContext"] == expected for it in pod["containers"]), name


@each_variant
def test_a_container_asks_for_what_it_needs_and_its_memory_ends_somewhere(
    values: rendering.Values,
) -> None:
    for name, pod in pods(values):
        for container in pod["containers"]:
            assert container["resources"]["requests"], name
            assert container["resources"]["limits"]["memory"], name
            assert "cpu" not in container["resources"]["limits"], name


@each_variant
def test_our_own_image_runs_as_the_user_that_it_was_made_for(values: rendering.Values) -> None:
    (user,) = re.findall(
        r"^USER (\d+:\d+)$", (ROOT / "Containerfile").read_text("utf-8"), re.MULTILINE
    )
    for name, pod in rendering.pods(rendering.render(values)):
        security = pod["securityContext"]
        if not name.endswith("-database"):
            assert f"{security['runAsUser']}:{security['runAsGroup']}" == user


@pytest.mark.parametrize("values", rendering.VARIANTS.values(), ids=rendering.VARIANTS)
def test_only_the_operator_has_an_account_at_the_api_server(values: rendering.Values) -> None:
    objects = rendering.render(values)
    using = [
        name
        for name, spec in rendering.pods(objects)
        if spec.get("automountServiceAccountToken", True)
    ]
    (operator,) = using
    assert operator.endswith("-operator")
    assert all(spec["enableServiceLinks"] is False for _, spec in rendering.pods(objects))


def written(objects: list[rendering.Json], component: str) -> dict[str, str]:
    """Return the variables as a process would see them, but for those that come from a Secret."""
    found = rendering.environment(objects, component)
    return {
        name: value if isinstance(value, str) else "allswell"
        for name, value in found.items()
        if name not in ("ALLSWELL_DATABASE_URL_FILE", "ALLSWELL_REDIS_URL")
    } | {"ALLSWELL_DATABASE_URL": "postgresql://somebody@db/allswell"}


@pytest.mark.parametrize("values", rendering.VARIANTS.values(), ids=rendering.VARIANTS)
def test_the_operator_can_read_its_settings(values: rendering.Values) -> None:
    variables = written(rendering.render(values), "operator")
    for file in FILES:
        variables.pop(file, None)
    assert operator_settings.read(variables).watched == tuple(values.get("watchNamespaces", ()))


@pytest.mark.parametrize("values", rendering.VARIANTS.values(), ids=rendering.VARIANTS)
def test_the_page_can_read_its_settings(values: rendering.Values) -> None:
    found = web_settings.read(written(rendering.render(values), "web"))
    assert (found.host, found.port) == ("0.0.0.0", 8080)
    assert found.base_url == values.get("page", {}).get("url", "http://127.0.0.1:8080")


def test_what_is_set_reaches_the_page() -> None:
    objects = rendering.render(rendering.FULL)
    found = web_settings.read(written(objects, "web"))
    assert (found.threads, found.index, found.hsts, found.access_log) == (8, True, True, True)
    assert [str(network) for network in found.trusted_proxies] == ["10.0.0.0/8"]
    assert found.own_hosts == ("status.example.com",)
    redis = rendering.environment(objects, "web")["ALLSWELL_REDIS_URL"]
    assert redis == {"secretKeyRef": {"name": "shared", "key": "url"}}
    assert str(found.cache_dir) in {
        mount["mountPath"] for mount in rendering.container(objects, "web")["volumeMounts"]
    }


def test_a_static_copy_is_published_by_a_process_that_alone_has_the_buckets_key() -> None:
    copy = {"bucket": "copies", "prefix": "status/", "region": "eu-central-1"}
    objects = rendering.render({"page": {"staticCopy": copy}})
    found = publish.read(written(objects, "publisher"))
    where = found.bucket
    assert (where.bucket, where.prefix, where.region) == ("copies", "status/", "eu-central-1")
    assert found.page.collector is not None
    holding = {
        name
        for name, pod in rendering.pods(rendering.render(rendering.FULL))
        if any(it.get("secret", {}).get("secretName") == "copies" for it in pod["volumes"])
    }
    assert holding == {"Deployment watch-publisher"}


def test_the_archives_key_is_the_operators_alone() -> None:
    objects = rendering.render(rendering.FULL)
    found = operator_settings.read(written(objects, "operator") | dict.fromkeys(FILES, ""))
    assert found.archive == BucketSettings(
        bucket="results",
        prefix="allswell/a",
        endpoint="https://minio.example.com:9000",
        region="eu-central-1",
        style="virtual",
        encryption="aws:kms",
        kms_key="alias/results",
    )
    assert found.delete_archived_after == timedelta(days=30)
    holding = {
        name
        for name, pod in rendering.pods(objects)
        if any(it.get("secret", {}).get("secretName") == "results" for it in pod["volumes"])
    }
    assert holding == {"Deployment watch-operator"}


def test_the_archives_authorities_are_a_file_of_the_operator() -> None:
    objects = rendering.render(rendering.FULL)
    pod = rendering.of_kind(objects, "Deployment")["watch-operator"]["spec"]["template"]["spec"]
    source = mounted(pod["containers"][0], pod)["/etc/allswell/archive-ca"]["configMap"]["name"]
    content = rendering.of_kind(objects, "ConfigMap")[source]["data"]["ca.crt"]
    assert content == rendering.FULL["archive"]["ca"]


def test_a_role_for_the_archive_is_named_on_the_operators_account() -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/results"}
    values = {"archive": {"bucket": "results"}, "operator": {"serviceAccountAnnotations": role}}
    objects = rendering.render(values)
    account = rendering.of_kind(objects, "ServiceAccount")["allswell-operator"]
    assert account["metadata"]["annotations"] == role
    assert "ALLSWELL_ARCHIVE_ACCESS_KEY_ID_FILE" not in written(objects, "operator")


def test_without_a_bucket_nothing_is_archived() -> None:
    variables = rendering.environment(rendering.render(), "operator")
    assert [name for name in variables if "ARCHIVE" in name] == []


def test_without_a_bucket_nothing_is_published() -> None:
    assert "allswell-publisher" not in rendering.of_kind(rendering.render(), "Deployment")


def test_by_default_nobody_is_shown_the_list_of_all_pages() -> None:
    assert web_settings.read(written(rendering.render(), "web")).index is False


def test_what_is_set_reaches_the_operator() -> None:
    found = operator_settings.read(
        written(rendering.render(rendering.FULL), "operator") | dict.fromkeys(FILES, "")
    )
    shape = found.checker
    assert (found.workers, str(found.batch)) == (4, str(rollout.parse("7")))
    assert found.page_url == "https://status.example.com"
    assert shape.image == rendering.container(rendering.render(rendering.FULL), "operator")["image"]
    assert shape.pull_policy == "Always"
    assert shape.pull_secrets == ("registry",)
    assert shape.references == ("one.example.com:443", "two.example.com:443")
    assert [str(network) for network in shape.denied] == ["10.0.0.0/8", "fd00::/8"]
    assert shape.allow_private is False
    assert shape.metrics_open is True
    assert (shape.grace.least.seconds, shape.grace.most.seconds) == (90, 300)
    assert (shape.cpu_request, shape.memory_request, shape.memory_limit) == (20, 2**26, 2**28)
    assert (shape.storage_class, shape.priority_class, shape.log_level) == (
        "slow",
        "low",
        "WARNING",
    )
    assert shape.node_selector == {"pool": "checks", "zone": "a"}


def variables(text: str) -> Iterator[str]:
    yield from re.findall(r"\bALLSWELL_[A-Z_]+\b", text)


@pytest.mark.parametrize(
    ("component", "source"),
    [
        ("operator", "operator/allswell/controller"),
        ("web", "webpage/allswell_web"),
    ],
)
def test_no_variable_is_set_that_the_program_does_not_read(component: str, source: str) -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / source).rglob("*.py"))
    given = {
        name
        for values in rendering.VARIANTS.values()
        for name in rendering.environment(rendering.render(values), component)
        if name.startswith("ALLSWELL_")
    }
    # A secret may also be in the file that this names.
    assert {name.removesuffix("_FILE") for name in given} <= {
        name.removesuffix("_FILE") for name in variables(text)
    }


def mounted(container: rendering.Json, pod: rendering.Json) -> dict[str, Any]:
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    return {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}


def test_the_authorities_of_the_checkers_targets_are_a_file_of_the_operator() -> None:
    objects = rendering.render(rendering.FULL)
    pod = rendering.of_kind(objects, "Deployment")["watch-operator"]["spec"]["template"]["spec"]
    source = mounted(pod["containers"][0], pod)["/etc/allswell/cas"]["configMap"]["name"]
    content = rendering.of_kind(objects, "ConfigMap")[source]["data"]["extra.crt"]
    assert content == rendering.FULL["checker"]["extraCAs"]
    file = rendering.environment(objects, "operator")["ALLSWELL_CHECKER_EXTRA_CA_FILE"]
    assert file == "/etc/allswell/cas/extra.crt"


def test_operator_and_page_have_their_own_addresses_of_an_external_database() -> None:
    objects = rendering.render(rendering.EXTERNAL)
    for component, key in (("operator", "rw"), ("web", "ro")):
        deployment = rendering.of_kind(objects, "Deployment")[f"allswell-{component}"]
        pod = deployment["spec"]["template"]["spec"]
        expected = {"secretName": "central", "items": [{"key": key, "path": "url"}]}
        assert mounted(pod["containers"][0], pod)["/etc/allswell/database"]["secret"] == expected
    assert rendering.of_kind(objects, "StatefulSet") == {}


def test_the_page_proves_who_it_is_by_a_token_that_only_the_collector_takes() -> None:
    objects = rendering.render()
    pod = rendering.of_kind(objects, "Deployment")["allswell-web"]["spec"]["template"]["spec"]
    found = mounted(pod["containers"][0], pod)
    (source,) = found["/var/run/secrets/allswell.dev"]["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == names.AUDIENCE
    told = rendering.environment(objects, "operator")
    assert pod["serviceAccountName"] == told["ALLSWELL_WEB_SERVICE_ACCOUNT"]
    assert found["/etc/allswell/ca"]["configMap"]["name"] == told["ALLSWELL_CA_CONFIGMAP"]


def test_the_operator_is_one_and_never_two_at_an_upgrade() -> None:
    spec = rendering.of_kind(rendering.render(), "Deployment")["allswell-operator"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_the_pages_are_several_spread_out_and_never_all_away() -> None:
    objects = rendering.render()
    deployment = rendering.of_kind(objects, "Deployment")["allswell-web"]
    labels = deployment["spec"]["selector"]["matchLabels"]
    pod = deployment["spec"]["template"]
    spread = pod["spec"]["topologySpreadConstraints"]
    budget = rendering.of_kind(objects, "PodDisruptionBudget")["allswell-web"]["spec"]
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert {entry["topologyKey"] for entry in spread} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }
    assert all(entry["labelSelector"]["matchLabels"] == labels for entry in spread)
    assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    assert labels.items() <= pod["metadata"]["labels"].items()


def test_one_page_alone_may_be_moved_by_a_drain() -> None:
    objects = rendering.render({"page": {"replicas": 1}})
    assert rendering.of_kind(objects, "PodDisruptionBudget") == {}


@pytest.mark.parametrize("values", rendering.VARIANTS.values(), ids=rendering.VARIANTS)
def test_what_runs_for_ever_is_probed_at_a_port_that_it_has(values: rendering.Values) -> None:
    for name, pod in rendering.pods(rendering.render(values)):
        (container,) = pod["containers"]
        if name.startswith("Pod ") or name.endswith("-publisher"):
            continue
        ports = {port["name"] for port in container["ports"]}
        for probe in (container["readinessProbe"], container["livenessProbe"]):
            assert "exec" in probe or probe["httpGet"]["port"] in ports


def test_the_place_of_pods_can_be_chosen() -> None:
    objects = rendering.render(rendering.FULL)
    for name in ("watch-operator", "watch-web"):
        template = rendering.of_kind(objects, "Deployment")[name]["spec"]["template"]
        pod = template["spec"]
        assert pod["nodeSelector"] == rendering.PLACE["nodeSelector"]
        assert pod["tolerations"] == rendering.PLACE["tolerations"]
        assert pod["priorityClassName"] == "high"
        assert pod["imagePullSecrets"] == [{"name": "registry"}]
        assert pod["containers"][0]["resources"] == rendering.PLACE["resources"]
        assert rendering.PLACE["extraEnv"][0] in pod["containers"][0]["env"]
        assert template["metadata"]["annotations"]["example.com/note"] == "yes"
