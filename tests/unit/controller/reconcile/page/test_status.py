"""The status of a StatusPage, from what is known of it."""

import pytest

from allswell.controller.hostnames.status import HostnameState
from allswell.controller.reconcile.page import status as page_status
from allswell.domain.spec.meta import Meta
from allswell.domain.state import State
from allswell.kube.views.page import PageAddress, StatusPageView
from tests.unit.controller.objects import NOW

MAIN = ("acme", "main")


def page(**spec: object) -> StatusPageView:
    """Return the page `main`, which names the monitors api and web."""
    named = [{"name": "api"}, {"name": "web"}]
    groups = {"title": "Acme", "groups": [{"name": "All", "monitors": named}]}
    return StatusPageView.parse(
        {
            "apiVersion": "allswell.dev/v1alpha1",
            "kind": "StatusPage",
            "metadata": {"name": "main", "namespace": "acme", "uid": "p1", "generation": 3},
            "spec": groups | spec,
        }
    )


def test_a_page_that_cannot_be_read_has_no_components_and_names_every_problem() -> None:
    invalid = page(timeZone="Nowhere", groups="none").spec
    ready = page_status.ready(invalid, page_status.components(invalid, [Meta("api", "acme")]))
    assert (ready.status, ready.reason) == ("False", "InvalidSpec")
    assert [word for word in ("spec.timeZone", "spec.groups") if word not in ready.message] == []


def test_a_page_is_ready_without_the_monitors_that_are_not_there_and_names_them() -> None:
    shown = page_status.components(page().spec, [Meta("api", "acme")])
    ready = page_status.ready(page().spec, shown)
    assert (ready.status, ready.reason, ready.message) == (
        "True",
        "MonitorsMissing",
        "not there: web",
    )


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], State.UNKNOWN),
        ([State.PAUSED, State.UP], State.UP),
        ([State.UP, State.UNKNOWN], State.UNKNOWN),
        ([State.UNKNOWN, State.DEGRADED], State.DEGRADED),
        ([State.DOWN, State.DEGRADED], State.DOWN),
    ],
)
def test_the_state_of_a_page_is_the_worst_of_its_monitors(
    states: list[State], expected: State
) -> None:
    assert page_status.overall(states) is expected


def test_a_page_is_at_its_own_host_else_under_its_path_else_nowhere() -> None:
    states = (HostnameState("status.acme.com", unserved=True),)
    found = [
        page_status.address(MAIN, base, target, states)
        for base, target in (("https://s.io/", "m.pages.io"), ("https://s.io/", ""), ("", ""))
    ]
    assert found == [
        PageAddress("https://m.pages.io/", "m.pages.io"),
        PageAddress("https://s.io/acme/main/", ""),
        PageAddress("", ""),
    ]


def test_a_status_bears_the_generation_that_it_is_about() -> None:
    view = page()
    ready = page_status.ready(view.spec, ())
    status = page_status.build(view, ready, State.UP, PageAddress("https://s.io/"), NOW)
    assert status.content["observedGeneration"] == 3
    assert [entry.observed_generation for entry in status.conditions] == [3]
    assert (status.content["state"], status.content["url"]) == ("up", "https://s.io/")
