from pathlib import Path

import pytest

from allswell.cli import yamlfile
from allswell.cli.yamlfile import YamlContent


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "status.yaml"


def read(file: Path, text: str) -> YamlContent:
    file.write_text(text, encoding="utf-8", newline="")
    return yamlfile.read(file)


def values(content: YamlContent) -> list[object]:
    return [document.value for document in content.documents]


def sentences(content: YamlContent) -> list[str]:
    return [str(problem).removeprefix(f"{content.file}") for problem in content.problems]


def test_every_field_knows_its_line(file: Path) -> None:
    (document,) = read(file, "kind: A\nspec:\n  http:\n    url: x\n  tags:\n  - one\n").documents
    assert document.lines[("spec",)] == 2
    assert document.lines[("spec", "http")] == 3
    assert document.lines[("spec", "http", "url")] == 4
    assert document.lines[("spec", "tags", 0)] == 6


def test_a_problem_of_a_missing_field_has_the_line_of_what_would_hold_it(file: Path) -> None:
    (document,) = read(file, "kind: A\nspec:\n  http: {}\n").documents
    problem = document.problem_at(("spec", "http", "url"), "this is missing", "write it")
    assert str(problem) == f"{file}:3: spec.http.url: this is missing; write it"


def test_documents_of_one_file_count_lines_from_its_beginning(file: Path) -> None:
    content = read(file, "---\na: 1\n---\n# nothing\n---\n\nb: 2\n...\n")
    assert values(content) == [{"a": 1}, {"b": 2}]
    assert content.documents[1].line == 7


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n---\n", "~", "null\n"])
def test_a_file_of_nothing_is_whole_and_has_no_documents(file: Path, text: str) -> None:
    assert read(file, text) == YamlContent(file)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(file: Path) -> None:
    content = read(file, "\ufeffa: 1\r\nb:\r\n- 2\r\n")
    assert values(content) == [{"a": 1, "b": [2]}]
    assert content.documents[0].lines[("b", 0)] == 3


def test_json_is_read_as_well(file: Path) -> None:
    assert values(read(file, '{"a": [1, true, null, "\\u00e9"]}')) == [{"a": [1, True, None, "é"]}]


def test_a_field_that_is_repeated_is_a_problem_with_both_names_and_line(file: Path) -> None:
    content = read(file, "spec:\n  url: a\n  url: b\n")
    assert sentences(content) == [":3: spec.url: this field is repeated; remove one of the two"]


def test_a_merged_field_may_be_overridden(file: Path) -> None:
    content = read(file, "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n")
    assert values(content) == [{"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}}]
    assert content.problems == ()


def test_anchors_give_the_same_value_at_several_places(file: Path) -> None:
    assert values(read(file, "a: &a [1]\nb: *a\n")) == [{"a": [1], "b": [1]}]


def bomb(first: str, layer: str) -> str:
    lines = [f"l0: &l0 {first}"]
    lines += [f"l{n}: &l{n} {layer.format(', '.join(9 * [f'*l{n - 1}']))}" for n in range(1, 40)]
    return "\n".join(lines)


@pytest.mark.parametrize("layer", ["[{}]", "{{<<: [{}]}}", "{{? [{}] : x}}"])
def test_aliases_upon_aliases_cost_no_more_than_they_are_long(file: Path, layer: str) -> None:
    content = read(file, bomb("{x: 1}", layer))
    assert len(content.documents) + len(content.problems) == 1


def test_tabs_are_a_problem_that_says_to_use_spaces(file: Path) -> None:
    (problem,) = read(file, "spec:\n\turl: x\n").problems
    assert (problem.line, problem.instead) == (2, "indent with spaces, not with tabs")


def test_an_uneven_indent_is_a_problem_that_says_how_to_indent(file: Path) -> None:
    (problem,) = read(file, "metadata:\n  name: api\n spec:\n").problems
    advice = "indent fields that belong together by the same number of spaces"
    assert (problem.line, problem.instead) == (3, advice)


def test_what_comes_before_broken_syntax_is_still_read(file: Path) -> None:
    content = read(file, "a: 1\n---\nb: [\n")
    assert values(content) == [{"a": 1}]
    assert not content.is_complete
    assert content.problems[0].wrong.startswith("this is not YAML: ")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        "{a: " * 10_000,
        "- " * 10_000,
        f"a: {'[' * 60}{']' * 60}",
        "a: !!python/object:os.system {}",
        "a: !!bool maybe",
        "a: !!int ''",
        "a: !!timestamp never",
        "a: 2026-13-45",
        f"a: {'9' * 10_000}",
        "? [1]\n: 2",
        "%YAML 9.9\n---\na: 1",
        "a: \x07",
        "a: 'open",
        "*nowhere",
        "&a : *a : *a",
    ],
)
def test_whatever_cannot_be_used_is_a_problem_and_no_other_error(file: Path, text: str) -> None:
    content = read(file, text)
    assert not content.is_complete
    assert all(problem.wrong and problem.instead for problem in content.problems)


def test_a_value_that_its_type_refuses_names_the_document(file: Path) -> None:
    (problem,) = read(file, "a: 1\n---\nb: 2026-13-45\n").problems
    assert problem.line == 3
    assert "month must be in 1..12" in problem.wrong


def test_binary_is_a_problem_with_the_line_where_text_ends(file: Path) -> None:
    file.write_bytes(b"a: 1\nb: \xff\xfe\n")
    assert sentences(yamlfile.read(file)) == [":2: this is not UTF-8 text; save it as UTF-8"]


def test_a_huge_file_is_refused_unread(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(2**40)
    assert sentences(yamlfile.read(file)) == [": this file is larger than 4 MiB; split it"]


def test_a_file_that_is_not_there_is_a_problem(file: Path) -> None:
    assert sentences(yamlfile.read(file)) == [
        ": this cannot be read: No such file or directory; check the path"
    ]


def test_of_a_folder_the_manifests_are_taken_in_order_and_nothing_hidden(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "notes.txt", ".b.yaml.swp", ".hidden.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "deeper.yaml").mkdir()
    files = yamlfile.find_files([tmp_path, tmp_path / "b.yaml"])
    assert [file.name for file in files] == ["a.yml", "b.yaml", "c.json"]
