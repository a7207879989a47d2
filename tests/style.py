"""Measure how our source reads, and fail where a limit that must hold is broken.

A body is what a reader has to hold in mind: the lines from the first statement after the docstring
to the last. Medians and the 90th percentile are aims and only shown, as are the figures of the
house's shape and of how docstrings begin (`verbs.txt` lists the verbs known); the rest are limits.
"""

import ast
import math
import statistics
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef

SOURCES = ("operator", "webpage")
TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: where it is, its body's lines, whether it is fully annotated."""

    place: str
    body: int
    annotated: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One source file: what it defines, imports, and says first in each docstring."""

    place: str
    lines: int
    functions: tuple[Function, ...]
    classes: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()
    first_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One printed figure; ``must`` tells a limit from an aim."""

    name: str
    value: float
    limit: float
    good: bool
    must: bool
    where: str = ""

    def __str__(self) -> str:
        """Show the figure as a row."""
        verdict = "ok" if self.good else "short"
        row = f"{self.name:<28} {self.value:>7g} {self.limit:>7g}  {verdict:<5}"
        return f"{row}  {self.where}".rstrip()


def without_docstring(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """Return the statements after a leading docstring."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


def body_lines(function: AnyFunction) -> int:
    """Count the lines from the first statement after the docstring to the last."""
    body = without_docstring(function.body)
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1 if body else 0


def is_annotated(function: AnyFunction, *, method: bool) -> bool:
    """Tell whether every parameter (but self or cls) and the result have a type."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    static = any(
        isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list
    )
    own = positional[1:] if method and not static else positional
    star = [arg for arg in (given.vararg, given.kwarg) if arg]
    parameters = [*own, *given.kwonlyargs, *star]
    return function.returns is not None and all(arg.annotation for arg in parameters)


def functions(tree: ast.Module, place: str) -> Iterator[Function]:
    """Yield every function of a module, nested ones too."""
    for parent in ast.walk(tree):
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, AnyFunction):
                annotated = is_annotated(node, method=isinstance(parent, ast.ClassDef))
                yield Function(f"{place}:{node.lineno} {node.name}", body_lines(node), annotated)


def read_source(text: str, place: str) -> Source | None:
    """Measure one file; None if it holds nothing but a docstring."""
    tree = ast.parse(text, place)
    if not without_docstring(tree.body):
        return None
    return Source(
        place,
        len(text.splitlines()),
        tuple(functions(tree, place)),
        tuple(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)),
        frozenset(own_imports(tree)),
        tuple(first_words(tree)),
    )


def own_imports(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted name of each thing that is imported from our own packages."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("allswell"):
                yield from (f"{module}.{alias.name}" for alias in names)


def first_words(tree: ast.Module) -> Iterator[str]:
    """Yield the first word of the docstring of the module and of every function in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | AnyFunction) and (text := ast.get_docstring(node)):
            yield text.split()[0].strip(".,:;`").lower()


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` for a chain of names, else the part that is one."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}".lstrip(".")
    return ""


def patches(text: str, place: str) -> bool:
    """Tell whether a test file replaces the insides of what it tests."""
    called = {dotted(n.func) for n in ast.walk(ast.parse(text, place)) if isinstance(n, ast.Call)}
    return any(is_patch(name.split(".")) for name in called)


def is_patch(name: Sequence[str]) -> bool:
    """Recognise ``monkeypatch.setattr``, ``mock.patch``, ``patch.object`` and their kin."""
    match name:
        case [*_, "monkeypatch", "setattr" | "setitem" | "delattr"]:
            return True
        case ["patch"] | ["patch", "object" | "dict" | "multiple"]:
            return True
        case [*_, "mock" | "mocker", "patch"] | [*_, "mock" | "mocker", "patch", _]:
            return True
    return False


def aim(name: str, value: float, limit: float) -> Line:
    """Make a figure that is only shown."""
    return Line(name, value, limit, good=value <= limit, must=False)


def most(name: str, sizes: Iterable[tuple[int, str]], limit: int) -> Line:
    """Make the limit on the largest, naming it."""
    value, where = max(sizes)
    return Line(name, value, limit, good=value <= limit, must=True, where=where)


def nearest_rank(values: Sequence[int], share: float) -> int:
    """Return the smallest value that at least ``share`` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def figures(sources: Sequence[Source], patching: Sequence[str]) -> list[Line]:
    """Turn what was measured into rows with verdicts."""
    every = [f for source in sources for f in source.functions]
    bodies = [f.body for f in every]
    bare = [f.place for f in every if not f.annotated]
    share = math.floor(1000 * (len(every) - len(bare)) / len(every)) / 10
    patched = " ".join(patching)
    return [
        aim("body_lines_median", statistics.median(bodies), 7),
        aim("body_lines_p90", nearest_rank(bodies, 0.9), 25),
        most("body_lines_longest", [(f.body, f.place) for f in every], 50),
        aim("file_lines_median", statistics.median(s.lines for s in sources), 120),
        most("file_lines_longest", [(s.lines, s.place) for s in sources], 400),
        Line("annotated_percent", share, 100, good=not bare, must=True, where=" ".join(bare)),
        Line("test_files_that_patch", len(patching), 0, not patching, must=True, where=patched),
    ]


def shape(sources: Sequence[Source], verbs: Collection[str]) -> list[str]:
    """Turn the shape of the house, and how its docstrings begin, into rows that never fail."""
    folders = Counter(str(Path(source.place).parent) for source in sources)
    names = Counter(name for source in sources for name in source.classes)
    words = [word for source in sources for word in source.first_words]
    modules = {module_name(source.place) for source in sources}
    fans = [(fan_out(source, modules), source.place) for source in sources]
    return [
        shown("modules_in_largest_folder", *max((n, folder) for folder, n in folders.items())),
        shown("class_names_used_twice", sum(count > 1 for count in names.values())),
        shown("docstrings_without_a_verb", sum(word not in verbs for word in words)),
        shown("largest_fan_out", *max(fans)),
    ]


def module_name(place: str) -> str:
    """Return the dotted name of the module at a path like ``operator/allswell/x/y.py``."""
    parts = Path(place).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def fan_out(source: Source, modules: Collection[str]) -> int:
    """Count the modules of ours that a module imports, itself or something of theirs."""
    return len({n if n in modules else n.rpartition(".")[0] for n in source.imports})


def shown(name: str, value: int, where: str = "") -> str:
    """Write a figure that has no limit."""
    return f"{name:<28} {value:>7g} {'-':>7}  {'':<5}  {where}".rstrip()


def files(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    """Yield the text and the path of every Python file below a folder."""
    for path in sorted((root / folder).rglob("*.py")):
        yield path.read_text(encoding="utf-8"), str(path.relative_to(root))


def main(root: Path) -> int:
    """Print the figures of a checkout; return 1 if a limit is broken."""
    found = (read_source(*file) for folder in SOURCES for file in files(root, folder))
    sources = [source for source in found if source]
    patching = [place for text, place in files(root, TESTS) if patches(text, place)]
    lines = figures(sources, patching)
    verbs = frozenset((root / TESTS / "verbs.txt").read_text(encoding="utf-8").split())
    print(*lines, *shape(sources, verbs), sep="\n")
    return 0 if all(line.good for line in lines if line.must) else 1


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parents[1]))
