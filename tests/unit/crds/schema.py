"""The CRDs, and what the API server makes of their schemas: nulls, defaults, keyed lists, rules.

Rules are CEL, which nothing here runs: `RULES` says in Python what each demands of a new object.
The cluster tests hold that against the real thing.
"""

import copy
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from allswell.domain import duration
from allswell.domain.spec import http
from allswell.domain.spec.page import HOSTNAME_ADVICE

Json = Any
Schema = Mapping[str, Any]
FOLDER = Path(__file__).parents[3] / "crds"
KINDS = ("monitor", "statuspage")
# What the API server judges by itself.
OUTER: Schema = {"apiVersion": {}, "kind": {}, "metadata": {}}


def crd(kind: str) -> dict[str, Any]:
    """Return a whole CustomResourceDefinition."""
    return copy.deepcopy(_read(kind))


@functools.cache
def _read(kind: str) -> dict[str, Any]:
    # The same rules in C: the tests' parameters come from here, before any of them runs.
    found = yaml.load((FOLDER / f"{kind}.yaml").read_text("utf-8"), yaml.CSafeLoader)
    assert isinstance(found, dict)
    return found


def root(kind: str) -> dict[str, Any]:
    """Return the schema of a kind's only version."""
    (version,) = crd(kind)["spec"]["versions"]
    found = version["schema"]["openAPIV3Schema"]
    assert isinstance(found, dict)
    return found


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every schema within a schema, with its path as `kubectl explain` has it."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}".lstrip("."))
    for word in ("items", "additionalProperties"):
        if word in schema:
            yield from nodes(schema[word], f"{path}[]")


def rules(schema: Schema) -> list[Mapping[str, Any]]:
    """Return the rules that stand at a schema itself."""
    return list(schema.get("x-kubernetes-validations", ()))


def compared(first: object, second: object) -> bool:
    """Tell whether two durations stand in order; what is no duration is refused elsewhere."""
    try:
        return duration.parse(str(first)) <= duration.parse(str(second))
    except ValueError:
        return True


def within(lowest: str, highest: str) -> Callable[[Json], bool]:
    """Return a rule: a duration between two bounds."""

    def holds(value: Json) -> bool:
        try:
            found = duration.parse(value)
        except ValueError:
            return False
        return duration.parse(lowest) <= found <= duration.parse(highest)

    return holds


def size(value: Json) -> bool:
    """Return a rule: the size of a volume between 16Mi and 64Gi."""
    found = re.fullmatch(r"([0-9]+)(Mi|Gi)", value)
    return found is not None and 16 <= int(found[1]) * (1024 if found[2] == "Gi" else 1) <= 65_536


def ends(status: Json) -> tuple[str, str]:
    """Return the first and the last of a range of statuses."""
    return str(status)[:3], str(status)[-3:]


def distinct(values: list[Any]) -> bool:
    """Tell whether no value stands there twice."""
    return len(set(values)) == len(values)


LATENCY = "write 1ms to 24h in whole numbers with h, m, s or ms, like 800ms or 2s"
ADDRESS = "this is not an address; write it like https://example.com/health"
LABEL = "this is not a label's name; write up to 63 letters, digits, -, _ and ."
NAME = "metadata.name: write 1 to 45 of a-z, 0-9 and -, with a letter or digit at both ends"


@functools.cache
def _address() -> str:
    """Return the pattern in the rule for addresses: too long to be written down twice."""
    url = root("monitor")["properties"]["spec"]["properties"]["http"]["properties"]["url"]
    (text,) = [rule["rule"] for rule in rules(url) if rule["message"] == ADDRESS]
    (pattern,) = re.findall(r"&& self\.matches\(r'(.*)'\)$", text)
    return str(pattern).replace("|$)", r"|\Z)")


def _is_address(url: str) -> bool:
    # Whether Go's \p{C} holds what has no meaning yet, as Python thinks, depends on its version.
    return url.isprintable() and re.match(_address(), url) is not None


def _is_label(name: str) -> bool:
    prefix, slash, rest = name.rpartition("/")
    plain = re.fullmatch(r"[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?", rest) is not None
    return plain and (not slash or re.fullmatch(r"[a-z0-9][-.a-z0-9]{0,252}", prefix) is not None)


def _is_name(name: str) -> bool:
    return re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,43}[a-z0-9])?", name) is not None


