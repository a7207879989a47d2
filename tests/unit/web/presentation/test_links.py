import pytest

from allswell_web.presentation.links import Links
from allswell_web.text.languages import ENGLISH, Language

GERMAN = Language("de")


@pytest.mark.parametrize(
    ("place", "root", "home"),
    [
        (Links("/"), "./", "./"),
        (Links("/components/x"), "../", "../"),
        (Links("/de/", "de/"), "../", "../de/"),
        (Links("/de/components/x", "de/"), "../../", "../../de/"),
    ],
)
def test_addresses_lead_back_to_the_root_from_any_depth(place: Links, root: str, home: str) -> None:
    assert (place.root, place.home) == (root, home)


def test_parts_stay_in_the_language_of_the_path() -> None:
    place = Links("/de/history/2026-11", "de/")
    assert place.component("x") == "../../de/components/x"
    assert place.incident("x") == "../../de/incidents/x"
    assert place.history() == "../../de/history"
    assert place.history("2026-10") == "../../de/history/2026-10"


def test_the_same_part_in_another_language_and_in_the_pages_own() -> None:
    place = Links("/de/components/x", "de/")
    assert place.in_language(GERMAN, ENGLISH) == "../../de/components/x"
    assert place.in_language(ENGLISH, ENGLISH) == "../../components/x"
    assert Links("/").in_language(GERMAN, ENGLISH) == "./de/"
