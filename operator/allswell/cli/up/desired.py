"""Decide what is to run, from what the files contain now and what they contained before.

A mistake keeps that object's last good state. A file that is empty, cannot be read, or holds a
document whose object cannot be told deletes nothing, nor does a folder that cannot be read. A file
in a folder that vanished deletes its objects once it has been missing twice in a row, because
editors save by replacing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from allswell.cli import references
from allswell.cli.manifests import Key, ManifestFile, Resource
from allswell.cli.yamlfile import LocatedProblem

EMPTY = ("this file no longer defines any object", "its objects keep running until the next start")


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The last good objects by file, and the files that were missing at the last read.

    `dangling` are the problems of Monitors that pages name and that do not exist: such a page is
    served without them.
    """

    files: Mapping[Path, Mapping[Key, Resource]] = field(default_factory=dict)
    missing: frozenset[Path] = frozenset()
    problems: tuple[LocatedProblem, ...] = ()
    dangling: tuple[LocatedProblem, ...] = ()

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Return what is to run; of an object that moves between files the first is taken."""
        by_key: dict[Key, Resource] = {}
        for objects in self.files.values():
            for key, resource in objects.items():
                by_key.setdefault(key, resource)
        return tuple(by_key.values())


def update(before: DesiredState, files: Sequence[ManifestFile]) -> DesiredState:
    """Return what is to run after all files have been read again.

    1. Take the good objects of each file that is there, and the last good ones in place of bad.
    2. Keep the objects of a file that vanished, for one read, or while its folder is unreadable.
    3. Collect the problems, and the Monitors that pages name and that do not exist.
    """
    known = {key: it for objects in before.files.values() for key, it in objects.items()}
    objects_by_file: dict[Path, Mapping[Key, Resource]] = {}
    problems: list[LocatedProblem] = []
    for file in files:
        last = before.files.get(file.file, {})
        objects_by_file[file.file] = _objects(file, last, known)
        problems += file.problems
        if file.is_complete and not file.items and last:
            problems.append(LocatedProblem(file.file, 0, "", *EMPTY))
    vanished = _vanished(before, files)
    objects_by_file |= {path: before.files[path] for path in vanished}
    running = {key for objects in objects_by_file.values() for key in objects}
    missing = frozenset(path for path, is_missing in vanished.items() if is_missing)
    dangling = references.find_missing(files, running)
    return DesiredState(objects_by_file, missing, tuple(problems), dangling)


def _vanished(before: DesiredState, files: Sequence[ManifestFile]) -> Mapping[Path, bool]:
    """Return the vanished files whose objects are kept, and whether they count as missing."""
    present = {file.file for file in files}
    unread = {file.file for file in files if not file.is_complete}
    vanished: dict[Path, bool] = {}
    for path in before.files:
        if path in present:
            continue
        if unread & {*path.parents}:
            vanished[path] = False
        elif path not in before.missing:
            vanished[path] = True
    return vanished


def _objects(
    file: ManifestFile, before: Mapping[Key, Resource], known: Mapping[Key, Resource]
) -> Mapping[Key, Resource]:
    """Return one file's good objects; where one has a problem, its last good state."""
    objects: dict[Key, Resource] = {}
    for item in file.items:
        resource = None if item.key is None else item.resource or known.get(item.key)
        if item.key is not None and resource is not None:
            objects[item.key] = resource
    is_clear = file.is_complete and file.items and all(item.key is not None for item in file.items)
    return objects if is_clear else {**before, **objects}
