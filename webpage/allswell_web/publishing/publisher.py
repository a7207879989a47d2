"""Publishes every public page as files: soon after each change, and again before it looks old.

The page and its documents at most every 30 s and at least every 5 min, with what they lead to that
is not there yet, or of which something new is told; all that can be reached from them once an hour,
since every file costs. What is published is noted first, so that files of a page that is gone or
has become private are found and removed, whatever happened in between. The note names every page
of every namespace, so no reader of the bucket can tell the note's own name.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from allswell.central import page_data
from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance
from allswell_web.cache import directory, facts_sources
from allswell_web.cache.directory import Directory
from allswell_web.cache.facts_sources import FactsSources
from allswell_web.cache.render_order import RenderOrder
from allswell_web.cache.renderer import Renderer
from allswell_web.errors import NothingToPublish
from allswell_web.publishing import static_site
from allswell_web.publishing.static_site import SiteFile

Announcement = Incident | Maintenance
log = logging.getLogger(__name__)
LEAST = timedelta(seconds=30)
MOST = timedelta(minutes=5)
WHOLE = timedelta(hours=1)
LOOK_S = 2.0
NOTE_TYPE = "application/json"
NOTE_CACHE = "private, no-store"


class PublishTarget(Protocol):
    """Where files go, by name. Whatever it raises, the next step tries again."""

    def put(self, name: str, body: bytes, content_type: str, cache: str) -> None:
        """Write a file."""
        ...

    def get(self, name: str) -> bytes | None:
        """A file's content; None where there is none."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is not there counts as removed."""
        ...


@dataclass(slots=True)
class PublishedIssue:
    """What is known of a page's files: when they were published, of which version, what they hold.

    `noted` are the names that the note has, which may be more than those that exist. `told` are the
    incidents and maintenances by id, as they were told then.
    """

    version: int = -1
    at: datetime | None = None
    whole_at: datetime | None = None
    digests: dict[str, bytes] = field(default_factory=dict)
    noted: set[str] = field(default_factory=set)
    told: Mapping[str, Announcement] = field(default_factory=dict)


def note_of(installation: str) -> str:
    """The name of an installation's note."""
    digest = hashlib.sha256(f"published by {installation}".encode()).hexdigest()
    return f".published-{digest[:32]}.json"


def is_due(issue: PublishedIssue, version: int, now: datetime) -> bool:
    """Whether a page is to be published: it changed and 30 s have passed, or 5 min have."""
    if issue.at is None:
        return True
    return now - issue.at >= (LEAST if version != issue.version else MOST)


