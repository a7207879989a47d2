"""Read Secret documents, whose values `secretKeyRef` refers to where there is no Kubernetes.

No problem's text ever holds a value. A value that is not text, like a key store, is omitted: a
header could not carry it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from allswell.domain import base64_text
from allswell.domain.spec import meta
from allswell.domain.spec.fields import DNS_LABEL
from allswell.domain.spec.http import SECRET_KEY, SECRET_NAME
from allswell.domain.spec.problem import Problem
from allswell.domain.spec.shown import name_of

KIND = "Secret"
API_VERSION = "v1"
_BASE64 = "write base64, or use stringData for plain text"
_FOLDERS = (".", "..")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Secret:
    """The values of a Secret document."""

    namespace: str
    name: str
    values: Mapping[str, str] = field(repr=False)


def read(value: Mapping[object, object]) -> tuple[Secret | None, tuple[Problem, ...]]:
    """Read a Secret; return None and every problem if there is one."""
    problems: list[Problem] = []
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    name = _name(metadata, "name", "", SECRET_NAME, problems)
    namespace = _name(metadata, "namespace", meta.DEFAULT_NAMESPACE, DNS_LABEL, problems)
    values: dict[str, str] = {}
    for block in ("data", "stringData"):
        for key, text in _entries(value, block, problems):
            if (decoded := _decode(block, key, text, problems)) is not None:
                values[key] = decoded
    return None if problems else Secret(namespace, name, values), tuple(problems)


def _name(
    metadata: Mapping[object, object],
    field_name: str,
    default: str,
    pattern: re.Pattern[str],
    problems: list[Problem],
) -> str:
    name = metadata.get(field_name) or default
    if isinstance(name, str) and pattern.fullmatch(name):
        return name
    advice = "write a-z, 0-9 and -, in quotes if it is a number"
    problems.append(Problem(("metadata", field_name), "this is not a name", advice))
    return default


def _entries(
    value: Mapping[object, object], block: str, problems: list[Problem]
) -> Iterator[tuple[str, str]]:
    entries = value.get(block)
    if entries is None:
        return
    if not isinstance(entries, Mapping):
        problems.append(Problem((block,), "this is not a mapping", "write lines like token: value"))
        return
    for key, text in entries.items():
        path = (block, name_of(key))
        if not isinstance(key, str) or not SECRET_KEY.fullmatch(key) or key in _FOLDERS:
            advice = "write letters, digits, -, _ and ., in quotes if it is a number"
            problems.append(Problem(path, "this is not a key's name", advice))
        elif text is not None and not isinstance(text, str):
            problems.append(Problem(path, "this is not text", "put it in quotes to make it text"))
        else:
            yield key, text or ""


def _decode(block: str, key: str, text: str, problems: list[Problem]) -> str | None:
    if block == "data":
        try:
            raw = base64_text.decode(re.sub(r"[\r\n]", "", text))
        except ValueError:
            problems.append(Problem((block, key), "this is not base64", _BASE64))
            return None
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return None
    return None if _UNSTORABLE.search(text) else text
