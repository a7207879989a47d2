"""The API server takes every manifest that our documents show."""

import re
from typing import Any

import pytest
import yaml

from tests.cluster import crds
from tests.cluster.cluster_access import Cluster
from tests.cluster.product import ROOT

_SHOWN = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = [
    "README.md",
    *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs/guide").glob("*.md")),
]
EXAMPLES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "examples").glob("*.yaml"))


def manifests(name: str) -> list[dict[str, Any]]:
    """Return monitors and StatusPages of a document or an example."""
    text = (ROOT / name).read_text()
    texts = _SHOWN.findall(text) if name.endswith(".md") else [text]
    found = [it for text in texts for it in yaml.safe_load_all(text) if isinstance(it, dict)]
    return [it for it in found if it.get("kind") in ("Monitor", "StatusPage")]


@pytest.mark.parametrize("name", [*DOCUMENTS, *EXAMPLES])
def test_what_is_shown_is_taken(cluster: Cluster, namespace: str, name: str) -> None:
    crds.install(cluster)
    for manifest in manifests(name):
        answer = crds.create(cluster, namespace, manifest)
        assert answer.accepted, f"{manifest['metadata']['name']}: {answer.message}"


def test_there_is_something_to_take() -> None:
    assert len([it for name in [*DOCUMENTS, *EXAMPLES] for it in manifests(name)]) > 8
