from pathlib import Path
from textwrap import dedent

import pytest

from allswell.cli import manifests
from allswell.cli.manifests import ManifestFile
from allswell.domain.spec.http import SecretKey

MONITOR = """\
apiVersion: allswell.dev/v1alpha1
kind: Monitor
metadata: {name: NAME}
spec: {http: {url: "https://example.com/"}}
"""


def monitor(name: str) -> str:
    return MONITOR.replace("NAME", name)


def loaded(folder: Path, *texts: str) -> tuple[ManifestFile, ...]:
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(dedent(text))
    return manifests.load([folder])


def sentences(folder: Path, *texts: str) -> list[str]:
    files = loaded(folder, *texts)
    return [str(problem).removeprefix(f"{folder}/") for problem in manifests.problems(files)]


def names(files: tuple[ManifestFile, ...]) -> list[str]:
    return [item.key[2] for file in files for item in file.items if item.key and item.resource]


def test_all_documents_of_all_files_are_read(tmp_path: Path) -> None:
    files = loaded(tmp_path, f"{monitor('a')}---\n{monitor('b')}", monitor("c"))
    assert names(files) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "head",
    [
        "apiVersion: apps/v1\nkind: Deployment",
        "apiVersion: v1\nkind: ConfigMap",
        "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor",
        "apiVersion: example.com/v1\nkind: Monitor",
        "apiVersion: external-secrets.io/v1\nkind: Secret",
    ],
)
def test_what_belongs_to_others_is_passed_over(tmp_path: Path, head: str) -> None:
    (file,) = loaded(tmp_path, f"{head}\nmetadata: {{name: x}}\nwhatever: 1\n")
    assert (file.items, file.problems) == ((), ())


@pytest.mark.parametrize(
    ("head", "path", "advice"),
    [
        ("apiVersion: allswell.dev/v1alpha1\nkind: monitor", "kind", "did you mean Monitor?"),
        ("apiVersion: allswell.dev/v1alpha1\nkind: MONITORS", "kind", "did you mean Monitor?"),
        ("apiVersion: allswell.dev/v1\nkind: Statuspage", "kind", "did you mean StatusPage?"),
        (
            "apiVersion: allswell.dev/v1alpha1\nkind: Pod",
            "kind",
            "write one of Monitor, StatusPage",
        ),
        ("apiVersion: allswel.dev/v1alpha1\nkind: Monitr", "kind", "did you mean Monitor?"),
        ("kind: Montior", "kind", "did you mean Monitor?"),
        ("apiVersion: allswell.dev/v1alpha1", "kind", "write one of Monitor, StatusPage"),
        ("{}", "kind", "write one of Monitor, StatusPage"),
        ("just text", "", "write apiVersion, kind and spec"),
        ("[1, 2]", "", "write apiVersion, kind and spec"),
    ],
)
def test_what_nearly_is_ours_is_a_problem_with_the_right_word(
    tmp_path: Path, head: str, path: str, advice: str
) -> None:
    (file,) = loaded(tmp_path, head)
    assert [(problem.path, problem.instead) for problem in file.problems] == [(path, advice)]
    assert file.items[0].key is None


@pytest.mark.parametrize("version", ["allswell.com/v1", "allswell.dev/v1", "v1alpha1", "''"])
def test_our_kind_of_a_wrong_version_is_told_the_right_one(tmp_path: Path, version: str) -> None:
    text = monitor("a").replace("allswell.dev/v1alpha1", version)
    (sentence,) = sentences(tmp_path, text)
    assert sentence.endswith("write allswell.dev/v1alpha1")


def test_an_object_that_is_defined_in_two_files_is_a_problem_of_the_second(tmp_path: Path) -> None:
    files = loaded(tmp_path, monitor("a"), f"# a copy\n{monitor('a')}")
    (problem,) = manifests.problems(files)
    assert (problem.file, problem.line, problem.path) == (tmp_path / "1.yaml", 4, "metadata.name")
    assert problem.wrong == f"Monitor a is already defined in {tmp_path}/0.yaml:1"
    assert names(files) == ["a"]


def test_one_name_in_two_namespaces_or_kinds_is_two_objects(tmp_path: Path) -> None:
    other = monitor("a").replace("{name: a}", "{name: a, namespace: edge}")
    page = (
        "apiVersion: allswell.dev/v1alpha1\nkind: StatusPage\nmetadata: {name: a}\nspec: {title: T}"
    )
    assert sentences(tmp_path, monitor("a"), other, page) == []


def test_a_list_is_its_entries_with_their_places(tmp_path: Path) -> None:
    text = """\
        apiVersion: v1
        kind: List
        items:
        - apiVersion: allswell.dev/v1alpha1
          kind: Monitor
          metadata: {name: a}
          spec: {tcp: {host: db, port: 5432}}
        - apiVersion: v1
          kind: ConfigMap
        - apiVersion: allswell.dev/v1alpha1
          kind: Monitor
          metadata: {name: b}
          spec: {tcp: {host: db, prot: 5432}}
        """
    files = loaded(tmp_path, text)
    assert names(files) == ["a"]
    problems = [(p.line, p.path) for p in manifests.problems(files)]
    assert sorted(problems) == [(13, "items[2].spec.tcp.port"), (13, "items[2].spec.tcp.prot")]


def test_a_wrong_object_keeps_its_identity_if_its_name_is_one(tmp_path: Path) -> None:
    (file,) = loaded(tmp_path, monitor("a").replace("spec:", "speck:"))
    assert (file.items[0].key, file.items[0].resource) == (("Monitor", "default", "a"), None)


@pytest.mark.parametrize("name", ["[a]", "5", "2026-01-01", "A", "a_b", "''", "../x", "~"])
def test_an_object_whose_name_is_none_has_no_identity(tmp_path: Path, name: str) -> None:
    (file,) = loaded(tmp_path, monitor(name))
    assert file.items[0].key is None
    assert [problem.path for problem in file.problems] == ["metadata.name"]


def test_problems_of_a_file_stand_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = f"spec: 1\n---\n{monitor('a')}metadata: {{}}\n---\n{monitor('b')}---\n[\n"
    lines = [problem.line for problem in manifests.problems(loaded(tmp_path, text))]
    assert lines == sorted(lines)
    assert len(lines) >= 3


def test_secrets_are_those_of_the_namespace(tmp_path: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: NS}\nstringData: {k: V}"
    one, two = (secret.replace("NS", ns).replace("V", ns) for ns in ("one", "two"))
    resources = manifests.resources(loaded(tmp_path, one, two))
    assert manifests.secrets(resources, "one") == {SecretKey("s", "k"): "one"}
    assert manifests.secrets(resources, "three") == {}


@pytest.mark.parametrize("field", ["apiVersion", "kind", "metadata", "spec", "data", "items"])
@pytest.mark.parametrize("kind", ["Monitor", "StatusPage", "Secret", "List"])
def test_a_field_made_endless_by_aliases_is_only_a_problem(
    tmp_path: Path, field: str, kind: str
) -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join(9 * [f'*l{n - 1}'])}]\n" for n in range(1, 40))
    head = "" if field == "kind" else f"kind: {kind}\n"
    files = loaded(tmp_path, f"l0: &l0 x\n{layers}{head}{field}: *l39\n")
    assert manifests.resources(files) == ()
