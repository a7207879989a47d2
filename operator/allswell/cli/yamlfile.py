"""Reading YAML files as documents that know the line of every field.

What cannot be read is a problem with file and line, never an exception that ends the program.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File

import yaml

from allswell.domain.spec.problem import Path, dotted

SUFFIXES = (".yaml", ".yml", ".json")
MOST_BYTES = 4 * 2**20
MOST_DEPTH = 50
NULL = "tag:yaml.org,2002:null"
# What YAML's own types raise for a value that is none of theirs, like a 13th month.
BAD_VALUE = (ValueError, LookupError, AttributeError, ArithmeticError, TypeError)
ADVICE = {
    "\\t": "indent with spaces, not with tabs",
    "expected <block end>": "indent fields that belong together by the same number of spaces",
    "mapping values are not allowed": "put text that holds a colon in quotes, or mend the indent",
    "nested more than": "nest less",
}


class TooDeep(yaml.YAMLError):
    """A document nested beyond any use."""


class YamlLoader(yaml.SafeLoader):
    """PyYAML's, but merge keys (`<<`) cannot blow a document up."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge, and keep each key once: what comes later wins."""
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
        """`file:line: path: what is wrong; what to write instead`."""
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        where = f"{self.path}: " if self.path else ""
        return f"{place}: {where}{self.wrong}; {self.instead}"


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One YAML document or an entry of a list: its value, and the line of every path in it.

    `root` is where the value stands in what was written.
    """

    file: File
    value: object
    lines: Mapping[Path, int] = field(default_factory=dict)
    root: Path = ()

    @property
    def line(self) -> int:
        """Where it begins."""
        return self._line(self.root)

    def part(self, path: Path, value: object) -> "YamlDocument":
        """What stands at a path, as a document."""
        return YamlDocument(self.file, value, self.lines, (*self.root, *path))

    def at(self, path: Path, wrong: str, instead: str) -> LocatedProblem:
        """A problem at a path, with the line of the nearest field that is there."""
        whole = (*self.root, *path)
        return LocatedProblem(self.file, self._line(whole), dotted(whole), wrong, instead)

    def _line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


@dataclass(frozen=True, slots=True)
class YamlContent:
    """What was read of one file; `whole` is false when some of it could not be."""

    file: File
    documents: tuple[YamlDocument, ...] = ()
    problems: tuple[LocatedProblem, ...] = ()
    whole: bool = True


def files(paths: Iterable[File]) -> tuple[File, ...]:
    """Files as they are, and the manifests directly in folders, in order of their names."""
    found: list[File] = []
    for path in paths:
        try:
            found += sorted(filter(_is_manifest, path.iterdir())) if path.is_dir() else [path]
        except OSError:
            # Reading it will say what is wrong.
            found.append(path)
    return tuple(dict.fromkeys(found))


def _is_manifest(entry: File) -> bool:
    """Whether a folder's entry is one; editors keep copies under names that begin with a dot."""
    return entry.suffix in SUFFIXES and not entry.name.startswith(".") and not entry.is_dir()


def read(file: File) -> YamlContent:
    """Read every document of a file."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        return _unread(file, 0, f"this cannot be read: {error.strerror}", "check the path")
    if len(raw) > MOST_BYTES:
        return _unread(file, 0, "this file is larger than 4 MiB", "split it")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unread(file, line, "this is not UTF-8 text", "save it as UTF-8")
    return _content(file, text)


def _content(file: File, text: str) -> YamlContent:
    documents: list[YamlDocument] = []
    problems: list[LocatedProblem] = []
    try:
        for node in yaml.compose_all(text, Loader=YamlLoader):
            if node.tag != NULL:
                document, duplicates = _document(file, node)
                documents.append(document)
                problems += duplicates
    except (yaml.YAMLError, RecursionError, *BAD_VALUE) as error:
        problems.append(_broken(file, error))
        return YamlContent(file, tuple(documents), tuple(problems), whole=False)
    return YamlContent(file, tuple(documents), tuple(problems))


def _unread(file: File, line: int, wrong: str, instead: str) -> YamlContent:
    return YamlContent(
        file, problems=(LocatedProblem(file, line, "", wrong, instead),), whole=False
    )


def _broken(file: File, error: Exception) -> LocatedProblem:
    mark = getattr(error, "problem_mark", None)
    words = str(getattr(error, "problem", None) or error).partition("\n")[0]
    if isinstance(error, RecursionError):
        words = f"nested more than {MOST_DEPTH} levels deep"
    instead = next((advice for part, advice in ADVICE.items() if part in words), "mend the syntax")
    line = mark.line + 1 if mark is not None else 0
    return LocatedProblem(file, line, "", f"this is not YAML: {words}", instead)


def _document(file: File, node: yaml.Node) -> tuple[YamlDocument, list[LocatedProblem]]:
    # Constructing merges, so what is written is looked at first.
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


def _word(key: yaml.Node) -> str:
    """A key as a path shows it. One that is no text could be as large as aliases make it."""
    return str(key.value) if isinstance(key, yaml.ScalarNode) else "(no text)"


def _identity(key: yaml.Node) -> tuple[str, str | int]:
    return (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else (key.tag, id(key))


def _walk(node: yaml.Node, path: Path, seen: set[int]) -> Iterator[tuple[Path, yaml.Node]]:
    """Every key and node once, so that aliases cannot blow a document up; keys first."""
    if len(path) > MOST_DEPTH:
        raise TooDeep(f"nested more than {MOST_DEPTH} levels deep")
    if id(node) in seen:
        return
    seen.add(id(node))
    yield path, node
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            below = (*path, _word(key))
            yield below, key
            yield from _walk(child, below, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), seen)


def _duplicates(file: File, root: yaml.Node) -> Iterator[LocatedProblem]:
    """A key that stands twice in one mapping: YAML would silently keep the last."""
    for path, node in _walk(root, (), set()):
        if isinstance(node, yaml.MappingNode):
            known: set[str] = set()
            for key, _ in node.value:
                word = _word(key)
                if word in known and isinstance(key, yaml.ScalarNode):
                    line = key.start_mark.line + 1
                    wrong = "this field stands here twice"
                    where = dotted((*path, word))
                    yield LocatedProblem(file, line, where, wrong, "remove one of the two")
                known.add(word)
