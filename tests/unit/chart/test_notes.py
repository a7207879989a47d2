"""What Helm prints after an install: it says what to do next, and that is right."""

import pytest
import yaml

from allswell.domain.spec import monitor, page
from charts.documents import CHART
from tests.unit.chart import rendering

pytestmark = pytest.mark.needs("helm")


def notes(*arguments: str) -> str:
    place = ["allswell", str(CHART), "--namespace", "home", "--dry-run=client"]
    said = rendering.helm("install", *place, *arguments)
    return said.partition("\nNOTES:\n")[2]


def test_the_first_manifests_are_good_as_they_are_pasted() -> None:
    text = notes().split("<<'MANIFEST'\n")[1].split("\nMANIFEST\n")[0]
    first, second = yaml.safe_load_all(text)
    assert monitor.read(first).meta.name == "example"
    shown = [entry.name for group in page.read(second).groups for entry in group.monitors]
    assert shown == ["example"]


def test_a_database_that_is_not_for_production_is_called_so() -> None:
    assert "NOT FOR PRODUCTION" in notes()
    assert "NOT FOR PRODUCTION" not in notes("--set", "database.existingSecret=central")


def test_who_may_read_figures_is_said_where_they_are_to_be_read() -> None:
    words = "allow one in another namespace in networkPolicy.metricsFrom"
    wanted = "serviceMonitor.enabled=true"
    named = "networkPolicy.metricsFrom[0].podSelector.matchLabels.app=prometheus"
    assert words in notes("--set", wanted)
    assert words not in notes()
    assert words not in notes("--set", wanted, "--set", named)


def test_the_way_to_a_page_is_the_one_that_there_is() -> None:
    forward = "port-forward service/allswell-web 8080:80"
    assert f"kubectl --namespace home {forward}\n" in notes()
    public = notes("--set", "page.url=https://status.example.com,page.ingress.enabled=true")
    assert "Pages are at https://status.example.com/<namespace>/<name>/\n" in public
    assert forward not in public
    assert "creates no Ingress" in notes("--set", "page.url=https://status.example.com")


def test_the_first_page_is_where_monitors_are_served() -> None:
    said = notes("--set", "watchNamespaces={team-a,team-b}")
    assert "kubectl apply --namespace team-a -f -" in said
    assert "http://127.0.0.1:8080/team-a/first/" in said


def test_only_where_an_image_of_ones_own_is_named_nothing_is_said_of_building_one() -> None:
    assert "docker build --file Containerfile --tag allswell:" in notes()
    assert "docker build" not in notes("--set", "image.repository=registry.example.com/allswell")


def test_what_stays_is_told_as_it_is() -> None:
    assert "delete crd monitors.allswell.dev statuspages.allswell.dev\n" in notes()
    assert "delete crd" not in notes("--set", "crds.keep=false")
    assert "data-allswell-database-0" not in notes("--set", "database.existingSecret=central")


def test_the_certificate_of_all_pages_is_named_where_it_was_made_for_the_release() -> None:
    domain = "pagesDomain=acme-pages.net,pagesCertificate"
    made = notes("--set", f"{domain}.issuerRef.name=letsencrypt-dns")
    assert "delete secret allswell-pages-key allswell-pages-tls\n" in made
    given = notes("--set", f"{domain}.existingSecret=wildcard")
    assert "delete secret allswell-pages-key\n" in given
