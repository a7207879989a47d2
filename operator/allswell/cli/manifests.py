"""Monitors, StatusPages and Secrets from files, and everything that is wrong with them."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from allswell.cli import yamlfile
from allswell.cli.yamlfile import Content, Document, Located
from allswell.domain.spec import meta, monitor, page
from allswell.domain.spec.http import SecretKey
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage
from allswell.domain.spec.problem import Invalid

OURS = (monitor.KIND, page.KIND)
GROUP = meta.API_VERSION.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Secret:
    """The values of a Secret document."""

    namespace: str
    name: str
    values: Mapping[str, str]


Thing = Monitor | StatusPage | Secret
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One document: its identity if it has one, and its value if nothing is wrong with it."""

    key: Key | None
    thing: Thing | None
    document: Document


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file's items; `whole` is false when the file could not be read to its end."""

    file: Path
    items: tuple[Item, ...]
    problems: tuple[Located, ...]
    whole: bool


def load(paths: Iterable[Path]) -> tuple[Sheet, ...]:
    """Read all files and folders. An object that two documents define is a problem."""
    sheets = tuple(sheet(yamlfile.read(file)) for file in yamlfile.files(paths))
    return _without_doubles(sheets)


def sheet(content: Content) -> Sheet:
    """Read the documents of one file."""
    problems = list(content.problems)
    items = []
    for document in content.documents:
        if _is_ours(document):
            item, wrong = _item(document)
            items.append(item)
            problems += wrong
    problems.sort(key=lambda problem: problem.line)
    return Sheet(content.file, tuple(items), tuple(problems), content.whole)


def _is_ours(document: Document) -> bool:
    """Whether a document is meant for us; other kinds of Kubernetes may stand beside ours."""
    value = document.value
    if not isinstance(value, Mapping):
        return True
    version, kind = str(value.get("apiVersion", "")), value.get("kind")
    if kind in OURS or (kind == "Secret" and version == "v1"):
        return True
    near = get_close_matches(version.partition("/")[0], [GROUP], cutoff=0.8)
    return bool(near) or not version


def _item(document: Document) -> tuple[Item, list[Located]]:
    value = document.value
    kind = value.get("kind") if isinstance(value, Mapping) else None
    try:
        if kind == monitor.KIND:
            return _named(kind, monitor.read(value), document), []
        if kind == page.KIND:
            return _named(kind, page.read(value), document), []
        if kind == "Secret":
            return Item(_key(value, "Secret"), _secret(value), document), []
    except Invalid as invalid:
        wrong = [document.at(p.path, p.wrong, p.instead) for p in invalid.problems]
        return Item(_key(value, str(kind)), None, document), wrong
    except (ValueError, AttributeError, TypeError) as error:
        advice = "write data (base64) or stringData, a mapping of texts"
        wrong = [document.at((), f"this Secret cannot be read: {type(error).__name__}", advice)]
        return Item(_key(value, str(kind)), None, document), wrong
    return Item(None, None, document), [_unknown(document, kind)]


def _unknown(document: Document, kind: object) -> Located:
    if not isinstance(document.value, Mapping):
        return document.at((), "this document is no manifest", "write apiVersion, kind and spec")
    near = get_close_matches(str(kind), OURS, n=1)
    advice = f"did you mean {near[0]}?" if near else f"write one of {', '.join(OURS)}"
    wrong = "kind is missing" if kind is None else f"{kind!r} is not a kind of ours"
    return document.at(("kind",), wrong, advice)


def _named(kind: str, thing: Monitor | StatusPage, document: Document) -> Item:
    return Item((kind, thing.meta.namespace, thing.meta.name), thing, document)


def _key(value: object, kind: str) -> Key | None:
    """The identity of a document in which other things are wrong, if it can be told."""
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(name, str):
        return None
    return kind, str(metadata.get("namespace") or meta.DEFAULT_NAMESPACE), name


def _secret(value: object) -> Secret:
    """Read a Secret. Raises ValueError and the like without any value in the text."""
    key = _key(value, "Secret")
    if key is None or not isinstance(value, Mapping):
        raise ValueError("no name")
    try:
        values = {
            str(name): base64.b64decode(text, validate=True).decode()
            for name, text in (value.get("data") or {}).items()
        }
    except binascii.Error as error:
        raise ValueError("not base64") from error
    plain = value.get("stringData") or {}
    if not all(isinstance(text, str) for text in plain.values()):
        raise TypeError("not text")
    return Secret(key[1], key[2], values | {str(name): text for name, text in plain.items()})


def _without_doubles(sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    seen: dict[Key, Document] = {}
    found = []
    for entry in sheets:
        items, problems = [], list(entry.problems)
        for item in entry.items:
            if item.key is not None and item.key in seen:
                kind, _, name = item.key
                wrong = f"{kind} {name} stands in {seen[item.key].file} already"
                problems.append(
                    item.document.at(("metadata", "name"), wrong, "remove one of the two")
                )
                continue
            if item.key is not None:
                seen[item.key] = item.document
            items.append(item)
        found.append(Sheet(entry.file, tuple(items), tuple(problems), entry.whole))
    return tuple(found)


def things(sheets: Iterable[Sheet]) -> tuple[Thing, ...]:
    """Everything that can be used, in the order of the files."""
    return tuple(item.thing for entry in sheets for item in entry.items if item.thing is not None)


def problems(sheets: Iterable[Sheet]) -> tuple[Located, ...]:
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
