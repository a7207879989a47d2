"""Publish every public page as files: soon after each change, and again before it looks old.

The page and its documents are written at most every 30 s and at least every 5 min, with the linked
files that are missing or whose announcement has changed; everything reachable once an hour, since
every file costs. The names of files are noted before they are written, so that files of a page that
is gone or has become private are found and removed, whatever happens in between. The note names
every page of every namespace, so its own name cannot be guessed by readers of the target.
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
MIN_INTERVAL = timedelta(seconds=30)
MAX_INTERVAL = timedelta(minutes=5)
COMPLETE_INTERVAL = timedelta(hours=1)
STEP_S = 2.0
NOTE_TYPE = "application/json"
NOTE_CACHE = "private, no-store"


class PublishTarget(Protocol):
    """A store of files by name. Whatever it raises, the next step tries again."""

    def put(self, name: str, body: bytes, content_type: str, cache: str) -> None:
        """Write a file."""
        ...

    def get(self, name: str) -> bytes | None:
        """Return a file's content; None where there is none."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; a missing one counts as removed."""
        ...


@dataclass(slots=True)
class PublishedIssue:
    """A page's published files: when they were written, of which version, and their content.

    `noted_names` are the names in the note, which may be more than those that exist.
    `announcements` are the incidents and maintenance by id, as they were published.
    """

    version: int = -1
    published_at: datetime | None = None
    completed_at: datetime | None = None
    digests: dict[str, bytes] = field(default_factory=dict)
    noted_names: set[str] = field(default_factory=set)
    announcements: Mapping[str, Announcement] = field(default_factory=dict)


def note_of(installation: str) -> str:
    """Return the name of an installation's note."""
    digest = hashlib.sha256(f"published by {installation}".encode()).hexdigest()
    return f".published-{digest[:32]}.json"


def is_due(issue: PublishedIssue, version: int, now: datetime) -> bool:
    """Decide whether a page is due: it changed and 30 s have passed, or 5 min have."""
    if issue.published_at is None:
        return True
    return now - issue.published_at >= (MIN_INTERVAL if version != issue.version else MAX_INTERVAL)


