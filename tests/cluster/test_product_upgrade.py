"""Upgrade and rollback with the real Helm, while a checker runs: nothing of its history is lost."""

import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.cluster import installation, monitor_pods, product
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation, Values
from tests.cluster.targets import Target

pytestmark = [pytest.mark.node, pytest.mark.timeout(400)]
OTHER = "localhost/allswell:other"


def test_an_upgrade_from_the_chart_before_and_a_rollback_lose_nothing(
    *,
    cluster: Cluster,
    release: Installation,
    usual: Values,
    target: Target,
    namespace: str,
    tmp_path: Path,
) -> None:
    assert cluster.lab is not None
    product.image(cluster)
    # The same image by another name stands for another version of it.
    tag = ["ctr", "--namespace=k8s.io", "images", "tag", "--force", f"{product.NAME}", OTHER]
    subprocess.run([*cluster.lab.inside(), *tag], check=True, capture_output=True)
    # The chart before may not know all that is said to this one.
    known = installation.merge(installation.QUICK, {"checker": {"extraCAs": target.authority}})
    older = installation.merge(known, {"image": {"tag": "other"}})

    release.install(older, installation.previous_chart(tmp_path))
    api = monitor_pods.start(cluster, namespace, "api", target.url("/upgraded"))
    first = min(api.samples())

    def runs(image: str) -> bool:
        containers = api.pod().get("spec", {}).get("containers", [{}])
        return bool(containers[0].get("image") == image and api.condition("Ready") == "True")

    assert runs(OTHER)
    # No domain is dedicated to pages here, so they are found by path, as the README ends with.
    installation.apply(cluster, namespace, monitor_pods.page("acme", "api"))
    with cluster.forwarding(release.namespace, "service/allswell-web", 80) as url:
        address = f"{url}/{namespace}/acme/"
        wait_until(lambda: "The page acme" in text_of(address), what=f"the page is at {address}")
    release.install(usual)
    wait_until(lambda: runs(product.NAME), what="the checker runs the new image", limit=90)
    release.helm("rollback", "allswell", "--namespace", release.namespace, "--wait")
    wait_until(lambda: runs(OTHER), what="the checker runs the old image again", limit=90)
    release.install(usual)
    wait_until(lambda: runs(product.NAME), what="and the new one", limit=90)
    assert min(api.samples()) == first
    assert [state for state, _ in api.transitions(release)] == ["up"]
    assert (
        len(release.kubectl("exec", "deployment/allswell-web", "--", "allswell", "--version")) > 0
    )


def text_of(address: str) -> str:
    """Return what a browser would get; nothing when nobody answers well."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def test_helm_test_is_content(release: Installation) -> None:
    said = release.helm("test", "allswell", "--namespace", release.namespace, "--logs")
    assert "the collector asks for a token: 401" in said
