"""What the StatefulSet and the ConfigMap of a Monitor say."""

import json
from dataclasses import replace
from ipaddress import ip_network

import pytest

from allswell.checker import config
from allswell.controller.config.environment import MOST_DENIED
from allswell.controller.config.settings import MOST_TRUSTED
from allswell.domain.spec import monitor as spec
from allswell.domain.spec.monitor import Monitor
from allswell.kube import configmap, manifest, names, statefulset
from allswell.kube.manifest import Json
from tests.unit.domain.spec import manifests
from tests.unit.kube.shapes import SHAPE, monitor

# The API server's own bound for all that a ConfigMap holds.
MOST_IN_CONFIGMAP = 2**20
SECRET = {"name": "api", "key": "token"}
WITH_SECRETS = monitor(
    http={
        "url": "https://example.com/",
        "headers": [
            {"name": "Authorization", "valueFrom": {"secretKeyRef": SECRET}},
            {"name": "X-Again", "valueFrom": {"secretKeyRef": SECRET}},
            {"name": "X-Other", "valueFrom": {"secretKeyRef": {"name": "api", "key": "id"}}},
        ],
    }
)


def pod(of: Monitor) -> Json:
    return manifest.block(statefulset.build(of, SHAPE), "spec", "template", "spec")


def container(of: Monitor) -> Json:
    return manifest.blocks(pod(of), "containers")[0]


def rolls(one: Monitor, other: Monitor) -> bool:
    first, second = (
        manifest.block(statefulset.build(m, SHAPE), "spec", "template") for m in (one, other)
    )
    return first != second


def test_the_checker_reads_the_list_that_the_configmap_holds() -> None:
    written = manifest.block(configmap.build(monitor(interval="10s"), SHAPE), "data")
    parsed = config.parse(str(written[configmap.LIST]))
    assert parsed.monitors[0].interval == monitor(interval="10s").interval
    assert (parsed.allow_loopback, parsed.allow_private) == (False, True)
    assert written[configmap.CA] == SHAPE.ca


@pytest.mark.parametrize("character", ["😀", '"', "\\", "\x01", "\x7f"])
def test_the_largest_monitor_has_room_in_a_configmap(character: str) -> None:
    certificates = "c" * MOST_TRUSTED
    denied = tuple(ip_network(f"2001:db8:{n:x}:ffff:ffff:ffff::/96") for n in range(MOST_DENIED))
    told = replace(SHAPE, trusted=certificates, archive_ca=certificates, denied=denied)
    wanted = spec.read(manifests.largest(character))
    written = configmap.data(wanted, told)
    assert sum(len(it.encode()) for it in written.values()) < MOST_IN_CONFIGMAP
    assert config.parse(written[configmap.LIST]).monitors[0].check == wanted.check


def test_a_change_of_what_is_checked_rolls_the_pod() -> None:
    assert rolls(monitor(), monitor(interval="10s"))
    assert rolls(monitor(), monitor(http={"url": "https://example.com/health"}))


def test_labels_and_a_pause_do_not_roll_the_pod() -> None:
    labelled = replace(monitor(), meta=replace(monitor().meta, labels={"tier": "edge"}))
    assert not rolls(monitor(), labelled)
    assert not rolls(monitor(), monitor(paused=True))