class Publisher:
    """A publisher; `step` does what is due now. `directory_of` finds each page's address."""

    def __init__(
        self,
        sources: FactsSources,
        renderer: Renderer,
        target: PublishTarget,
        directory_of: Callable[[tuple[page_data.PageRow, ...]], Directory] = directory.of,
    ) -> None:
        self._sources = sources
        self._renderer = renderer
        self._target = target
        self._directory_of = directory_of
        self._issues: dict[str, PublishedIssue] = {}
        self._name = ""

    def run(self, stop: threading.Event) -> None:
        """Step every 2 s until `stop`; a step that fails is logged and tried again."""
        while not stop.is_set():
            stop.wait(STEP_S if self.try_step() else MIN_INTERVAL.total_seconds())

    def try_step(self) -> bool:
        """Step, and return whether it succeeded."""
        try:
            self.step()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the next step may succeed
            log.warning("publisher: publishing failed and will be tried again: %s", problem)
            return False
        return True

    def step(self) -> None:
        """Publish what is due, and remove what may not be there any more."""
        if not self._name:
            self._begin()
        all_pages = self._sources.reader.pages()
        # The directory has private pages too, so that addresses are those of the live site.
        pages_directory = self._directory_of(all_pages)
        public = tuple(page for page in all_pages if not page.is_private)
        listed = {folder(page): page for page in public}
        for gone in self._issues.keys() - listed.keys():
            self._withdraw(gone)
        now = self._sources.clock()
        for name, page in listed.items():
            issue = self._issues.setdefault(name, PublishedIssue())
            if is_due(issue, page.version, now):
                self._publish(name, page, issue, RenderOrder(now, pages_directory))

    def _begin(self) -> None:
        """Read the note of an earlier process."""
        installation = self._sources.reader.installation()
        if not installation:
            raise NothingToPublish("the central database has never been written")
        note = note_of(installation)
        names_by_folder = _read(self._target.get(note))
        self._issues = {
            name: PublishedIssue(noted_names=set(names)) for name, names in names_by_folder.items()
        }
        self._name = note

    def _publish(
        self, name: str, page: page_data.PageRow, issue: PublishedIssue, step_order: RenderOrder
    ) -> None:
        """Publish one page.

        1. Read its facts; leave it if it is gone or private.
        2. Render everything once an hour, else the front with what is missing or changed.
        3. Note the names of the files.
        4. Write the files, new ones first.
        5. After a complete one, remove the files that are not reachable any more.
        """
        material = facts_sources.read(self._sources, page)
        if material.facts is None or material.facts.page.is_private:
            return
        now = step_order.now
        order = replace(step_order, page=material.facts.page, material=material, copy=True)
        is_complete = issue.completed_at is None or now - issue.completed_at >= COMPLETE_INTERVAL
        announcements = _announcements(material.facts)
        unchanged = _unchanged(issue, announcements)
        if is_complete:
            files = tuple(static_site.whole(self._renderer, order))
        else:
            files = tuple(static_site.front(self._renderer, order, unchanged))
        self._note(issue, {file.name for file in files})
        # New files go first, so that no link leads to a file that is missing or old.
        for file in sorted(files, key=lambda file: file.name in unchanged):
            self._put(name, issue, file)
        issue.published_at, issue.announcements = now, announcements
        issue.version = material.facts.page.version
        if is_complete:
            issue.completed_at = now
            self._forget(name, issue, {file.name for file in files})

    def _put(self, name: str, issue: PublishedIssue, file: SiteFile) -> None:
        """Write a file unless this process has written it with the same content."""
        digest = hashlib.sha256(file.body).digest()
        if issue.digests.get(file.name) != digest:
            self._target.put(f"{name}/{file.name}", file.body, file.content_type, file.cache)
            issue.digests[file.name] = digest

    def _note(self, issue: PublishedIssue, names: set[str]) -> None:
        """Note the files before they are written."""
        if not names <= issue.noted_names:
            issue.noted_names |= names
            self._write_note()

    def _forget(self, name: str, issue: PublishedIssue, names: set[str]) -> None:
        """Remove the files that are not reachable from the page any more."""
        if old := issue.noted_names - names:
            self._target.remove(f"{name}/{entry}" for entry in sorted(old))
            issue.noted_names = names
            issue.digests = {
                entry: digest for entry, digest in issue.digests.items() if entry in names
            }
            self._write_note()

    def _withdraw(self, name: str) -> None:
        """Remove a whole page."""
        self._target.remove(f"{name}/{entry}" for entry in sorted(self._issues[name].noted_names))
        del self._issues[name]
        self._write_note()

    def _write_note(self) -> None:
        names_by_folder = {name: sorted(issue.noted_names) for name, issue in self._issues.items()}
        body = json.dumps({"format": 1, "files": names_by_folder}).encode()
        self._target.put(self._name, body, NOTE_TYPE, NOTE_CACHE)


def _announcements(facts: page_data.PageData) -> Mapping[str, Announcement]:
    by_id: dict[str, Announcement] = {
        announcement.id: announcement for announcement in facts.incidents
    }
    return by_id | {announcement.id: announcement for announcement in facts.maintenances}


def _unchanged(issue: PublishedIssue, announcements: Mapping[str, Announcement]) -> Container[str]:
    """Return the files that exist, except those whose announcement has changed."""
    changed = {
        name
        for name, announcement in announcements.items()
        if issue.announcements.get(name) != announcement
    }
    return {name for name in issue.digests if static_site.part_of(name) not in changed}


def folder(page: page_data.PageRow) -> str:
    """Return the folder of a page's files."""
    return f"{page.namespace}/{page.name}"


def _read(note: bytes | None) -> Mapping[str, list[str]]:
    """Return the names by folder; none if the note cannot be read."""
    if note is None:
        return {}
    try:
        files = json.loads(note)["files"]
        return {str(name): [str(entry) for entry in names] for name, names in files.items()}
    except (ValueError, TypeError, LookupError, AttributeError):
        log.warning("publisher: cannot read the note of published files: old files may stay")
        return {}
