from pathlib import Path

import pytest

from charts import documents
from charts.documents import Value

VALUES = """\
# Above everything.

# The first.
first: 1
# A group
# of two lines.
group:
  # Within | it.
  inner: {}
  bare: true
  # One with a structure.
  resources:
    requests: {cpu: 1}
"""


def test_a_value_is_described_by_the_comment_right_above_it() -> None:
    expected = (
        Value("first", "The first.", 1),
        Value(
            "group",
            "A group of two lines.",
            {"inner": {}, "bare": True, "resources": {"requests": {"cpu": 1}}},
        ),
        Value("group.inner", "Within | it.", {}),
        Value("group.resources", "One with a structure.", {"requests": {"cpu": 1}}),
    )
    assert documents.values(VALUES) == expected


def test_the_table_shows_defaults_of_values_but_not_of_groups() -> None:
    expected = (
        "| value | default | what it is |\n"
        "|---|---|---|\n"
        "| `first` | `1` | The first. |\n"
        "| `group` |  | A group of two lines. |\n"
        "| `group.inner` | `{}` | Within \\| it. |\n"
        '| `group.resources` | `{"requests": {"cpu": 1}}` | One with a structure. |'
    )
    assert documents.table(documents.values(VALUES)) == expected


def test_only_the_table_of_a_readme_is_replaced() -> None:
    before = f"head\n{documents.BEGIN}\nold\n{documents.END}\ntail\n"
    once = documents.readme(before, VALUES)
    assert once.startswith(f"head\n{documents.BEGIN}\n\n| value |")
    assert once.endswith(f"|\n\n{documents.END}\ntail\n")
    assert documents.readme(once, VALUES) == once


def test_a_readme_without_a_place_for_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="the README lacks the line <!-- The end"):
        documents.readme(documents.BEGIN, VALUES)


@pytest.mark.parametrize("path", documents.expected_files(), ids=lambda path: path.name)
def test_what_the_chart_repeats_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == documents.expected_files()[path], "run `make chart`"