class Publisher:
    """Publishes; `step` does what is due now. `listing` tells where each page is at home."""

    def __init__(
        self,
        sources: FactsSources,
        press: Renderer,
        bucket: PublishTarget,
        listing: Callable[[tuple[page_data.PageRow, ...]], Directory] = directory.of,
    ) -> None:
        self._sources = sources
        self._press = press
        self._bucket = bucket
        self._listing = listing
        self._issues: dict[str, PublishedIssue] = {}
        self._name = ""

    def run(self, stop: threading.Event) -> None:
        """Step every 2 s until told to stop; a step that fails is told and tried again."""
        while not stop.is_set():
            stop.wait(LOOK_S if self.tried() else LEAST.total_seconds())

    def tried(self) -> bool:
        """Step; whether it went well."""
        try:
            self.step()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the next step may succeed
            log.warning("Publishing failed and will be tried again: %s", problem)
            return False
        return True

    def step(self) -> None:
        """Publish what is due, remove what may not be there any more."""
        if not self._name:
            self._begin()
        every = self._sources.reader.pages()
        # Addresses are those of the installation, where the other pages have theirs.
        known = self._listing(every)
        pages = tuple(page for page in every if not page.is_private)
        listed = {folder(page): page for page in pages}
        for gone in self._issues.keys() - listed.keys():
            self._withdraw(gone)
        now = self._sources.clock()
        for name, page in listed.items():
            issue = self._issues.setdefault(name, PublishedIssue())
            if is_due(issue, page.version, now):
                self._publish(name, page, issue, RenderOrder(now, known))

    def _begin(self) -> None:
        """Read what an earlier process has noted."""
        installation = self._sources.reader.installation()
        if not installation:
            raise NothingToPublish("the centre has not run yet")
        note = note_of(installation)
        noted = _read(self._bucket.get(note))
        self._issues = {name: PublishedIssue(noted=set(names)) for name, names in noted.items()}
        self._name = note

    def _publish(
        self, name: str, page: page_data.PageRow, issue: PublishedIssue, step: RenderOrder
    ) -> None:
        material = facts_sources.read(self._sources, page)
        if material.facts is None or material.facts.page.is_private:
            return
        now = step.now
        order = replace(step, page=material.facts.page, material=material, copy=True)
        is_whole = issue.whole_at is None or now - issue.whole_at >= WHOLE
        told = _told(material.facts)
        there = _lasting(issue, told)
        press = self._press
        files = tuple(
            static_site.whole(press, order) if is_whole else static_site.front(press, order, there)
        )
        self._note(issue, {file.name for file in files})
        # What is new goes first, so that no link leads to a file that is not there or is old.
        for file in sorted(files, key=lambda file: file.name in there):
            self._put(name, issue, file)
        issue.at, issue.version, issue.told = now, material.facts.page.version, told
        if is_whole:
            issue.whole_at = now
            self._forget(name, issue, {file.name for file in files})

    def _put(self, name: str, issue: PublishedIssue, file: SiteFile) -> None:
        """Write a file unless this process wrote it with the same content."""
        digest = hashlib.sha256(file.body).digest()
        if issue.digests.get(file.name) != digest:
            self._bucket.put(f"{name}/{file.name}", file.body, file.content_type, file.cache)
            issue.digests[file.name] = digest

    def _note(self, issue: PublishedIssue, names: set[str]) -> None:
        """Note what will be written, before it is."""
        if not names <= issue.noted:
            issue.noted |= names
            self._write_note()

    def _forget(self, name: str, issue: PublishedIssue, names: set[str]) -> None:
        """Remove the files that no part of the page leads to any more."""
        if old := issue.noted - names:
            self._bucket.remove(f"{name}/{entry}" for entry in sorted(old))
            issue.noted = names
            issue.digests = {entry: it for entry, it in issue.digests.items() if entry in names}
            self._write_note()

    def _withdraw(self, name: str) -> None:
        """Remove a whole page."""
        self._bucket.remove(f"{name}/{entry}" for entry in sorted(self._issues[name].noted))
        del self._issues[name]
        self._write_note()

    def _write_note(self) -> None:
        noted = {name: sorted(issue.noted) for name, issue in self._issues.items()}
        body = json.dumps({"format": 1, "files": noted}).encode()
        self._bucket.put(self._name, body, NOTE_TYPE, NOTE_CACHE)


def _told(found: page_data.PageData) -> Mapping[str, Announcement]:
    told: dict[str, Announcement] = {it.id: it for it in found.incidents}
    return told | {it.id: it for it in found.maintenances}


def _lasting(issue: PublishedIssue, told: Mapping[str, Announcement]) -> Container[str]:
    """The files that are there, but for those of which something else is told now."""
    changed = {name for name, it in told.items() if issue.told.get(name) != it}
    return {name for name in issue.digests if static_site.part_of(name) not in changed}


def folder(page: page_data.PageRow) -> str:
    """The folder of a page's files."""
    return f"{page.namespace}/{page.name}"


def _read(note: bytes | None) -> Mapping[str, list[str]]:
    """The names by folder; nothing of a note that cannot be read."""
    if note is None:
        return {}
    try:
        files = json.loads(note)["files"]
        return {str(name): [str(entry) for entry in names] for name, names in files.items()}
    except (ValueError, TypeError, LookupError, AttributeError):
        log.warning("The note of what was published cannot be read: old files may stay")
        return {}
