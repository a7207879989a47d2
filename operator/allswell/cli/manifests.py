"""Monitors, StatusPages and Secrets from files, and everything that is wrong with them."""

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

OURS = (monitor.KIND, page.KIND)
GROUP = meta.API_VERSION.partition("/")[0]
LISTS = ("List", "MonitorList", "StatusPageList", "SecretList")
# How alike a group must be to ours to be a misspelling of it; less where the kind is ours as well.
ALIKE, ROUGHLY = 0.8, 0.6


Thing = Monitor | StatusPage | Secret
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """One document: its identity if it has one, and its value if nothing is wrong with it."""

    key: Key | None
    thing: Thing | None
    document: YamlDocument


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file's items; `whole` is false when the file could not be read to its end."""

    file: Path
    items: tuple[ManifestItem, ...] = ()
    problems: tuple[LocatedProblem, ...] = ()
    whole: bool = True


def load(paths: Iterable[Path]) -> tuple[ManifestFile, ...]:
    """Read all files and folders. An object that two documents define is a problem."""
    return together(manifest_file(yamlfile.read(file)) for file in yamlfile.files(paths))


def manifest_file(content: YamlContent) -> ManifestFile:
    """Read the documents of one file."""
    problems = list(content.problems)
    items = []
    for document in _unlisted(content.documents):
        if _is_ours(document):
            item, wrong = _item(document)
            items.append(item)
            problems += wrong
    problems.sort(key=lambda problem: problem.line)
    return ManifestFile(content.file, tuple(items), tuple(problems), content.whole)


def _text(value: object) -> str:
    """A short text, or none: nothing else is printed, for aliases can make it endless."""
    return value[:100] if isinstance(value, str) else ""


def _unlisted(documents: Iterable[YamlDocument]) -> Iterator[YamlDocument]:
    """Every document; a list, as `kubectl get -o yaml` prints it, is its entries."""
    for document in documents:
        value = document.value
        entries = value.get("items") if isinstance(value, Mapping) else None
        if isinstance(value, Mapping) and value.get("kind") in LISTS and isinstance(entries, list):
            for index, entry in enumerate(entries):
                yield document.part(("items", index), entry)
        else:
            yield document


def _is_ours(document: YamlDocument) -> bool:
    """Whether a document is meant for us; other kinds of Kubernetes may stand beside ours."""
    value = document.value
    if not isinstance(value, Mapping):
        return True
    version, kind = _text(value.get("apiVersion")), value.get("kind")
    if kind == secret.KIND:
        return version in ("", secret.API_VERSION)
    group, slash, _ = version.partition("/")
    if not slash and (kind in OURS or not version):
        return True
    return bool(get_close_matches(group, [GROUP], cutoff=ROUGHLY if kind in OURS else ALIKE))


def _item(document: YamlDocument) -> tuple[ManifestItem, list[LocatedProblem]]:
    value = document.value
    kind = value.get("kind") if isinstance(value, Mapping) else None
    try:
        if kind == monitor.KIND:
            return _named(kind, monitor.read(value), document), []
        if kind == page.KIND:
            return _named(kind, page.read(value), document), []
    except InvalidManifest as invalid:
        return ManifestItem(_key(value, str(kind)), None, document), _located(
            document, invalid.problems
        )
    if kind == secret.KIND and isinstance(value, Mapping):
        found, problems = secret.read(value)
        return ManifestItem(_key(value, secret.KIND), found, document), _located(document, problems)
    return ManifestItem(None, None, document), [_unknown(document, kind)]


def _located(document: YamlDocument, problems: Iterable[Problem]) -> list[LocatedProblem]:
    return [document.at(problem.path, problem.wrong, problem.instead) for problem in problems]


def _unknown(document: YamlDocument, kind: object) -> LocatedProblem:
    if not isinstance(document.value, Mapping):
        return document.at((), "this document is no manifest", "write apiVersion, kind and spec")
    lower = {word.lower(): word for word in OURS}
    near = get_close_matches(_text(kind).lower(), lower, n=1)
    advice = f"did you mean {lower[near[0]]}?" if near else f"write one of {', '.join(OURS)}"
    wrong = "kind is missing" if kind is None else f"{shown(kind)} is not a kind of ours"
    return document.at(("kind",), wrong, advice)


def _named(kind: str, thing: Monitor | StatusPage, document: YamlDocument) -> ManifestItem:
    return ManifestItem((kind, thing.meta.namespace, thing.meta.name), thing, document)


def _key(value: object, kind: str) -> Key | None:
    """The identity of a document in which other things are wrong, if it can be told."""
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    if not isinstance(metadata, Mapping):
        return None
    name = metadata.get("name")
    namespace = metadata.get("namespace") or meta.DEFAULT_NAMESPACE
    for word in (name, namespace):
        if not isinstance(word, str) or SECRET_NAME.fullmatch(word) is None:
            return None
    return kind, str(namespace), str(name)


def together(sheets: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
    """Sheets without what an earlier document defines already, which is a problem of the later."""
    seen: dict[Key, YamlDocument] = {}
    found = []
    for entry in sheets:
        items, problems = [], list(entry.problems)
        for item in entry.items:
            if item.key is not None and item.key in seen:
                kind, _, name = item.key
                first = seen[item.key]
                wrong = f"{kind} {name} stands in {first.file}:{first.line} already"
                problems.append(
                    item.document.at(("metadata", "name"), wrong, "remove one of the two")
                )
                continue
            if item.key is not None:
                seen[item.key] = item.document
            items.append(item)
        problems.sort(key=lambda problem: problem.line)
        found.append(replace(entry, items=tuple(items), problems=tuple(problems)))
    return tuple(found)


def things(sheets: Iterable[ManifestFile]) -> tuple[Thing, ...]:
    """Everything that can be used, in the order of the files."""
    return tuple(item.thing for entry in sheets for item in entry.items if item.thing is not None)


def problems(sheets: Iterable[ManifestFile]) -> tuple[LocatedProblem, ...]:
    """Everything that is wrong, in the order of the files."""
    return tuple(problem for entry in sheets for problem in entry.problems)


def secrets(found: Iterable[Thing], namespace: str) -> dict[SecretKey, str]:
    """The values of a namespace's Secrets."""
    return {
        SecretKey(thing.name, key): value
        for thing in found
        if isinstance(thing, Secret) and thing.namespace == namespace
        for key, value in thing.values.items()
    }
