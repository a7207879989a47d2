from pathlib import Path
from textwrap import dedent

import pytest

from tests import style


def source(text: str) -> style.Source:
    read = style.read_source(dedent(text), "here.py")
    assert read is not None
    return read


def test_a_body_starts_after_the_docstring() -> None:
    [function] = source('''
        def f() -> int:
            """One.

            Two.
            """
            a = 1
            return a
    ''').functions
    assert function.body == 2


def test_a_function_with_only_a_docstring_has_no_body() -> None:
    [function] = source('def f() -> None:\n    """Say nothing."""\n').functions
    assert function.body == 0


def test_a_file_with_only_a_docstring_is_not_counted() -> None:
    assert style.read_source('"""A room."""\n', "room/__init__.py") is None


def test_nested_functions_and_methods_are_counted() -> None:
    found = source("""
        class A:
            def f(self) -> None:
                def g() -> None:
                    pass
    """).functions
    assert sorted(f.place.split()[1] for f in found) == ["f", "g"]


@pytest.mark.parametrize(
    ("text", "annotated"),
    [
        ("def f(a: int, *b: int, c: int, **d: int) -> None: ...", True),
        ("def f(a): ...", False),
        ("def f(a: int): ...", False),
        ("def f(a: int, *b) -> None: ...", False),
        ("def f(*, a) -> None: ...", False),
        ("async def f(a, /) -> None: ...", False),
        ("class A:\n  def f(self) -> None: ...", True),
        ("class A:\n  @staticmethod\n  def f(a) -> None: ...", False),
    ],
)
def test_annotated_means_every_parameter_and_the_result(text: str, annotated: bool) -> None:
    [function] = source(text).functions
    assert function.annotated is annotated


@pytest.mark.parametrize(
    "call",
    [
        "monkeypatch.setattr('a.b', 1)",
        "self.monkeypatch.setattr(a, 'b', 1)",
        "mock.patch('a.b')",
        "unittest.mock.patch('a.b')",
        "patch('a.b')",
        "patch.object(a, 'b')",
        "mocker.patch.object(a, 'b')",
    ],
)
def test_replacing_insides_counts_as_patching(call: str) -> None:
    assert style.patches(call, "test.py")


@pytest.mark.parametrize(
    "call", ["monkeypatch.setenv('A', '1')", "monkeypatch.chdir(a)", "client.patch('/x')"]
)
def test_environment_and_http_verbs_are_no_patching(call: str) -> None:
    assert not style.patches(call, "test.py")


def test_nearest_rank_is_a_value_that_occurs() -> None:
    assert style.nearest_rank([5, 1, 4, 2, 3, 6, 7, 8, 9, 10], 0.9) == 9


def lines_of(body: int, *, lines: int = 100, annotated: bool = True) -> dict[str, style.Line]:
    function = style.Function("a.py:1 f", body, annotated)
    found = style.figures([style.Source("a.py", lines, (function,))], [])
    return {line.name: line for line in found}


def test_the_limits_themselves_are_good() -> None:
    lines = lines_of(50, lines=400)
    assert lines["body_lines_longest"].good
    assert lines["file_lines_longest"].good
    assert lines["annotated_percent"].good


def test_beyond_a_limit_the_row_names_the_place() -> None:
    lines = lines_of(51, lines=401, annotated=False)
    assert not lines["body_lines_longest"].good
    assert str(lines["body_lines_longest"]).endswith("short  a.py:1 f")
    assert not lines["file_lines_longest"].good
    assert str(lines["annotated_percent"]).endswith("a.py:1 f")


def test_an_aim_that_is_missed_is_shown_and_not_enforced() -> None:
    median = lines_of(50)["body_lines_median"]
    assert (median.good, median.must) == (False, False)


VERBS = {"return", "say"}


def shown(*sources: style.Source) -> dict[str, str]:
    rows = (row.split() for row in style.shape(sources, VERBS))
    return {name: value for name, value, *_ in rows}


def at(place: str, text: str) -> style.Source:
    read = style.read_source(dedent(text), place)
    assert read is not None
    return read


def test_the_largest_folder_is_counted_without_what_lies_below_it() -> None:
    paths = ["operator/a/x.py", "operator/a/y.py", "operator/a/b/z.py"]
    assert shown(*(at(p, "a = 1\n") for p in paths))["modules_in_largest_folder"] == "2"


def test_class_names_count_once_however_often_they_are_repeated() -> None:
    twice = [at(f"operator/{n}.py", "class A: ...\nclass B: ...\n") for n in "xyz"]
    assert shown(*twice, at("operator/w.py", "class C: ...\n"))["class_names_used_twice"] == "2"


def test_docstrings_of_modules_and_functions_are_to_begin_with_a_verb() -> None:
    one = at(
        "operator/x.py",
        '''
        """The room."""

        class A:
            """A class may be a noun."""

            def f(self) -> None:
                """Say nothing."""

            def g(self) -> None:
                """Whether nothing is said."""
        ''',
    )
    assert shown(one)["docstrings_without_a_verb"] == "2"


def test_fan_out_counts_each_module_of_ours_once() -> None:
    one = at(
        "operator/allswell/x.py",
        """
        import os
        from allswell import y
        from allswell.y import A, B
        from allswell.z import C
        from elsewhere import D
        """,
    )
    others = [at(f"operator/allswell/{n}.py", "a = 1\n") for n in "yz"]
    assert shown(one, *others)["largest_fan_out"] == "2"


def test_the_known_verbs_are_sorted_and_there_once() -> None:
    lines = (Path(style.__file__).parent / "verbs.txt").read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
