import pytest

from allswell_web.presentation.links import Place
from allswell_web.text.language import ENGLISH, Language

GERMAN = Language("de")


@pytest.mark.parametrize(
    ("place", "root", "home"),
    [
        (Place("/"), "./", "./"),
        (Place("/components/x"), "../", "../"),
        (Place("/de/", "de/"), "../", "../de/"),
        (Place("/de/components/x", "de/"), "../../", "../../de/"),
    ],
)
def test_addresses_lead_back_to_the_root_from_any_depth(place: Place, root: str, home: str) -> None:
    assert (place.root, place.home) == (root, home)


def test_parts_stay_in_the_language_of_the_path() -> None:
    place = Place("/de/history/2026-11", "de/")
    assert place.component("x") == "../../de/components/x"
    assert place.incident("x") == "../../de/incidents/x"
    assert place.history() == "../../de/history"
    assert place.history("2026-10") == "../../de/history/2026-10"


def test_the_same_part_in_another_language_and_in_the_pages_own() -> None:
    place = Place("/de/components/x", "de/")
    assert place.in_language(GERMAN, ENGLISH) == "../../de/components/x"
    assert place.in_language(ENGLISH, ENGLISH) == "../../components/x"
    assert Place("/").in_language(GERMAN, ENGLISH) == "./de/"
