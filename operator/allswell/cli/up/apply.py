"""Apply what the files declare: rows in the central database, a list for each checker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from allswell.central.writer import CentralWriter
from allswell.checker import config
from allswell.checker.config import CheckerConfig
from allswell.cli import manifests
from allswell.cli.manifests import Resource
from allswell.cli.up import data_folder
from allswell.cli.up.data_folder import DataFolder
from allswell.domain.hostname_claim import Proof
from allswell.domain.spec import page
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage


@dataclass(frozen=True, slots=True)
class DesiredObjects:
    """Everything that is to run, by kind."""

    monitors: tuple[Monitor, ...]
    pages: tuple[StatusPage, ...]
    resources: tuple[Resource, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that have monitors; each has a checker of its own."""
        return tuple(sorted({monitor.meta.namespace for monitor in self.monitors}))


def by_kind(resources: Sequence[Resource]) -> DesiredObjects:
    """Return the resources by kind."""
    monitors = tuple(resource for resource in resources if isinstance(resource, Monitor))
    pages = tuple(resource for resource in resources if isinstance(resource, StatusPage))
    return DesiredObjects(monitors, pages, tuple(resources))


def write_rows(writer: CentralWriter, desired: DesiredObjects, now: datetime) -> None:
    """Write what is to run to the central database. Raises what the writer raises.

    1. Register the monitors, and hide those that are no longer declared.
    2. Write the pages with their host names, and hide those that are no longer declared.
    3. Serve exactly the host names of the pages that are left.
    """
    _write_monitors(writer, desired, now)
    for status_page in desired.pages:
        _write_page(writer, status_page, desired.monitors, now)
    names = {(entry.meta.namespace, entry.meta.name) for entry in desired.pages}
    for row in writer.pages():
        if (row.namespace, row.name) not in names:
            writer.hide_page(row.namespace, row.name, now)
    hosts = {(row.id, host) for row in writer.pages() for host in row.hostnames}
    writer.claims.set_served(hosts, now)


def _write_monitors(writer: CentralWriter, desired: DesiredObjects, now: datetime) -> None:
    for monitor in desired.monitors:
        uid = namespace_uid(monitor.meta.namespace)
        writer.register(monitor, namespace_uid=uid, now=now)
    names = {(monitor.meta.namespace, monitor.meta.name) for monitor in desired.monitors}
    gone = [row.id for row in writer.living() if (row.namespace, row.name) not in names]
    if gone:
        writer.hide(gone, now)


def _write_page(
    writer: CentralWriter, status_page: StatusPage, monitors: Sequence[Monitor], now: datetime
) -> None:
    components = page.components(status_page, [monitor.meta for monitor in monitors])
    uid = namespace_uid(status_page.meta.namespace)
    identity = writer.put_page(status_page, components, now, namespace_uid=uid)
    # Whoever runs the file may serve what it declares: on one machine there is nobody to ask.
    writer.claims.request(identity, status_page.hostnames, now)
    for host in status_page.hostnames:
        writer.claims.record_proof(identity, host, Proof.TXT, now)


def namespace_uid(namespace: str) -> str:
    """Return a namespace's UID: on one machine a namespace is its name, for ever."""
    return f"local/{namespace}"


def write_lists(
    data: DataFolder, desired: DesiredObjects, namespaces: Iterable[str], rules: CheckerConfig
) -> None:
    """Write what each checker is to run; Secrets first, so that no list is ahead of them."""
    for namespace in namespaces:
        folder = data.checker(namespace)
        write_secrets(data, namespace, desired.resources)
        own = tuple(m for m in desired.monitors if m.meta.namespace == namespace)
        checker_config = replace(rules, monitors=own, allow_loopback=True)
        data_folder.write(folder / config.FILE, config.text(checker_config))


def write_secrets(data: DataFolder, namespace: str, resources: Sequence[Resource]) -> None:
    """Write a namespace's Secrets as files and remove those that are gone."""
    root = data.checker(namespace) / config.SECRETS
    values: Mapping[str, str] = {
        f"{key.name}/{key.key}": value
        for key, value in manifests.secrets(resources, namespace).items()
    }
    for name, value in values.items():
        data_folder.write(root / name, value + "\n")
    for file in root.glob("*/*"):
        if f"{file.parent.name}/{file.name}" not in values:
            file.unlink(missing_ok=True)
