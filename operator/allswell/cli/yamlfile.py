"""Read YAML files as documents that know the line of every field.

What cannot be read is a problem with file and line, never an exception that ends the program.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File

import yaml

from allswell.domain.spec.problem import Path, dotted

SUFFIXES = (".yaml", ".yml", ".json")
MAX_BYTES = 4 * 2**20
MAX_DEPTH = 50
NULL = "tag:yaml.org,2002:null"
# What YAML's own types raise for a value that is none of theirs, like a 13th month.
BAD_VALUE = (ValueError, LookupError, AttributeError, ArithmeticError, TypeError)
ADVICE = {
    "\\t": "indent with spaces, not with tabs",
    "expected <block end>": "indent fields that belong together by the same number of spaces",
    "mapping values are not allowed": "quote text that contains a colon, or fix the indentation",
    "nested more than": "reduce the nesting",
}


class _TooDeep(yaml.YAMLError):
    """A document nested beyond any use."""


class YamlLoader(yaml.SafeLoader):
    """PyYAML's safe loader, but merge keys (`<<`) cannot blow a document up."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge, and keep each key once: the last one wins."""
        super().flatten_mapping(node)
        last = {_identity(key): index for index, (key, _) in enumerate(node.value)}
        node.value = [node.value[index] for index in sorted(last.values())]


@dataclass(frozen=True, slots=True)
class LocatedProblem:
    """A problem with its place; `line` counts from 1, 0 for the file as a whole."""

    file: File
    line: int
    path: str
    wrong: str
    instead: str

    def __str__(self) -> str:
        """Format as `file:line: path: what is wrong; what to write instead`."""
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        path = f"{self.path}: " if self.path else ""
        return f"{place}: {path}{self.wrong}; {self.instead}"


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One YAML document or an entry of a list: its value, and the line of every path in it.

    `root` is the path of the value in the file's document.
    """

    file: File
    value: object
    lines: Mapping[Path, int] = field(default_factory=dict)
    root: Path = ()

    @property
    def line(self) -> int:
        """Return the line where it begins."""
        return self._line(self.root)

    def part(self, path: Path, value: object) -> "YamlDocument":
        """Return the value at a path as a document."""
        return YamlDocument(self.file, value, self.lines, (*self.root, *path))

    def problem_at(self, path: Path, wrong: str, instead: str) -> LocatedProblem:
        """Return a problem at a path, with the line of the nearest field that exists."""
        whole = (*self.root, *path)
        return LocatedProblem(self.file, self._line(whole), dotted(whole), wrong, instead)

    def _line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


@dataclass(frozen=True, slots=True)
class YamlContent:
    """The documents of one file; `is_complete` is false when some of it could not be read."""

    file: File
    documents: tuple[YamlDocument, ...] = ()
    problems: tuple[LocatedProblem, ...] = ()
    is_complete: bool = True


def find_files(paths: Iterable[File]) -> tuple[File, ...]:
    """Find the manifests: files as they are, and those directly in folders, ordered by name."""
    files: list[File] = []
    for path in paths:
        try:
            files += sorted(filter(_is_manifest, path.iterdir())) if path.is_dir() else [path]
        except OSError:
            # Reading it will report the problem.
            files.append(path)
    return tuple(dict.fromkeys(files))


def _is_manifest(entry: File) -> bool:
    """Tell whether a folder's entry is a manifest; editors keep copies as dot files."""
    return entry.suffix in SUFFIXES and not entry.name.startswith(".") and not entry.is_dir()


def read(file: File) -> YamlContent:
    """Read every document of a file."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _unread(file, 0, f"this cannot be read: {error.strerror}", "check the path")
    if len(raw) > MAX_BYTES:
        return _unread(file, 0, "this file is larger than 4 MiB", "split it")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unread(file, line, "this is not UTF-8 text", "save it as UTF-8")
    return _parse(file, text)


def _parse(file: File, text: str) -> YamlContent:
    documents: list[YamlDocument] = []
    problems: list[LocatedProblem] = []
    try:
        for node in yaml.compose_all(text, Loader=YamlLoader):
            if node.tag != NULL:
                document, duplicates = _document(file, node)
                documents.append(document)
                problems += duplicates
    except (yaml.YAMLError, RecursionError, *BAD_VALUE) as error:
        problems.append(_syntax_problem(file, error))
        return YamlContent(file, tuple(documents), tuple(problems), is_complete=False)
    return YamlContent(file, tuple(documents), tuple(problems))


def _unread(file: File, line: int, wrong: str, instead: str) -> YamlContent:
    problem = LocatedProblem(file, line, "", wrong, instead)
    return YamlContent(file, problems=(problem,), is_complete=False)


def _syntax_problem(file: File, error: Exception) -> LocatedProblem:
    mark = getattr(error, "problem_mark", None)
    words = str(getattr(error, "problem", None) or error).partition("\n")[0]
    if isinstance(error, RecursionError):
        words = f"nested more than {MAX_DEPTH} levels deep"
    instead = next((advice for part, advice in ADVICE.items() if part in words), "fix the syntax")
    line = mark.line + 1 if mark is not None else 0
    return LocatedProblem(file, line, "", f"this is not YAML: {words}", instead)


def _document(file: File, node: yaml.Node) -> tuple[YamlDocument, list[LocatedProblem]]:
    # Constructing merges, so the nodes are walked first, as they are written.
    lines: dict[Path, int] = {}
    for path, child in _walk(node, (), set()):
        lines.setdefault(path, child.start_mark.line + 1)
    duplicates = list(_duplicates(file, node))
    try:
        value = YamlLoader("").construct_document(node)
    except BAD_VALUE as error:
        mark = node.start_mark
        raise yaml.MarkedYAMLError(None, None, f"in this document, {error}", mark) from error
    return YamlDocument(file, value, lines), duplicates


def _key_text(key: yaml.Node) -> str:
    """Return a key as a path shows it; one that is not text could be as large as aliases allow."""
    return str(key.value) if isinstance(key, yaml.ScalarNode) else "(not text)"


def _identity(key: yaml.Node) -> tuple[str, str | int]:
    return (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else (key.tag, id(key))


def _walk(node: yaml.Node, path: Path, visited: set[int]) -> Iterator[tuple[Path, yaml.Node]]:
    """Yield every key and node once, keys first, so that aliases cannot blow a document up."""
    if len(path) > MAX_DEPTH:
        raise _TooDeep(f"nested more than {MAX_DEPTH} levels deep")
    if id(node) in visited:
        return
    visited.add(id(node))
    yield path, node
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            below = (*path, _key_text(key))
            yield below, key
            yield from _walk(child, below, visited)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), visited)


def _duplicates(file: File, root: yaml.Node) -> Iterator[LocatedProblem]:
    """Yield a problem for each repeated key of a mapping: YAML would silently keep the last."""
    for path, node in _walk(root, (), set()):
        if isinstance(node, yaml.MappingNode):
            known: set[str] = set()
            for key, _ in node.value:
                text = _key_text(key)
                if text in known and isinstance(key, yaml.ScalarNode):
                    line = key.start_mark.line + 1
                    where = dotted((*path, text))
                    wrong = "this field is repeated"
                    yield LocatedProblem(file, line, where, wrong, "remove one of the two")
                known.add(text)