RULES: dict[str, Callable[[Json], bool]] = {
    "write exactly one of http, tcp": lambda spec: ("http" in spec) != ("tcp" in spec),
    "the timeout is longer than the interval; write a shorter timeout or a longer interval": (
        lambda spec: "timeout" not in spec or compared(spec["timeout"], spec["interval"])
    ),
    "this is longer than the interval; write a shorter pause or a longer interval": (
        lambda spec: (
            "every" not in spec["confirm"] or compared(spec["confirm"]["every"], spec["interval"])
        )
    ),
    "write 1s to 24h in whole numbers with h, m, s or ms, like 90s or 1h30m": within("1s", "24h"),
    "write 1s to 24h in whole numbers with h, m, s or ms, like 5s or 1m": within("1s", "24h"),
    "write 10ms to 5m in whole numbers with h, m, s or ms, like 5s or 800ms": within("10ms", "5m"),
    LATENCY: within("1ms", "24h"),
    "storage cannot be changed; write it as it was, or delete the Monitor and apply it anew": (
        lambda _: True
    ),
    "write a size like 128Mi or 1Gi, from 16Mi to 64Gi": size,
    "a GET or HEAD request has no body; write method: POST, or leave the body out": (
        lambda check: "body" not in check or check["method"] not in ("GET", "HEAD")
    ),
    ADDRESS: _is_address,
    "the address holds a user or password; put it in a header with valueFrom": (
        lambda url: re.match(r"[^/]*//[^/?#]*@", url) is None
    ),
    "the part after # is never sent; leave it out": lambda url: re.search("#.", url) is None,
    "a header stands here twice, perhaps in another case; remove one of the two": (
        lambda headers: distinct([header["name"].lower() for header in headers])
    ),
    "a header has one source; write either value or valueFrom": (
        lambda header: ("value" in header) != ("valueFrom" in header)
    ),
    "this header is set by the checker itself; remove it": (
        lambda name: name.lower() not in http.OWN_HEADERS
    ),
    "a status stands here twice; remove one of the two": (
        lambda statuses: distinct([ends(status) for status in statuses])
    ),
    'write "200" or a range like "200-299"': lambda status: ends(status)[0] <= ends(status)[1],
    "plain TCP has no certificate; write tls: {}, or leave certificateDays out": (
        lambda check: "tls" in check or "certificateDays" not in check.get("expect", {})
    ),
    HOSTNAME_ADVICE: (lambda name: re.fullmatch(r"[0-9]+", name.rpartition(".")[2]) is None),
    "this group shows nothing; write monitors or a selector": (
        lambda group: "selector" in group or bool(group.get("monitors"))
    ),
    "accentColor is missing; write both, or accentColor": (
        lambda branding: "accentColorDark" not in branding or "accentColor" in branding
    ),
    "write either passwordHash or allowedNetworks": (
        lambda access: ("passwordHash" in access) != bool(access.get("allowedNetworks"))
    ),
    "In and NotIn need values; write a list of them": (
        lambda entry: entry["operator"] not in ("In", "NotIn") or bool(entry.get("values"))
    ),
    "Exists and DoesNotExist take no values; remove them": (
        lambda entry: entry["operator"] not in ("Exists", "DoesNotExist") or not entry.get("values")
    ),
    'a label has no value; write one, or "" for the empty one': (
        lambda labels: None not in labels.values()
    ),
    LABEL: lambda names: all(map(_is_label, names)) if isinstance(names, dict) else True,
    NAME: lambda manifest: _is_name(manifest["metadata"]["name"]),
}


def matched(rule: str) -> str | None:
    """Return the pattern of a rule that does nothing else than match one."""
    found = re.fullmatch(r"""self\.matches\(r?(['"])((?:(?!\1).)*)\1\)""", rule)
    return found[2] if found else None


def _translated(schema: Schema) -> dict[str, Any]:
    """Return a schema in JSON Schema's own words; unknown fields are refused, as kubectl does."""
    found = dict(schema)
    if "pattern" in found:
        # In Python a $ also stands before a last line break.
        found["pattern"] = re.sub(r"\$$", r"\\Z", found["pattern"])
    if found.get("x-kubernetes-int-or-string"):
        found["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if found.get("x-kubernetes-list-type") == "set":
        found["uniqueItems"] = True
    if found.get("nullable"):
        found["type"] = [found["type"], "null"]
    found["allOf"] = [_translated(part) for part in found.get("allOf", ())]
    if "properties" in found:
        found["properties"] = {
            name: _translated(child) for name, child in found["properties"].items()
        }
        found["additionalProperties"] = False
    elif "additionalProperties" in found:
        found["additionalProperties"] = _translated(found["additionalProperties"])
    if "items" in found:
        found["items"] = _translated(found["items"])
    return found


def prepared(schema: Schema, value: Json) -> Json:
    """Return a value as the API server judges it: without nulls, with the defaults."""
    if isinstance(value, list) and "items" in schema:
        return [prepared(schema["items"], entry) for entry in value]
    if not isinstance(value, dict):
        return value
    properties: Schema = schema.get("properties", {})
    rest: Schema = schema.get("additionalProperties", {})
    written = {
        name: entry
        for name, entry in value.items()
        if entry is not None or rest.get("nullable") or (properties and name not in properties)
    }
    unwritten = {
        name: copy.deepcopy(child["default"])
        for name, child in properties.items()
        if "default" in child and name not in written
    }
    return {
        name: prepared(properties.get(name, rest), entry)
        for name, entry in (written | unwritten).items()
    }


def _broken(schema: Schema, value: Json) -> Iterator[str]:
    for rule in rules(schema):
        if rule["message"] in RULES and not RULES[rule["message"]](value):
            yield rule["message"]
    if schema.get("x-kubernetes-list-type") == "map":
        (key,) = schema["x-kubernetes-list-map-keys"]
        if not distinct([entry[key] for entry in value]):
            yield f"two entries have the same {key}"
    if isinstance(value, list):
        for entry in value:
            yield from _broken(schema.get("items", {}), entry)
    elif isinstance(value, dict):
        rest = schema.get("additionalProperties", {})
        for name, entry in value.items():
            yield from _broken(schema.get("properties", {}).get(name, rest), entry)


@dataclass(frozen=True, slots=True)
class Judge:
    """A schema, ready to judge what is written."""

    schema: Schema
    validator: jsonschema.Draft202012Validator

    def problems(self, written: Json) -> list[str]:
        """Why something new is refused; nothing if it is taken."""
        ready = prepared(self.schema, written)
        wrong = [f"{at.json_path}: {at.message}" for at in self.validator.iter_errors(ready)]
        return wrong or list(_broken(self.schema, ready))


def judge(schema: Schema) -> Judge:
    """Return a judge by any schema."""
    return Judge(schema, jsonschema.Draft202012Validator(_translated(schema)))


def of_kind(kind: str) -> Judge:
    """Return a judge of manifests of a kind."""
    found = root(kind)
    return judge(found | {"properties": OUTER | found["properties"]})
