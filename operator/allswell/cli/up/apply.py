"""Making true what the files say: rows in the central database, a list for each checker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from allswell.central.writer import CentralWriter
from allswell.checker import config
from allswell.checker.config import CheckerConfig
from allswell.cli import manifests
from allswell.cli.manifests import Thing
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
    things: tuple[Thing, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that have monitors; each has a checker of its own."""
        return tuple(sorted({monitor.meta.namespace for monitor in self.monitors}))


def sorted_out(things: Sequence[Thing]) -> DesiredObjects:
    """The things by kind."""
    monitors = tuple(thing for thing in things if isinstance(thing, Monitor))
    pages = tuple(thing for thing in things if isinstance(thing, StatusPage))
    return DesiredObjects(monitors, pages, tuple(things))


def write_rows(writer: CentralWriter, wanted: DesiredObjects, now: datetime) -> None:
    """Make the central database agree. Raises what the writer raises."""
    for monitor in wanted.monitors:
        uid = namespace_uid(monitor.meta.namespace)
        writer.register(monitor, namespace_uid=uid, now=now)
    known = {(monitor.meta.namespace, monitor.meta.name) for monitor in wanted.monitors}
    gone = [row.id for row in writer.living() if (row.namespace, row.name) not in known]
    if gone:
        writer.hide(gone, now)
    for status_page in wanted.pages:
        shown = page.components(status_page, [monitor.meta for monitor in wanted.monitors])
        uid = namespace_uid(status_page.meta.namespace)
        identity = writer.put_page(status_page, shown, now, namespace_uid=uid)
        # Whoever runs the file may serve what it says: on one machine there is nobody to ask.
        writer.claims.request(identity, status_page.hostnames, now)
        for host in status_page.hostnames:
            writer.claims.record_proof(identity, host, Proof.TXT, now)
    names = {(entry.meta.namespace, entry.meta.name) for entry in wanted.pages}
    for row in writer.pages():
        if (row.namespace, row.name) not in names:
            writer.hide_page(row.namespace, row.name, now)
    writer.claims.set_served(
        {(row.id, host) for row in writer.pages() for host in row.hostnames}, now
    )


def namespace_uid(namespace: str) -> str:
    """On one machine a namespace is its name, for ever."""
    return f"local/{namespace}"


def write_lists(
    data: DataFolder, wanted: DesiredObjects, namespaces: Iterable[str], rules: CheckerConfig
) -> None:
    """Write what each checker is to run; Secrets first, so that no list is ahead of them."""
    for namespace in namespaces:
        here = data.checker(namespace)
        write_secrets(data, namespace, wanted.things)
        own = tuple(m for m in wanted.monitors if m.meta.namespace == namespace)
        listed = replace(rules, monitors=own, allow_loopback=True)
        data_folder.write(here / config.FILE, config.text(listed))


def write_secrets(data: DataFolder, namespace: str, things: Sequence[Thing]) -> None:
    """Write a namespace's Secrets as files and remove those that are gone."""
    root = data.checker(namespace) / config.SECRETS
    values: Mapping[str, str] = {
        f"{key.name}/{key.key}": value
        for key, value in manifests.secrets(things, namespace).items()
    }
    for name, value in values.items():
        data_folder.write(root / name, value + "\n")
    for file in root.glob("*/*"):
        if f"{file.parent.name}/{file.name}" not in values:
            file.unlink(missing_ok=True)
