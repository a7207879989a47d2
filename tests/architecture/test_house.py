"""Test what the linter cannot say about where things are."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = [ROOT / "operator", ROOT / "webpage"]
MODULES = sorted(path for root in ROOTS for path in root.rglob("*.py"))
DOMAIN = sorted((ROOT / "operator/allswell/domain").rglob("*.py"))

# A kind of check is named as the manifest names it.
ALSO_IN_THE_STANDARD_LIBRARY = {"http"}

# What decides may calculate, spell and compare; a new name here needs a reason in its commit.
ALLOWED_IN_DOMAIN = {
    "allswell.domain",
    "__future__",
    "abc",
    "base64",
    "bisect",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "hmac",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "struct",
    "types",
    "typing",
    "unicodedata",
    "urllib.parse",
    "zoneinfo",
}

# What reads a field of a Kubernetes object by its path.
FIELD_READERS = {"at", "block", "blocks", "entry", "number", "owner", "text", "texts"}


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case ast.ImportFrom(level=level):
                names.add(f"{'.' * level} (a relative import)")
    return names


def attributes_of_manifest(path: Path) -> set[str]:
    """Return what a module uses of `allswell.kube.manifest`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "manifest"
    }


def is_allowed(name: str) -> bool:
    return name in ALLOWED_IN_DOMAIN or name.startswith("allswell.domain.")


@pytest.mark.parametrize("root", ROOTS, ids=place)
def test_a_source_root_is_no_package(root: Path) -> None:
    # With one, `operator` would hide the standard library's module of that name.
    assert root.is_dir()
    assert not (root / "__init__.py").exists()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_module_is_named_like_one_of_the_standard_library(path: Path) -> None:
    name = path.parent.name if path.stem == "__init__" else path.stem
    assert name not in sys.stdlib_module_names - ALSO_IN_THE_STANDARD_LIBRARY


@pytest.mark.parametrize("path", DOMAIN, ids=place)
def test_the_domain_imports_only_what_calculates(path: Path) -> None:
    assert {name for name in imported(path) if not is_allowed(name)} == set()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_paths_of_kubernetes_fields_stand_in_kube_alone() -> None:
    controller = sorted((ROOT / "operator/allswell/controller").rglob("*.py"))
    found = {place(path) for path in controller if FIELD_READERS & attributes_of_manifest(path)}
    assert found == set()


def test_the_concept_table_names_folders_that_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.split("\n## Where a concept lives\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")][2:]
    named = [re.findall(r"`([^`]+)`", cell) for cell in rows]
    assert rows
    assert all(named), "every row names a folder"
    assert [p for cell in named for p in cell if not (ROOT / p).exists()] == []


def test_the_concept_table_has_a_row_for_each_folder_with_code() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders = {path.parent for path in MODULES if path.name != "__init__.py"}
    missing = [place(folder) for folder in folders if f"| `{place(folder)}` |" not in text]
    assert [name for name in missing if "/migrations" not in name] == []


def test_the_index_of_decisions_names_each_of_them() -> None:
    folder = ROOT / "docs/decisions"
    text = (folder / "README.md").read_text(encoding="utf-8")
    papers = sorted(folder.glob("[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in papers]
    expected = [
        f"| [{title[2:].split('.')[0]}]({path.name}) | {title.split('. ', 1)[1]} |"
        for path, title in zip(papers, titles, strict=True)
    ]
    assert [row for row in expected if row not in text] == []


def test_every_file_of_the_glossary_exists() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_/]+\.py)`", text)
    assert named
    assert [name for name in named if not (ROOT / "operator/allswell" / name).exists()] == []


def test_the_lock_holds_names_versions_and_hashes_only() -> None:
    line = re.compile(
        r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
    )
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    lines = [text for lock in locks for text in lock.read_text(encoding="utf-8").splitlines()]
    assert [lock.name for lock in locks] == ["build.lock", "dev.lock", "runtime.lock"]
    assert [text for text in lines if not line.fullmatch(text)] == []


def test_all_locks_pin_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return {line.split(" ")[0] for line in text.splitlines() if "==" in line and line[0] != " "}

    assert pins("runtime.lock") <= pins("dev.lock")
    assert pins("build.lock") <= pins("dev.lock")


def test_the_run_time_lock_holds_no_build_tool() -> None:
    lines = (ROOT / "requirements/runtime.lock").read_text(encoding="utf-8").splitlines()
    names = {line.split("==")[0] for line in lines if "==" in line}
    assert names & {"hatchling", "editables", "trove-classifiers", "pluggy"} == set()
