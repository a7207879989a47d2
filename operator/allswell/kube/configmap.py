"""Build the ConfigMap of a Monitor: the checker's list with one entry, and the collector's CA.

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


def build(monitor: Monitor, defaults: CheckerDefaults) -> dict[str, object]:
    """Build the whole manifest, with its hash."""
    meta = monitor.meta
    metadata = {
        "name": names.checker(meta.name),
        "namespace": meta.namespace,
        "labels": names.labels(meta.name),
        "ownerReferences": [names.owner_reference(spec.KIND, meta.name, meta.uid)],
    }
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    return manifest.with_spec_hash({**kind, "metadata": metadata, "data": data(monitor, defaults)})


def data(monitor: Monitor, defaults: CheckerDefaults) -> dict[str, str]:
    """Build the files; they change with what is checked, not with a label or a pause."""
    bare = Meta(monitor.meta.name, monitor.meta.namespace)
    config = {
        "monitors": [spec.text(replace(monitor, meta=bare, paused=False))],
        "references": list(defaults.references),
        "grace_least_s": defaults.grace.least // SECOND,
        "grace_most_s": defaults.grace.most // SECOND,
        "allow_loopback": False,
        "allow_private": defaults.allow_private,
        "denied": [str(network) for network in defaults.denied],
    }
    # Escaped, the largest Monitor that may be written would not fit into a ConfigMap.
    content = json.dumps(config, indent=1, ensure_ascii=False) + "\n"
    files = {LIST: content, CA: defaults.ca}
    optional = {TRUSTED: defaults.trusted, ARCHIVE_CA: defaults.archive_ca}
    return files | {name: content for name, content in optional.items() if content}
