"""The chart as Helm renders it, as objects; and settings of it that reach every template."""

import copy
import functools
import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from charts.documents import CHART
from tests import needs

Json = dict[str, Any]
Values = Mapping[str, Any]

DEFAULT: Values = {}
NAMESPACED: Values = {"watchNamespaces": ["team-a", "team-b"]}
EXTERNAL: Values = {
    "database": {"existingSecret": "central", "operatorKey": "rw", "webKey": "ro"},
    "crds": {"enabled": False},
}
PLACE: Values = {
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "only", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": {"podAntiAffinity": {}},
    "priorityClassName": "high",
    "podAnnotations": {"example.com/note": "yes"},
    "extraEnv": [{"name": "TZ", "value": "Etc/UTC"}],
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
}
# Everything that can be switched on is, and nothing is as it is by default.
FULL: Values = {
    "fullnameOverride": "watch",
    "image": {
        "repository": "registry.example.com/allswell",
        "digest": f"sha256:{'0a' * 32}",
        "pullPolicy": "Always",
        "pullSecrets": ["registry"],
    },
    "crds": {"keep": False},
    "watchNamespaces": ["team-a", "team-b"],
    "deniedNetworks": ["10.0.0.0/8", "fd00::/8"],
    "allowPrivateNetworks": False,
    "references": ["one.example.com:443", "two.example.com:443"],
    "grace": {"leastSeconds": 90, "mostSeconds": 300},
    "database": {"bundled": {"storageClass": "fast", "size": "2Gi"}},
    "operator": {**PLACE, "logLevel": "DEBUG", "workers": 4, "rolloutBatch": 7},
    "checker": {
        "logLevel": "WARNING",
        "cpuRequest": "20m",
        "memoryRequest": "64Mi",
        "memoryLimit": "256Mi",
        "storageClass": "slow",
        "nodeSelector": {"pool": "checks", "zone": "a"},
        "priorityClassName": "low",
        "metrics": True,
        "extraCAs": "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
    },
    "archive": {
        "bucket": "results",
        "prefix": "allswell/a",
        "endpoint": "https://minio.example.com:9000",
        "region": "eu-central-1",
        "addressing": "virtual",
        "ca": "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n",
        "encryption": "aws:kms",
        "kmsKey": "alias/results",
        "existingSecret": "results",
        "deletedMonitors": "delete",
        "afterDays": 30,
    },
    "page": {
        **PLACE,
        "url": "https://status.example.com",
        "replicas": 3,
        "threads": 8,
        "index": True,
        "hsts": True,
        "accessLog": True,
        "trustedProxies": ["10.0.0.0/8"],
        "redis": {"existingSecret": "shared", "key": "url", "port": 6380},
        "staticCopy": {
            "bucket": "copies",
            "prefix": "status/",
            "endpoint": "https://s3.example.com",
            "region": "eu-central-1",
            "existingSecret": "copies",
        },
        "service": {"type": "LoadBalancer", "port": 8000, "annotations": {"example.com/lb": "a"}},
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "annotations": {"cert-manager.io/cluster-issuer": "le"},
            "tlsSecret": "status-tls",
        },
    },
    "networkPolicy": {
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"team": "watch"}}}],
        "pageEgress": [{"ports": [{"port": 6379, "protocol": "TCP"}]}],
        "checkers": {
            "enabled": True,
            "egress": [{"ports": [{"port": 9000, "protocol": "TCP"}]}],
        },
    },
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "interval": "1m"},
}
HOSTNAMES: Values = {
    "pagesDomain": "acme-status.net",
    "pagesCertificate": {"issuerRef": {"kind": "Issuer", "name": "dns"}},
    "hostnames": {
        "issuerRef": {"name": "letsencrypt"},
        "resolvers": ["192.0.2.53", "2001:db8::53"],
        "caaDomains": ["letsencrypt.org", "pki.goog"],
        "rules": [{"namespaces": ["team-*"], "suffixes": ["example.org"]}],
        "recheckSeconds": 300,
        "graceSeconds": 86400,
        "restSeconds": 604800,
        "orders": {"perNameAndHour": 2, "perThreeHours": 100, "perDomainAndWeek": 20},
    },
    "routing": {"ingressClassName": "nginx"},
    "page": {"url": "https://status.example.com"},
}
GATEWAY: Values = {
    "pagesDomain": "acme-status.net",
    "pagesCertificate": {"existingSecret": "wildcard"},
    "routing": {
        "kind": "Gateway",
        "gateway": {"namespace": "infra", "name": "public", "httpListener": "http"},
    },
}
VARIANTS: Mapping[str, Values] = {
    "default": DEFAULT,
    "namespaced": NAMESPACED,
    "external": EXTERNAL,
    "full": FULL,
    "hostnames": HOSTNAMES,
    "gateway": GATEWAY,
}


class Refused(Exception):
    """Helm does not render the chart; the text is what it says."""


def helm(*arguments: str, text: str = "") -> str:
    """Run Helm; its output. Raises `Refused`."""
    program = needs.helm()
    assert program is not None
    done = subprocess.run(
        [str(program), *arguments],
        input=text,
        env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    if done.returncode:
        raise Refused(done.stdout + done.stderr)
    return done.stdout


def template(values: str, release: str, namespace: str) -> str:
    """Return what Helm renders, as text."""
    place = [release, str(CHART), "--namespace", namespace, "--values", "-"]
    return helm("template", *place, text=values)


@functools.cache
def _rendered(values: str, release: str, namespace: str) -> list[Json]:
    text = template(values, release, namespace)
    return [found for found in yaml.load_all(text, yaml.CSafeLoader) if found]


def render(
    values: Values = DEFAULT, *, release: str = "allswell", namespace: str = "allswell"
) -> list[Json]:
    """Return all objects of a release, those of `helm test` too."""
    return copy.deepcopy(_rendered(json.dumps(values), release, namespace))


def of_kind(objects: list[Json], kind: str) -> dict[str, Json]:
    """Return the objects of a kind, by name."""
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def pods(objects: list[Json]) -> Iterator[tuple[str, Json]]:
    """Yield the name and the spec of every pod that an object is or makes."""
    for found in objects:
        name = f"{found['kind']} {found['metadata']['name']}"
        if found["kind"] == "Pod":
            yield name, found["spec"]
        elif found["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield name, found["spec"]["template"]["spec"]


def container(objects: list[Json], component: str) -> Json:
    """Return the container of operator, web or database."""
    (found,) = [
        spec["containers"][0]
        for name, spec in pods(objects)
        if name.endswith(f"-{component}") and name.split()[0] in ("Deployment", "StatefulSet")
    ]
    assert isinstance(found, dict)
    return found


def environment(objects: list[Json], component: str) -> dict[str, Any]:
    """Return the variables of a part: their values, or where they come from."""
    found = container(objects, component)["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in found}


def rules(role: Json) -> set[tuple[str, str, str, str]]:
    """Return a role's permissions: group, resource, verb, and the one name it is limited to."""
    return {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }
