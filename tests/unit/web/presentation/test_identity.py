import re

from allswell_web.presentation import identity


def test_an_id_is_twelve_letters_and_digits_and_always_the_same() -> None:
    assert identity.of("page", "API") == "uwiw072bekht"
    assert re.fullmatch("[a-z0-9]{12}", identity.of(""))


def test_parts_are_told_apart() -> None:
    assert identity.of("a", "bc") != identity.of("ab", "c")


def test_a_urn_is_a_uuid_of_version_five() -> None:
    assert identity.urn("page", "incident") == "urn:uuid:2595fcc0-3a49-507a-90f4-2434ef4550a7"
    assert identity.urn("page", "incident") != identity.urn("incident", "page")
