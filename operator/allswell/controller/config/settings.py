"""Read the operator's settings from environment variables; every problem is reported at once."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from allswell.archive import bucket_settings
from allswell.archive.bucket_settings import BucketSettings
from allswell.controller.config import hostname_settings
from allswell.controller.config.environment import Environment
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.workload import rollout
from allswell.controller.workload.rollout import Batch
from allswell.domain.cover import Grace
from allswell.domain.spec.monitor import SIZE, UNITS
from allswell.kube.checker_defaults import CheckerDefaults

# It stands in the ConfigMap of every Monitor.
MOST_TRUSTED = 65_536
# A checker sends a heartbeat every 30 seconds; between two of them nobody must seem silent.
LEAST_GRACE = 45
BIND = "host:port, like 0.0.0.0:8443"
POLICIES = ("Always", "IfNotPresent", "Never")


class BadOperatorSettings(ValueError):
    """Settings that cannot be used; one line for each problem."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A host and a port to listen on."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """The operator's settings. `checker` lacks the CA, which is made or found later.

    `database_secret` names the Secret of the password that the database's URL lacks, if any.
    `collector` and `status` are where to listen. The archive of a deleted Monitor is deleted after
    `delete_archived_after`, or never. `hostnames` is None where no domain is dedicated to pages.
    """

    database: str
    database_secret: str
    namespace: str
    watched: tuple[str, ...]
    checker: CheckerDefaults
    collector: ListenAddress
    status: ListenAddress
    ca_secret: str
    ca_configmap: str
    page_account: str
    page_url: str
    lease: str
    identity: str
    workers: int
    batch: Batch
    archive: BucketSettings | None = None
    delete_archived_after: timedelta | None = None
    hostnames: HostnamePolicy | None = None
    pages_key_secret: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the names that the collector's certificate is for."""
        host = urlsplit(self.checker.collector_url).hostname or ""
        return tuple(dict.fromkeys((host, "localhost", "127.0.0.1")))


def read(variables: Mapping[str, str]) -> OperatorSettings:
    """Read settings. Raises `BadOperatorSettings` with every problem."""
    env = Environment(variables)
    namespace = env.text("ALLSWELL_NAMESPACE")
    account = env.text("ALLSWELL_WEB_SERVICE_ACCOUNT", "allswell-web")
    settings = OperatorSettings(
        database=env.secret("ALLSWELL_DATABASE_URL"),
        database_secret=env.text("ALLSWELL_DATABASE_SECRET", ""),
        namespace=namespace,
        watched=env.words("ALLSWELL_WATCH_NAMESPACES"),
        checker=_checker(env),
        collector=env.read("ALLSWELL_COLLECTOR_BIND", "0.0.0.0:8443", _bind, BIND),
        status=env.read("ALLSWELL_STATUS_BIND", "0.0.0.0:8080", _bind, BIND),
        ca_secret=env.text("ALLSWELL_CA_SECRET", "allswell-collector-ca"),
        ca_configmap=env.text("ALLSWELL_CA_CONFIGMAP", "allswell-collector-ca"),
        page_account=f"system:serviceaccount:{namespace}:{account}",
        page_url=env.text("ALLSWELL_PAGE_URL", ""),
        lease=env.text("ALLSWELL_LEASE", "allswell-operator"),
        identity=env.text("ALLSWELL_IDENTITY", socket.gethostname()),
        workers=env.read("ALLSWELL_WORKERS", "8", _count, "a number from 1 to 64"),
        batch=env.read("ALLSWELL_ROLLOUT_BATCH", "5%", rollout.parse, "a number, or 1% to 100%"),
        archive=bucket_settings.read(variables, "ALLSWELL_ARCHIVE_", env.problems),
        delete_archived_after=_deletion(env),
        hostnames=hostname_settings.read(env, namespace),
        pages_key_secret=env.text("ALLSWELL_PAGES_KEY_SECRET", "allswell-pages-key"),
    )
    if env.problems:
        raise BadOperatorSettings("\n".join(env.problems))
    return settings