def test_the_checker_is_told_what_the_installation_denies() -> None:
    shape = replace(SHAPE, denied=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    parsed = config.parse(configmap.data(monitor(), shape)[configmap.LIST])
    assert parsed.denied == shape.denied
    one, other = (statefulset.build(monitor(), it)["spec"] for it in (SHAPE, shape))
    assert one != other


def test_another_ca_rolls_the_pod() -> None:
    other = statefulset.build(monitor(), replace(SHAPE, ca="another"))
    mine = statefulset.build(monitor(), SHAPE)
    assert manifest.block(other, "spec", "template") != manifest.block(mine, "spec", "template")


def test_authorities_of_the_installation_reach_the_checker_and_roll_the_pod() -> None:
    told = replace(SHAPE, trusted="-- another CA --\n")
    made = statefulset.build(monitor(), told)
    checker = manifest.blocks(made, "spec", "template", "spec", "containers")[0]
    named = manifest.entry(manifest.blocks(checker, "env"), "name", "ALLSWELL_EXTRA_CA_FILE")
    volume = manifest.blocks(made, "spec", "template", "spec", "volumes")[0]
    files = manifest.blocks(
        manifest.blocks(volume, "projected", "sources")[0], "configMap", "items"
    )
    assert configmap.data(monitor(), told)["trusted.crt"] == "-- another CA --\n"
    assert named["value"] == "/etc/allswell/trusted.crt"
    assert {"key": "trusted.crt", "path": "trusted.crt"} in files
    assert "trusted.crt" not in configmap.data(monitor(), SHAPE)
    assert made["spec"] != statefulset.build(monitor(), SHAPE)["spec"]


def test_the_archives_authorities_reach_the_checker_and_roll_the_pod() -> None:
    told = replace(SHAPE, archive_ca="-- the store's CA --\n")
    made = statefulset.build(monitor(), told)
    checker = manifest.blocks(made, "spec", "template", "spec", "containers")[0]
    named = manifest.entry(manifest.blocks(checker, "env"), "name", "ALLSWELL_ARCHIVE_CA_FILE")
    assert named["value"] == "/etc/allswell/archive.crt"
    assert configmap.data(monitor(), told)["archive.crt"] == "-- the store's CA --\n"
    assert made["spec"] != statefulset.build(monitor(), SHAPE)["spec"]


def test_figures_are_open_only_where_the_installation_says_so() -> None:
    found = [
        manifest.entry(manifest.blocks(made, "env"), "name", "ALLSWELL_METRICS_OPEN")
        for told in (SHAPE, replace(SHAPE, metrics_open=True))
        for made in manifest.blocks(
            statefulset.build(monitor(), told), "spec", "template", "spec", "containers"
        )
    ]
    assert found == [{}, {"name": "ALLSWELL_METRICS_OPEN", "value": "1"}]


def test_a_pause_takes_the_pod_and_keeps_the_volume() -> None:
    paused = statefulset.build(monitor(paused=True), SHAPE)
    assert manifest.at(paused, "spec", "replicas") == 0
    assert manifest.block(paused, "spec", "persistentVolumeClaimRetentionPolicy") == {
        "whenDeleted": "Delete",
        "whenScaled": "Retain",
    }


def test_children_carry_nothing_of_the_parent_but_its_name_and_uid() -> None:
    for child in (statefulset.build(monitor(), SHAPE), configmap.build(monitor(), SHAPE)):
        assert "argocd" not in json.dumps(child)
        assert manifest.owner(child) == {
            "apiVersion": "allswell.dev/v1alpha1",
            "kind": "Monitor",
            "name": "api",
            "uid": "uid-of-api",
            "controller": True,
            "blockOwnerDeletion": False,
        }


def test_secrets_are_mounted_by_key_and_never_required() -> None:
    sources = manifest.blocks(pod(WITH_SECRETS), "volumes")[0]
    secrets = manifest.blocks(sources, "projected", "sources")[1:]
    assert secrets == (
        {
            "secret": {
                "name": "api",
                "optional": True,
                "items": [
                    {"key": "id", "path": "secrets/api/id"},
                    {"key": "token", "path": "secrets/api/token"},
                ],
            }
        },
    )


def test_the_pod_fulfils_pod_security_restricted() -> None:
    found = pod(monitor())
    own = manifest.block(container(monitor()), "securityContext")
    assert manifest.at(found, "securityContext", "runAsNonRoot") is True
    assert manifest.text(found, "securityContext", "seccompProfile", "type") == "RuntimeDefault"
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert own["readOnlyRootFilesystem"] is True


def test_the_pod_holds_no_account_but_a_token_of_our_audience() -> None:
    found = pod(monitor())
    identity = manifest.blocks(found, "volumes")[1]
    source = manifest.blocks(identity, "projected", "sources")[0]
    assert found["automountServiceAccountToken"] is False
    assert found["serviceAccountName"] == "default"
    assert source["serviceAccountToken"] == {
        "audience": "allswell-collector",
        "expirationSeconds": 600,
        "path": "token",
    }


def test_there_is_a_limit_of_memory_and_none_of_the_processor() -> None:
    assert manifest.block(container(monitor()), "resources") == {
        "requests": {"cpu": "10m", "memory": "48Mi"},
        "limits": {"memory": "128Mi"},
    }


def test_a_persistent_monitor_claims_a_volume_of_its_size() -> None:
    built = statefulset.build(
        monitor(storage={"size": "1024Mi"}), replace(SHAPE, storage_class="s")
    )
    claim = manifest.blocks(built, "spec", "volumeClaimTemplates")[0]
    assert manifest.text(claim, "spec", "resources", "requests", "storage") == "1Gi"
    assert manifest.text(claim, "spec", "storageClassName") == "s"


def test_an_ephemeral_monitor_claims_none() -> None:
    ephemeral = monitor(storage={"kind": "Ephemeral", "size": "16Mi"})
    built = statefulset.build(ephemeral, SHAPE)
    assert "volumeClaimTemplates" not in manifest.block(built, "spec")
    assert manifest.blocks(pod(ephemeral), "volumes")[-1] == {
        "name": "data",
        "emptyDir": {"sizeLimit": "24Mi"},
    }


def test_the_installation_may_say_where_pods_run() -> None:
    placed = replace(SHAPE, pull_secrets=("reg",), node_selector={"a": "b"}, priority_class="low")
    found = manifest.block(statefulset.build(monitor(), placed), "spec", "template", "spec")
    assert found["imagePullSecrets"] == [{"name": "reg"}]
    assert found["nodeSelector"] == {"a": "b"}
    assert found["priorityClassName"] == "low"


def test_the_longest_name_leaves_room_for_a_revision() -> None:
    assert len(names.checker("a" * 45)) + len("-") + 10 <= 63
    assert names.pod("api") == "api-check-0"


def test_what_is_selected_by_is_a_part_of_the_labels() -> None:
    assert names.selector_labels("api").items() <= names.labels("api").items()
    for pair in names.SELECTOR.split(","):
        key, _, value = pair.partition("=")
        assert names.labels("api")[key] == value
