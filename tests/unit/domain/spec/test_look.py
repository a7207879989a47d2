"""The look of a page: what may be chosen, and what is said where it may not."""

import pytest

from allswell.domain.spec import look, page
from allswell.domain.spec.look import PageLink, PageLook
from tests.property.strategies import PICTURE
from tests.unit.domain.spec import manifests
from tests.unit.domain.spec.manifests import problems

DARKER = "write a darker colour, of 3 : 1 at least"
LIGHTER = "write accentColorDark: a lighter colour, of 3 : 1 at least"


def test_everything_that_is_written_is_taken() -> None:
    written = manifests.page(
        language="pt-BR",
        links=[{"title": "Help", "url": "https://acme.com/help?x=1"}],
        branding={
            "logo": PICTURE,
            "favicon": PICTURE,
            "accentColor": "#2145C7",
            "accentColorDark": "#8fabff",
            "variables": {"radius": "0px", "width": "80rem", "font": "Mono"},
        },
    )
    assert page.read(written).look == PageLook(
        language="pt-BR",
        links=(PageLink("Help", "https://acme.com/help?x=1"),),
        logo=PICTURE,
        favicon=PICTURE,
        accent="#2145C7",
        accent_dark="#8fabff",
        radius="0px",
        width="80rem",
        font="Mono",
    )


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        (
            {"accentColor": "#2145c7"},
            ("accentColor", "#2145c7 has a contrast of 2.2 : 1 on the dark page", LIGHTER),
        ),
        (
            {"accentColor": "#8fabff", "accentColorDark": "#8fabff"},
            ("accentColor", "#8fabff has a contrast of 2.0 : 1 on the light page", DARKER),
        ),
        (
            {"accentColor": "#2145c7", "accentColorDark": "#202020"},
            ("accentColorDark", "#202020 has a contrast of 1.0 : 1 on the dark page", LIGHTER),
        ),
    ],
)
def test_an_accent_that_cannot_be_seen_is_refused_with_its_contrast(
    colours: dict[str, str], expected: tuple[str, str, str]
) -> None:
    ((place, wrong, instead),) = problems(page.read, manifests.page(branding=colours))
    name, said, advice = expected
    assert (place, wrong, instead) == (f"spec.branding.{name}", said, advice)


@pytest.mark.parametrize("colour", ["#0f7d64", "#c2410c", "#767676"])
def test_one_accent_is_enough_where_it_can_be_seen_in_both_themes(colour: str) -> None:
    assert page.read(manifests.page(branding={"accentColor": colour})).look.accent == colour


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a b", 'http://"']
)
def test_a_link_leads_to_the_web_or_to_a_mailbox(url: str) -> None:
    written = manifests.page(links=[{"title": "a", "url": url}])
    ((place, _, instead),) = problems(page.read, written)
    assert (place, instead) == ("spec.links[0].url", look.URL_ADVICE)


@pytest.mark.parametrize(
    "picture",
    [
        "https://acme.com/logo.png",
        "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+",
        PICTURE.replace("image/png", "image/webp"),
        "data:image/png;base64," + "A" * 17,
        PICTURE + "A",
    ],
)
def test_a_picture_is_what_it_says_and_comes_with_the_manifest(picture: str) -> None:
    ((place, _, instead),) = problems(page.read, manifests.page(branding={"logo": picture}))
    assert (place, instead) == ("spec.branding.logo", look.PICTURE_ADVICE)


@pytest.mark.parametrize("picture", [PICTURE + "==", PICTURE + "=", PICTURE[:-1], PICTURE[:-2]])
def test_a_pictures_padding_is_passed_over(picture: str) -> None:
    assert page.read(manifests.page(branding={"logo": picture})).look.logo == picture
    assert look.decoded(picture)[1].startswith(b"\x89PNG")


def test_a_style_sheet_of_ones_own_is_no_field() -> None:
    found = problems(page.read, manifests.page(branding={"css": "*{display:none}"}))
    assert [place for place, _, _ in found] == ["spec.branding.css"]


def test_a_stored_look_is_read_back_without_its_pictures() -> None:
    whole = PageLook(
        "de", (PageLink("a", "https://a"),), PICTURE, PICTURE, "#0f7d64", "", "6px", "", "Mono"
    )
    assert look.parse(look.stored(whole)) == whole.without_pictures()
    assert look.stored(PageLook(logo=PICTURE)) == ""
    assert look.parse("") == PageLook()


@pytest.mark.parametrize("text", ["{", "[]", '{"language": "tlh"}', '{"branding": {"css": "x"}}'])
def test_a_stored_look_that_cannot_be_read_is_left_to_the_page(text: str) -> None:
    assert look.parse(text) == PageLook()


def test_a_link_without_text_or_address_says_what_to_write() -> None:
    found = problems(page.read, manifests.page(links=[{}]))
    assert found == [
        ("spec.links[0].title", "this field is missing", "write the link's text"),
        ("spec.links[0].url", "this field is missing", look.URL_ADVICE),
    ]


def test_an_accent_of_the_dark_theme_alone_is_refused() -> None:
    written = manifests.page(branding={"accentColorDark": "#8fabff"})
    assert problems(page.read, written) == [
        (
            "spec.branding.accentColorDark",
            "accentColor is missing",
            "write both, or accentColor",
        )
    ]


def test_an_accent_that_is_wrong_is_not_called_missing_as_well() -> None:
    written = manifests.page(branding={"accentColor": "blue", "accentColorDark": "#8fabff"})
    assert [path for path, _, _ in problems(page.read, written)] == ["spec.branding.accentColor"]
