"""Parse and build a Secret that keeps values of ours."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from allswell.domain import base64_text
from allswell.kube import manifest
from allswell.kube.kinds import SECRET
from allswell.kube.manifest import Json


@dataclass(frozen=True, slots=True)
class SecretView:
    """A Secret; `data` is as it is written, base64."""

    name: str
    data: Mapping[str, str]

    @classmethod
    def parse(cls, raw: Json | None) -> Self:
        """Parse a Secret, or None for one that is not there."""
        data = manifest.block(raw, "data")
        return cls(manifest.name(raw)[1], {key: manifest.text(data, key) for key in data})

    def value(self, key: str) -> bytes:
        """Return a value; empty where there is none. Raises ValueError for what is no base64."""
        return base64_text.decode(self.data.get(key, ""))


def build(data: Mapping[str, bytes], namespace: str, name: str) -> dict[str, object]:
    """Build the Secret that keeps these values."""
    return {
        "apiVersion": SECRET.api,
        "kind": SECRET.name,
        "metadata": {"namespace": namespace, "name": name},
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }
