"""The StatusPage manifest, and the lines that a page shows."""

import pytest

from allswell.domain.spec import page
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.page import ComponentSpec, GroupEntry, GroupSpec, StatusPage
from allswell.domain.spec.selector import Expression, Selector
from tests.unit.domain.spec import manifests
from tests.unit.domain.spec.manifests import problems

HOST = page.HOSTNAME_ADVICE
LINE = "write one line of text"
QUOTES = "put it in quotes to make it text"


def test_what_is_not_written_has_its_default() -> None:
    assert StatusPage(Meta("api"), "Acme Status") == page.read(manifests.page())


def test_everything_that_is_written_is_taken() -> None:
    written = manifests.page(
        description="All of\nAcme",
        timeZone="Europe/Berlin",
        hostnames=["status.acme.com"],
        groups=[
            {"name": "API", "monitors": [{"name": "api", "title": "Public API"}, {"name": "db"}]},
            {
                "name": "Regions",
                "selector": {
                    "matchLabels": {"tier": "edge"},
                    "matchExpressions": [
                        {"key": "zone", "operator": "In", "values": ["eu", ""]},
                        {"key": "old", "operator": "DoesNotExist"},
                    ],
                },
            },
            {"name": "Everything", "selector": {}},
        ],
    )
    selector = Selector(
        {"tier": "edge"},
        (Expression("zone", "In", ("eu", "")), Expression("old", "DoesNotExist")),
    )
    expected = StatusPage(
        meta=Meta("api"),
        title="Acme Status",
        description="All of\nAcme",
        time_zone="Europe/Berlin",
        hostnames=("status.acme.com",),
        groups=(
            GroupSpec("API", (GroupEntry("api", "Public API"), GroupEntry("db"))),
            GroupSpec("Regions", (), selector),
            GroupSpec("Everything", (), Selector()),
        ),
    )
    assert expected == page.read(written)


def test_a_page_needs_a_spec() -> None:
    found = problems(page.read, manifests.manifest("StatusPage", None))
    assert found == [("spec", "this field is missing", "write spec: with a title and groups")]


@pytest.mark.parametrize(
    "host", ["a.de", "xn--bcher-kva.example", "1.2.example", "a.b.c.d.example"]
)
def test_a_full_host_name_is_taken(host: str) -> None:
    assert page.read(manifests.page(hostnames=[host])).hostnames == (host,)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "Status.acme.com",
        "*.acme.com",
        "10.0.0.1",
        "10.0.0.12",
        "a..com",
        "-a.com",
        "status.acme.com.",
        "status.acme.com\n",
        "http://a.com",
        "a.com:80",
        "bücher.de",
        "a.c",
    ],
)
def test_anything_but_a_full_host_name_is_refused(host: str) -> None:
    expected = ("spec.hostnames[0]", f"{host!r} is not allowed here", HOST)
    assert [expected] == problems(page.read, manifests.page(hostnames=[host]))


def group(**fields: object) -> list[dict[str, object]]:
    return [{"name": "API", "monitors": [{"name": "api"}], **fields}]


def selecting(**expression: object) -> list[dict[str, object]]:
    return group(selector={"matchExpressions": [expression]})