def _deletion(env: Environment) -> timedelta | None:
    """Read after what time the archive of a deleted Monitor is deleted; None: it is kept."""
    rule = env.read("ALLSWELL_ARCHIVE_DELETED_MONITORS", "keep", _keep_or_delete, "keep or delete")
    days = env.read("ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS", "90", _days, "days from 1 to 36500")
    return timedelta(days=days) if rule == "delete" else None


def _keep_or_delete(text: str) -> str:
    if text not in ("keep", "delete"):
        raise ValueError(text)
    return text


def _days(text: str) -> int:
    if not 1 <= int(text) <= 36_500:  # noqa: PLR2004 - as the advice says
        raise ValueError(text)
    return int(text)


def _checker(env: Environment) -> CheckerDefaults:
    grace = f"a number of seconds from {LEAST_GRACE}"
    policy = env.read(
        "ALLSWELL_CHECKER_PULL_POLICY", "IfNotPresent", _policy, f"one of {', '.join(POLICIES)}"
    )
    return CheckerDefaults(
        image=env.text("ALLSWELL_CHECKER_IMAGE"),
        collector_url=env.read(
            "ALLSWELL_COLLECTOR_URL", "https://allswell-collector:8443", _https, "https://host:port"
        ),
        ca="",
        archive_ca=env.file("ALLSWELL_ARCHIVE_CA_FILE", MOST_TRUSTED),
        trusted=env.file("ALLSWELL_CHECKER_EXTRA_CA_FILE", MOST_TRUSTED),
        pull_policy=policy,
        pull_secrets=env.words("ALLSWELL_CHECKER_PULL_SECRETS"),
        references=env.words("ALLSWELL_REFERENCES"),
        grace=Grace(
            env.read("ALLSWELL_GRACE_LEAST", "60", _grace, grace),
            env.read("ALLSWELL_GRACE_MOST", "600", _grace, grace),
        ),
        allow_private=env.read("ALLSWELL_ALLOW_PRIVATE", "true", _truth, "true or false"),
        denied=env.networks("ALLSWELL_DENIED_NETWORKS"),
        cpu_request=env.read(
            "ALLSWELL_CHECKER_CPU_REQUEST", "10m", _milli, "thousandths of a core, like 10m"
        ),
        memory_request=env.read("ALLSWELL_CHECKER_MEMORY_REQUEST", "48Mi", _size, "128Mi"),
        memory_limit=env.read("ALLSWELL_CHECKER_MEMORY_LIMIT", "128Mi", _size, "128Mi"),
        storage_class=env.text("ALLSWELL_CHECKER_STORAGE_CLASS", ""),
        node_selector=env.read(
            "ALLSWELL_CHECKER_NODE_SELECTOR", "", _pairs, "label=value,label=value"
        ),
        priority_class=env.text("ALLSWELL_CHECKER_PRIORITY_CLASS", ""),
        log_level=env.text("ALLSWELL_CHECKER_LOG_LEVEL", "INFO"),
        metrics_open=env.read("ALLSWELL_CHECKER_METRICS", "false", _truth, "true or false"),
    )


def _bind(text: str) -> ListenAddress:
    host, _, port = text.rpartition(":")
    if not port.isascii() or int(port) >= 2**16:
        raise ValueError(text)
    return ListenAddress(host.strip("[]"), int(port))


def _https(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(text)
    return text


def _count(text: str) -> int:
    if not 1 <= int(text) <= 64:  # noqa: PLR2004 - as the advice says
        raise ValueError(text)
    return int(text)


def _grace(text: str) -> timedelta:
    if int(text) < LEAST_GRACE:
        raise ValueError(text)
    return timedelta(seconds=int(text))


def _policy(text: str) -> str:
    if text not in POLICIES:
        raise ValueError(text)
    return text


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _milli(text: str) -> int:
    return int(text.removesuffix("m")) if text.endswith("m") else 1000 * int(text)


def _size(text: str) -> int:
    if SIZE.fullmatch(text) is None:
        raise ValueError(text)
    return int(text[:-2]) * UNITS[text[-2:]]


def _pairs(text: str) -> dict[str, str]:
    parts = [part.partition("=") for part in text.split(",") if part]
    if not all(key and equals for key, equals, _ in parts):
        raise ValueError(text)
    return {key.strip(): value.strip() for key, _, value in parts}
