import pytest

from allswell_web.presentation.links import Links
from allswell_web.text.languages import ENGLISH, Language

GERMAN = Language("de")


@pytest.mark.parametrize(
    ("links", "root", "home"),
    [
        (Links("/"), "./", "./"),
        (Links("/components/x"), "../", "../"),
        (Links("/de/", "de/"), "../", "../de/"),
        (Links("/de/components/x", "de/"), "../../", "../../de/"),
    ],
)
def test_addresses_lead_back_to_the_root_from_any_depth(links: Links, root: str, home: str) -> None:
    assert (links.root, links.home) == (root, home)


def test_parts_stay_in_the_language_of_the_path() -> None:
    links = Links("/de/history/2026-11", "de/")
    assert links.component("x") == "../../de/components/x"
    assert links.incident("x") == "../../de/incidents/x"
    assert links.history() == "../../de/history"
    assert links.history("2026-10") == "../../de/history/2026-10"


def test_the_same_part_in_another_language_and_in_the_pages_own() -> None:
    links = Links("/de/components/x", "de/")
    assert links.in_language(GERMAN, ENGLISH) == "../../de/components/x"
    assert links.in_language(ENGLISH, ENGLISH) == "../../components/x"
    assert Links("/").in_language(GERMAN, ENGLISH) == "./de/"