AT = "groups[0].selector.matchExpressions[0]"
OPERATORS = "In, NotIn, Exists, DoesNotExist"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"title": None},
            ("title", "this field is missing", "write the page's heading, like Acme Status"),
        ),
        ({"title": ""}, ("title", "this has 0 characters", "write 1 to 120 characters")),
        ({"title": " "}, ("title", "' ' is not allowed here", LINE)),
        ({"title": "a\nb"}, ("title", "'a\\nb' is not allowed here", LINE)),
        (
            {"title": "\ud800"},
            ("title", "this holds a character that cannot be stored", "leave it out"),
        ),
        ({"titel": "a"}, ("titel", "this field is unknown", "did you mean title?")),
        (
            {"timeZone": "Europe/Berlni"},
            ("timeZone", "'Europe/Berlni' is not a time zone", "did you mean Europe/Berlin?"),
        ),
        (
            {"timeZone": "Mars"},
            ("timeZone", "'Mars' is not a time zone", "write a name like Europe/Berlin"),
        ),
        (
            {"timeZone": "CEST"},
            ("timeZone", "'CEST' is not a time zone", "write a name like Europe/Berlin"),
        ),
        (
            {"timeZone": "../../etc"},
            ("timeZone", "'../../etc' is not a time zone", "write a name like Europe/Berlin"),
        ),
        (
            {"timeZone": "right/UTC"},
            ("timeZone", "'right/UTC' is not a time zone", "did you mean Etc/UTC?"),
        ),
        (
            {"hostnames": "a.de"},
            ("hostnames", "this is text, not a list", "begin each entry with a -"),
        ),
        ({"hostnames": [1]}, ("hostnames[0]", "this is a whole number, not text", QUOTES)),
        (
            {"hostnames": ["a.de", "b.de", "a.de"]},
            ("hostnames[2]", "'a.de' stands here twice", "remove one of the two"),
        ),
        (
            {"groups": [{"name": "A"}]},
            ("groups[0]", "this group shows nothing", "write monitors or a selector"),
        ),
        (
            {"groups": [{"name": "A", "monitors": []}]},
            ("groups[0]", "this group shows nothing", "write monitors or a selector"),
        ),
        (
            {"groups": group(name=None)},
            ("groups[0].name", "this field is missing", "write the group's heading"),
        ),
        (
            {"groups": group() + group()},
            ("groups[1]", "'API' stands here twice", "remove one of the two"),
        ),
        (
            {"groups": group(monitors={"name": "api"})},
            ("groups[0].monitors", "this is a mapping, not a list", "begin each entry with a -"),
        ),
        (
            {"groups": group(monitors=["api"])},
            (
                "groups[0].monitors[0]",
                "this is text",
                "write a mapping of fields, like name: api",
            ),
        ),
        (
            {"groups": group(monitors=[{"title": "A"}])},
            (
                "groups[0].monitors[0].name",
                "this field is missing",
                "write the name of a Monitor in this namespace",
            ),
        ),
        (
            {"groups": group(monitors=[{"name": "other/api"}])},
            (
                "groups[0].monitors[0].name",
                "'other/api' is not allowed here",
                "write the name of a Monitor in this namespace",
            ),
        ),
        (
            {"groups": group(monitors=[{"name": "a"}, {"name": "a"}])},
            ("groups[0].monitors[1]", "'a' stands here twice", "remove one of the two"),
        ),
        (
            {"groups": selecting(operator="Exists")},
            (f"{AT}.key", "this field is missing", "write the label's name"),
        ),
        (
            {"groups": selecting(key="a")},
            (f"{AT}.operator", "this field is missing", f"write one of {OPERATORS}"),
        ),
        (
            {"groups": selecting(key="a", operator="in", values=["b"])},
            (f"{AT}.operator", "'in' is not allowed here", "did you mean In?"),
        ),
        (
            {"groups": selecting(key="a", operator="In")},
            (f"{AT}.values", "In needs values", "write a list of them"),
        ),
        (
            {"groups": selecting(key="a", operator="Exists", values=["b"])},
            (f"{AT}.values", "Exists takes no values", "remove them"),
        ),
        (
            {"groups": selecting(key="a", operator="In", values=[1])},
            (f"{AT}.values[0]", "this is a whole number, not text", QUOTES),
        ),
        (
            {"groups": selecting(key="a", operator="In", values=["", "b", ""])},
            (f"{AT}.values[2]", "'' stands here twice", "remove one of the two"),
        ),
        (
            {"groups": group(selector={"matchLabels": {"tier": None}})},
            (
                "groups[0].selector.matchLabels.tier",
                "this label has no value",
                'write one, or "" for the empty one',
            ),
        ),
        (
            {"groups": group(selector={"matchLabel": {}})},
            ("groups[0].selector.matchLabel", "this field is unknown", "did you mean matchLabels?"),
        ),
        (
            {"groups": [{"name": f"g{n}", "selector": {}} for n in range(51)]},
            ("groups", "this has 51 entries", "write at most 50"),
        ),
    ],
)
def test_a_problem_is_named(spec: dict[str, object], expected: tuple[str, str, str]) -> None:
    path, wrong, instead = expected
    assert [(f"spec.{path}", wrong, instead)] == problems(page.read, manifests.page(**spec))


LABELS = {"tier": "edge", "zone": "eu"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), True),
        (Selector({"tier": "edge"}), True),
        (Selector({"tier": "core"}), False),
        (Selector({"none": "x"}), False),
        (Selector({}, (Expression("zone", "In", ("eu", "us")),)), True),
        (Selector({}, (Expression("zone", "In", ("us",)),)), False),
        (Selector({}, (Expression("none", "In", ("us",)),)), False),
        (Selector({}, (Expression("zone", "NotIn", ("us",)),)), True),
        (Selector({}, (Expression("zone", "NotIn", ("eu",)),)), False),
        (Selector({}, (Expression("none", "NotIn", ("eu",)),)), True),
        (Selector({}, (Expression("zone", "Exists"),)), True),
        (Selector({}, (Expression("none", "Exists"),)), False),
        (Selector({}, (Expression("none", "DoesNotExist"),)), True),
        (Selector({}, (Expression("zone", "DoesNotExist"),)), False),
        (Selector({"tier": "edge"}, (Expression("none", "Exists"),)), False),
    ],
)
def test_a_selector_selects_as_in_kubernetes(selector: Selector, *, expected: bool) -> None:
    assert expected is selector.matches(LABELS)


def shown(*groups: GroupSpec, monitors: list[Meta]) -> list[tuple[str, str, str]]:
    found = page.components(StatusPage(Meta("p", "acme"), "Acme", groups=groups), monitors)
    assert all(isinstance(line, ComponentSpec) for line in found)
    return [(line.group, line.monitor, line.title) for line in found]


def test_named_monitors_come_first_and_selected_ones_by_name() -> None:
    monitors = [Meta(name, "acme", LABELS) for name in ("d", "c", "b", "a")]
    group = GroupSpec(
        "All", (GroupEntry("c", "The C"), GroupEntry("b")), Selector({"tier": "edge"})
    )
    expected = [("All", "c", "The C"), ("All", "b", "b"), ("All", "a", "a"), ("All", "d", "d")]
    assert expected == shown(group, monitors=monitors)


def test_no_monitor_stands_twice_and_a_name_goes_before_a_selector() -> None:
    monitors = [Meta(name, "acme", LABELS) for name in ("a", "b")]
    groups = (
        GroupSpec("1", (), Selector()),
        GroupSpec("2", (GroupEntry("b"),), Selector()),
        GroupSpec("3", (GroupEntry("b"),)),
    )
    assert shown(*groups, monitors=monitors) == [("1", "a", "a"), ("2", "b", "b")]


def test_monitors_of_another_namespace_are_never_shown() -> None:
    group = GroupSpec("All", (GroupEntry("a"),), Selector())
    assert shown(group, monitors=[Meta("a", "other"), Meta("b", "other")]) == []


def test_a_monitor_that_is_not_selected_is_not_shown() -> None:
    group = GroupSpec("All", (), Selector({"tier": "core"}))
    assert shown(group, monitors=[Meta("a", "acme", LABELS)]) == []
