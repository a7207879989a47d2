import pytest

from allswell_web.status.component_status import ComponentStatus
from allswell_web.status.overall_status import OverallStatus, StatusExtent
from allswell_web.text import headline, languages

TITLES = ["A", "B", "C", "D"]


def sentence(
    status: ComponentStatus, *places: int, titles: list[str] = TITLES, code: str = "en"
) -> str:
    extent = StatusExtent.ALL if len(places) == len(titles) else StatusExtent.SOME
    return headline.of(
        OverallStatus(status, extent, places), titles, languages.of(code), is_stale=False
    )


@pytest.mark.parametrize(
    ("what", "one", "two", "every"),
    [
        (ComponentStatus.DOWN, "B is down", "2 of 4 components are down", "All systems are down"),
        (
            ComponentStatus.DEGRADED,
            "B is degraded",
            "2 of 4 components are degraded",
            "All systems are degraded",
        ),
        (
            ComponentStatus.MAINTENANCE,
            "B is under maintenance",
            "2 of 4 components are under maintenance",
            "All systems are under maintenance",
        ),
        (
            ComponentStatus.NEW,
            "No data yet from B",
            "No data yet from 2 of 4 components",
            "Waiting for the first checks",
        ),
        (
            ComponentStatus.UNKNOWN,
            "The status of B is unknown",
            "The status of 2 of 4 components is unknown",
            "The status of all systems is unknown",
        ),
    ],
)
def test_one_is_named_several_are_counted_and_all_are_all(
    what: ComponentStatus, one: str, two: str, every: str
) -> None:
    assert sentence(what, 1) == one
    assert sentence(what, 0, 3) == two
    assert sentence(what, 0, 1, 2, 3) == every


def test_the_only_component_of_a_page_is_named_where_that_says_more() -> None:
    assert sentence(ComponentStatus.DOWN, 0, titles=["A"]) == "A is down"
    assert sentence(ComponentStatus.UP, 0, titles=["A"]) == "All systems operational"
    assert (
        sentence(ComponentStatus.UNKNOWN, 0, titles=["A"]) == "The status of all systems is unknown"
    )


def test_other_languages_count_in_their_own_order() -> None:
    assert (
        sentence(ComponentStatus.DOWN, 0, 3, code="ja")
        == "4個中2個のコンポーネントが停止しています"
    )
    assert sentence(ComponentStatus.DOWN, 0, 3, code="fr") == "2 composants sur 4 sont en panne"


def test_a_name_with_braces_is_only_a_name() -> None:
    assert (
        sentence(ComponentStatus.DOWN, 1, titles=["A", "{name} {0}", "C"]) == "{name} {0} is down"
    )
