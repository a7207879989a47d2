import pytest

from allswell.domain import colour


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#FFFFFF", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.478),
        ("#0f9d74", "#ffffff", 3.445),
    ],
)
def test_contrast_is_that_of_wcag_and_the_same_both_ways(
    first: str, second: str, expected: float
) -> None:
    assert round(colour.contrast(first, second), 3) == expected
    assert colour.contrast(first, second) == colour.contrast(second, first)


@pytest.mark.parametrize("text", ["", "#fff", "red", "#ffffff0", "#gggggg", "ffffffff"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a colour|invalid literal"):
        colour.parse(text)
