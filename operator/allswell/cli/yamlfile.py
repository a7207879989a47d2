"""Reading YAML files as documents that know the line of every field.

What cannot be read is a problem with file and line, never an exception that ends the program.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as File

import yaml

from allswell.domain.spec.problem import Path, dotted

SUFFIXES = (".yaml", ".yml", ".json")
MOST_BYTES = 16 * 2**20
MOST_DEPTH = 50


class TooDeep(yaml.YAMLError):
    """A document nested beyond any use."""


@dataclass(frozen=True, slots=True)
class Located:
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
class Document:
    """One YAML document: its value, and the line of every path in it."""

    file: File
    value: object
    lines: dict[Path, int] = field(default_factory=dict)

    def at(self, path: Path, wrong: str, instead: str) -> Located:
        """A problem at a path, with the line of the nearest field that is there."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Located(self.file, self.lines.get(known, 0), dotted(path), wrong, instead)


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of one file; `whole` is false when some of it could not be."""

    file: File
    documents: tuple[Document, ...] = ()
    problems: tuple[Located, ...] = ()
    whole: bool = True


def files(paths: Iterable[File]) -> tuple[File, ...]:
    """Files as they are, and the manifests directly in folders, in order of their names."""
    found: list[File] = []
    for path in paths:
        if path.is_dir():
            found += sorted(entry for entry in path.iterdir() if entry.suffix in SUFFIXES)
        else:
            found.append(path)
    return tuple(dict.fromkeys(found))


def read(file: File) -> Content:
    """Read every document of a file."""
    try:
        if file.stat().st_size > MOST_BYTES:
            return _unread(file, 0, "this file is larger than 16 MiB", "split it")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        return _unread(file, 0, f"this cannot be read: {error.strerror}", "check the path")
    except UnicodeDecodeError:
        return _unread(file, 0, "this is not UTF-8 text", "save it as UTF-8")
    documents: list[Document] = []
    duplicates: list[Located] = []
    try:
        for node in yaml.compose_all(text, Loader=yaml.SafeLoader):
            if node.tag != "tag:yaml.org,2002:null":
                document = _document(file, node)
                duplicates += _duplicates(document, node)
                documents.append(document)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        words = str(getattr(error, "problem", None) or error).splitlines()[0]
        line = mark.line + 1 if mark is not None else 0
        broken = _unread(file, line, f"this is not YAML: {words}", "mend the syntax")
        return Content(file, tuple(documents), (*duplicates, *broken.problems), whole=False)
    return Content(file, tuple(documents), tuple(duplicates))


def _unread(file: File, line: int, wrong: str, instead: str) -> Content:
    return Content(file, problems=(Located(file, line, "", wrong, instead),), whole=False)


def _document(file: File, node: yaml.Node) -> Document:
    lines = {path: child.start_mark.line + 1 for path, child in _walk(node, (), set())}
    value = yaml.SafeLoader("").construct_document(node)
    return Document(file, value, lines)


def _walk(node: yaml.Node, path: Path, seen: set[int]) -> Iterator[tuple[Path, yaml.Node]]:
    """Every node once, so that aliases cannot blow a document up."""
    if len(path) > MOST_DEPTH:
        raise TooDeep(f"nested more than {MOST_DEPTH} levels deep")
    if id(node) in seen:
        return
    seen.add(id(node))
    yield path, node
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            below = (*path, str(key.value))
            yield below, key
            yield from _walk(child, below, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), seen)


def _duplicates(document: Document, root: yaml.Node) -> Iterator[Located]:
    """A key that stands twice in one mapping: YAML would silently keep the last."""
    for path, node in _walk(root, (), set()):
        if isinstance(node, yaml.MappingNode):
            known: set[str] = set()
            for key, _ in node.value:
                if str(key.value) in known:
                    where = dotted((*path, str(key.value)))
                    line = key.start_mark.line + 1
                    wrong = "this field stands here twice"
                    yield Located(document.file, line, where, wrong, "remove one of the two")
                known.add(str(key.value))
