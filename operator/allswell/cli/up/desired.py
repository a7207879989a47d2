"""What is to run, from what the files say now and what they said before.

A mistake keeps that object's last good state. A file that is empty, cannot be read, or holds a
document that cannot be told apart deletes nothing, nor does a folder that cannot be read. A file in
a folder that vanished deletes its objects once it
has been missing twice in a row, for editors save by replacing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from allswell.cli import references
from allswell.cli.manifests import Key, ManifestFile, Thing
from allswell.cli.yamlfile import LocatedProblem

EMPTY = ("nothing of ours stands here any more", "what stood here goes on until the next start")


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The last good objects by file, and the files that were missing at the last look.

    `lacking` is what pages name and what is not there: the page runs without it.
    """

    files: Mapping[Path, Mapping[Key, Thing]] = field(default_factory=dict)
    missing: frozenset[Path] = frozenset()
    problems: tuple[LocatedProblem, ...] = ()
    lacking: tuple[LocatedProblem, ...] = ()

    @property
    def things(self) -> tuple[Thing, ...]:
        """Everything that is to run; of an object that moves between files the first is taken."""
        found: dict[Key, Thing] = {}
        for objects in self.files.values():
            for key, thing in objects.items():
                found.setdefault(key, thing)
        return tuple(found.values())


def after(before: DesiredState, sheets: Sequence[ManifestFile]) -> DesiredState:
    """What is to run after a look at all files."""
    known = {key: thing for objects in before.files.values() for key, thing in objects.items()}
    files: dict[Path, Mapping[Key, Thing]] = {}
    missing = set()
    problems: list[LocatedProblem] = []
    for sheet in sheets:
        last = before.files.get(sheet.file, {})
        files[sheet.file] = _objects(sheet, last, known)
        problems += sheet.problems
        if sheet.whole and not sheet.items and last:
            problems.append(LocatedProblem(sheet.file, 0, "", *EMPTY))
    unread = {sheet.file for sheet in sheets if not sheet.whole}
    for file, objects in before.files.items():
        if file in files:
            continue
        if unread & {*file.parents}:
            files[file] = objects
        elif file not in before.missing:
            files[file] = objects
            missing.add(file)
    running = {key for objects in files.values() for key in objects}
    lacking = references.dangling(sheets, running)
    return DesiredState(files, frozenset(missing), tuple(problems), lacking)


def _objects(
    sheet: ManifestFile, before: Mapping[Key, Thing], known: Mapping[Key, Thing]
) -> Mapping[Key, Thing]:
    """One file's good objects; where one is wrong now, as it was last."""
    objects: dict[Key, Thing] = {}
    for item in sheet.items:
        thing = None if item.key is None else item.thing or known.get(item.key)
        if item.key is not None and thing is not None:
            objects[item.key] = thing
    is_clear = sheet.whole and sheet.items and all(item.key is not None for item in sheet.items)
    return objects if is_clear else {**before, **objects}
