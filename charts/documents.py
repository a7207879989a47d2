"""Generate what the chart repeats: its copies of the CRDs, and the table of values in its README.

`python charts/documents.py` (or `make chart`) writes them. The CRDs' source is `crds/`, the table's
the comments of `values.yaml`.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CHART = ROOT / "charts" / "allswell"
BEGIN = "<!-- The table of values: made by `make chart` from the comments of values.yaml. -->"
END = "<!-- The end of the table. -->"
KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z][-\w]*):(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the chart: its path (`page.replicas`), its comment, its default."""

    path: str
    comment: str
    default: object


def comments(text: str) -> Iterator[tuple[str, str]]:
    """Yield every key of block YAML with the comment right above it; empty where there is none."""
    above: list[str] = []
    path: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            above.append(stripped.removeprefix("#").strip())
        elif match := KEY.fullmatch(line):
            path = [*path[: len(match["indent"]) // 2], match["key"]]
            yield ".".join(path), " ".join(above)
            above = []
        else:
            above = []


def value_at(values: Mapping[str, object], path: str) -> object:
    """Return the value at a path like `page.replicas`; None where there is none."""
    value: object = values
    for key in path.split("."):
        value = value[key] if isinstance(value, Mapping) else None
    return value


def values(text: str) -> tuple[Value, ...]:
    """Return everything that can be set, in the order of the file.

    A key without a comment within a commented value is a part of that value's default.
    """
    parsed = yaml.safe_load(text)
    return tuple(
        Value(path, comment, value_at(parsed, path)) for path, comment in comments(text) if comment
    )


def leaves(described: Iterable[Value]) -> Iterator[Value]:
    """Yield the values that contain no other one."""
    every = tuple(described)
    for value in every:
        if not any(other.path.startswith(f"{value.path}.") for other in every):
            yield value


def table(described: Iterable[Value]) -> str:
    """Return the table in Markdown: groups have a row of their own, and no default."""
    every = tuple(described)
    single = {value.path for value in leaves(every)}
    rows = ["| value | default | what it is |", "|---|---|---|"]
    for value in every:
        default = f"`{json.dumps(value.default)}`" if value.path in single else ""
        rows.append(f"| `{value.path}` | {default} | {value.comment.replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def readme(before: str, text: str) -> str:
    """Return the README with the table of these values. Raises `ValueError` without its markers."""
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README lacks the line {BEGIN if not begin else END}")
    return f"{head}{BEGIN}\n\n{table(values(text))}\n\n{END}{tail}"


def expected_files() -> dict[Path, str]:
    """Return what each generated file should contain."""
    crds = {
        CHART / "files" / "crds" / path.name: path.read_text("utf-8")
        for path in sorted((ROOT / "crds").glob("*.yaml"))
    }
    page = CHART / "README.md"
    text = (CHART / "values.yaml").read_text("utf-8")
    return {**crds, page: readme(page.read_text("utf-8"), text)}


def main() -> int:
    """Write the files that have changed."""
    for path, content in expected_files().items():
        if not path.exists() or path.read_text("utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)} is updated.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
