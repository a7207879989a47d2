"""The ConfigMap of a Monitor: the checker's list with its one entry, and the collector's CA.

What is written here anyone in the namespace may read; a Secret appears as its name and key only.
"""

import json
from dataclasses import replace
from datetime import timedelta

from allswell.domain.spec import monitor as spec
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Monitor
from allswell.kube import manifest, names
from allswell.kube.checker_defaults import CheckerDefaults

LIST = "checker.json"
CA = "ca.crt"
TRUSTED = "trusted.crt"
ARCHIVE_CA = "archive.crt"
SECOND = timedelta(seconds=1)


def build(monitor: Monitor, shape: CheckerDefaults) -> dict[str, object]:
    """The whole manifest, with its fingerprint."""
    identity = monitor.meta
    metadata = {
        "name": names.checker(identity.name),
        "namespace": identity.namespace,
        "labels": names.labels(identity.name),
        "ownerReferences": [names.owner(spec.KIND, identity.name, identity.uid)],
    }
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    return manifest.with_spec_hash({**kind, "metadata": metadata, "data": data(monitor, shape)})


def data(monitor: Monitor, shape: CheckerDefaults) -> dict[str, str]:
    """The files; they change with what is checked, not with a label or a pause."""
    bare = Meta(monitor.meta.name, monitor.meta.namespace)
    listed = {
        "monitors": [spec.text(replace(monitor, meta=bare, paused=False))],
        "references": list(shape.references),
        "grace_least_s": shape.grace.least // SECOND,
        "grace_most_s": shape.grace.most // SECOND,
        "allow_loopback": False,
        "allow_private": shape.allow_private,
        "denied": [str(network) for network in shape.denied],
    }
    # Escaped, the largest Monitor that may be written would not fit into a ConfigMap.
    content = json.dumps(listed, indent=1, ensure_ascii=False) + "\n"
    found = {LIST: content, CA: shape.ca}
    more = {TRUSTED: shape.trusted, ARCHIVE_CA: shape.archive_ca}
    return found | {name: content for name, content in more.items() if content}
