"""A mistake says where it is, what is wrong, and what to write instead."""

from datetime import date, datetime

import pytest

from allswell.domain.spec.problem import InvalidManifest, Path, Problem, dotted
from allswell.domain.spec.shown import kind_of, shown


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), ""),
        (("spec",), "spec"),
        (("spec", "groups", 0, "name"), "spec.groups[0].name"),
        (("metadata", "labels", "app.example/x"), "metadata.labels['app.example/x']"),
        (("spec", "a\nb"), "spec['a\\nb']"),
        (("spec", ""), "spec['']"),
    ],
)
def test_a_path_is_written_as_people_write_it(path: Path, expected: str) -> None:
    assert expected == dotted(path)


def test_a_long_name_is_cut_in_a_path() -> None:
    assert len(dotted(("spec", "x" * 1_000_000))) < 100


def test_a_problem_is_one_sentence() -> None:
    assert str(Problem(("spec",), "this is a list", "write a mapping")) == (
        "spec: this is a list; write a mapping"
    )


def test_a_problem_of_the_whole_manifest_names_no_place() -> None:
    assert (
        str(Problem((), "this is a list", "write a mapping")) == "this is a list; write a mapping"
    )


def test_the_error_says_one_problem_a_line() -> None:
    error = InvalidManifest((Problem(("a",), "b", "c"), Problem(("d",), "e", "f")))
    assert str(error) == "a: b; c\nd: e; f"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "nothing", "nothing"),
        ("a'b", "text", '"a\'b"'),
        ("x" * 61, "text", f"'{'x' * 60}…'"),
        (True, "true or false", "true"),
        (5, "a whole number", "5"),
        (-(10**18), "a whole number", "a whole number"),
        (0.5, "a number", "0.5"),
        ({}, "a mapping", "a mapping"),
        ([[]], "a list", "a list"),
        ((1,), "a list", "a list"),
        (b"x", "binary data", "binary data"),
        (date(2026, 1, 1), "a date", "a date"),
        (datetime(2026, 1, 1), "a date", "a date"),  # noqa: DTZ001 - as YAML reads it
        ({1}, "something else", "something else"),
    ],
)
def test_a_value_is_repeated_as_it_was_written_and_its_kind_in_words(
    value: object, kind: str, text: str
) -> None:
    assert (kind, text) == (kind_of(value), shown(value))
