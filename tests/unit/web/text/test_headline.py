import pytest

from allswell_web.presentation.condition import Condition, ConditionExtent, PageCondition
from allswell_web.text import headline, language

TITLES = ["A", "B", "C", "D"]


def said(what: Condition, *places: int, titles: list[str] = TITLES, code: str = "en") -> str:
    extent = ConditionExtent.ALL if len(places) == len(titles) else ConditionExtent.SOME
    return headline.of(PageCondition(what, extent, places), titles, language.of(code), silent=False)


@pytest.mark.parametrize(
    ("what", "one", "two", "every"),
    [
        (Condition.DOWN, "B is down", "2 of 4 components are down", "All systems are down"),
        (
            Condition.DEGRADED,
            "B is degraded",
            "2 of 4 components are degraded",
            "All systems are degraded",
        ),
        (
            Condition.MAINTENANCE,
            "B is under maintenance",
            "2 of 4 components are under maintenance",
            "All systems are under maintenance",
        ),
        (
            Condition.NEW,
            "No data yet from B",
            "No data yet from 2 of 4 components",
            "The first checks are under way",
        ),
        (
            Condition.UNKNOWN,
            "We cannot see B",
            "We cannot see 2 of 4 components",
            "We cannot see any component",
        ),
    ],
)
def test_one_is_named_several_are_counted_and_all_are_all(
    what: Condition, one: str, two: str, every: str
) -> None:
    assert said(what, 1) == one
    assert said(what, 0, 3) == two
    assert said(what, 0, 1, 2, 3) == every


def test_the_only_component_of_a_page_is_named_where_that_says_more() -> None:
    assert said(Condition.DOWN, 0, titles=["A"]) == "A is down"
    assert said(Condition.UP, 0, titles=["A"]) == "All systems operational"
    assert said(Condition.UNKNOWN, 0, titles=["A"]) == "We cannot see any component"


def test_other_languages_count_in_their_own_order() -> None:
    assert said(Condition.DOWN, 0, 3, code="ja") == "4個中2個のコンポーネントが停止しています"
    assert said(Condition.DOWN, 0, 3, code="fr") == "2 composants sur 4 sont en panne"


def test_a_name_with_braces_is_only_a_name() -> None:
    assert said(Condition.DOWN, 1, titles=["A", "{name} {0}", "C"]) == "{name} {0} is down"
