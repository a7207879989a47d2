"""Check that a badge stays one picture whatever a name is, and that its number is the oracle's."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from allswell_web.api.badges import badge, svg
from allswell_web.api.badges.badge import Badge
from allswell_web.api.route import RouteRequest
from tests.unit.web import fakes

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
TAGS = ["svg", "title", "path", "path", "g", "text", "text"]


@given(texts, texts)
def test_no_text_becomes_markup_or_an_attribute(label: str, message: str) -> None:
    picture = ET.fromstring(svg.draw(Badge(label, message or "x")))
    assert [element.tag.rpartition("}")[2] for element in picture.iter()] == TAGS
    assert set(picture.attrib) == {"width", "height", "role", "aria-label"}
    names = {name for element in picture.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name for name in names)


@given(texts)
def test_a_components_name_makes_a_short_label(title: str) -> None:
    request = RouteRequest(fakes.facts(fakes.component(1, title)), {}, fakes.NOW, "")
    shown = badge.of_component(request, "comp00000001", "state")
    assert len(shown.label) <= badge.MAX_LETTERS
    assert shown.message == "up"
