"""Load Monitors, StatusPages and Secrets from files, with every problem in them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from allswell.cli import secret, yamlfile
from allswell.cli.secret import Secret
from allswell.cli.yamlfile import LocatedProblem, YamlContent, YamlDocument
from allswell.domain.spec import meta, monitor, page
from allswell.domain.spec.http import SECRET_NAME, SecretKey
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage
from allswell.domain.spec.problem import InvalidManifest, Problem
from allswell.domain.spec.shown import shown

OUR_KINDS = (monitor.KIND, page.KIND)
GROUP = meta.API_VERSION.partition("/")[0]
LISTS = ("List", "MonitorList", "StatusPageList", "SecretList")
# How similar a group must be to ours to be a misspelling of it; less where the kind is ours, too.
SIMILAR, ROUGHLY_SIMILAR = 0.8, 0.6


Resource = Monitor | StatusPage | Secret
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """One document: its identity if it has one, and its resource if nothing is wrong with it."""

    key: Key | None
    resource: Resource | None
    document: YamlDocument


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file's items; `is_complete` is false when the file could not be read to its end."""

    file: Path
    items: tuple[ManifestItem, ...] = ()
    problems: tuple[LocatedProblem, ...] = ()
    is_complete: bool = True


def load(paths: Iterable[Path]) -> tuple[ManifestFile, ...]:
    """Load all files and folders. An object that two documents define is a problem."""
    files = yamlfile.find_files(paths)
    return without_duplicates(parse_file(yamlfile.read(file)) for file in files)


def parse_file(content: YamlContent) -> ManifestFile:
    """Parse the documents of one file."""
    problems = list(content.problems)
    items = []
    for document in _flatten_lists(content.documents):
        if _is_ours(document):
            item, item_problems = _parse_item(document)
            items.append(item)
            problems += item_problems
    problems.sort(key=lambda problem: problem.line)
    return ManifestFile(content.file, tuple(items), tuple(problems), content.is_complete)


def _short_text(value: object) -> str:
    """Return a text shortened, empty for anything else: aliases can make a value endless."""
    return value[:100] if isinstance(value, str) else ""


def _flatten_lists(documents: Iterable[YamlDocument]) -> Iterator[YamlDocument]:
    """Yield every document; for a list, as `kubectl get -o yaml` prints it, its entries."""
    for document in documents:
        value = document.value
        entries = value.get("items") if isinstance(value, Mapping) else None
        if isinstance(value, Mapping) and value.get("kind") in LISTS and isinstance(entries, list):
            for index, entry in enumerate(entries):
                yield document.part(("items", index), entry)
        else:
            yield document


def _is_ours(document: YamlDocument) -> bool:
    """Tell whether a document is meant for allswell; other kinds may stand in the same file."""
    value = document.value
    if not isinstance(value, Mapping):
        return True
    version, kind = _short_text(value.get("apiVersion")), value.get("kind")
    if kind == secret.KIND:
        return version in ("", secret.API_VERSION)
    group, slash, _ = version.partition("/")
    if not slash and (kind in OUR_KINDS or not version):
        return True
    cutoff = ROUGHLY_SIMILAR if kind in OUR_KINDS else SIMILAR
    return bool(get_close_matches(group, [GROUP], cutoff=cutoff))


def _parse_item(document: YamlDocument) -> tuple[ManifestItem, list[LocatedProblem]]:
    value = document.value
    kind = value.get("kind") if isinstance(value, Mapping) else None
    try:
        if kind == monitor.KIND:
            return _item(kind, monitor.read(value), document), []
        if kind == page.KIND:
            return _item(kind, page.read(value), document), []
    except InvalidManifest as error:
        invalid = ManifestItem(_key(value, str(kind)), None, document)
        return invalid, _located(document, error.problems)
    if kind == secret.KIND and isinstance(value, Mapping):
        resource, problems = secret.read(value)
        item = ManifestItem(_key(value, secret.KIND), resource, document)
        return item, _located(document, problems)
    return ManifestItem(None, None, document), [_unknown_kind(document, kind)]


def _located(document: YamlDocument, problems: Iterable[Problem]) -> list[LocatedProblem]:
    return [
        document.problem_at(problem.path, problem.wrong, problem.instead) for problem in problems
    ]


def _unknown_kind(document: YamlDocument, kind: object) -> LocatedProblem:
    if not isinstance(document.value, Mapping):
        advice = "write apiVersion, kind and spec"
        return document.problem_at((), "this document is not a manifest", advice)
    by_lower_case = {word.lower(): word for word in OUR_KINDS}
    similar = get_close_matches(_short_text(kind).lower(), by_lower_case, n=1)
    advice = f"write one of {', '.join(OUR_KINDS)}"
    if similar:
        advice = f"did you mean {by_lower_case[similar[0]]}?"
    wrong = "kind is missing" if kind is None else f"{shown(kind)} is not a kind of allswell"
    return document.problem_at(("kind",), wrong, advice)


def _item(kind: str, resource: Monitor | StatusPage, document: YamlDocument) -> ManifestItem:
    return ManifestItem((kind, resource.meta.namespace, resource.meta.name), resource, document)


def _key(value: object, kind: str) -> Key | None:
    """Return the identity of a document with problems, if it can be told."""
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    if not isinstance(metadata, Mapping):
        return None
    name = metadata.get("name")
    namespace = metadata.get("namespace") or meta.DEFAULT_NAMESPACE
    for word in (name, namespace):
        if not isinstance(word, str) or SECRET_NAME.fullmatch(word) is None:
            return None
    return kind, str(namespace), str(name)


def without_duplicates(files: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
    """Drop what an earlier document defines already, and report it where it is repeated."""
    first: dict[Key, YamlDocument] = {}
    result = []
    for file in files:
        items, problems = [], list(file.problems)
        for item in file.items:
            if item.key is not None and item.key in first:
                problems.append(_duplicate(item.key, item.document, first[item.key]))
                continue
            if item.key is not None:
                first[item.key] = item.document
            items.append(item)
        problems.sort(key=lambda problem: problem.line)
        result.append(replace(file, items=tuple(items), problems=tuple(problems)))
    return tuple(result)


def _duplicate(key: Key, document: YamlDocument, first: YamlDocument) -> LocatedProblem:
    kind, _, name = key
    wrong = f"{kind} {name} is already defined in {first.file}:{first.line}"
    return document.problem_at(("metadata", "name"), wrong, "remove one of the two")


def resources(files: Iterable[ManifestFile]) -> tuple[Resource, ...]:
    """Return every valid resource, in the order of the files."""
    items = (item for file in files for item in file.items)
    return tuple(item.resource for item in items if item.resource is not None)


def problems(files: Iterable[ManifestFile]) -> tuple[LocatedProblem, ...]:
    """Return every problem, in the order of the files."""
    return tuple(problem for file in files for problem in file.problems)


def secrets(resources: Iterable[Resource], namespace: str) -> dict[SecretKey, str]:
    """Return the values of a namespace's Secrets."""
    return {
        SecretKey(resource.name, key): value
        for resource in resources
        if isinstance(resource, Secret) and resource.namespace == namespace
        for key, value in resource.values.items()
    }
