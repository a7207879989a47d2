"""Monitors that pages name and that are not there: a page would silently leave them out."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from allswell.cli.manifests import Key, ManifestFile, ManifestItem
from allswell.cli.yamlfile import LocatedProblem
from allswell.domain.spec import monitor
from allswell.domain.spec.page import StatusPage


def dangling(
    sheets: Sequence[ManifestFile], running: Collection[Key] | None = None
) -> tuple[LocatedProblem, ...]:
    """Monitors that a page names and that neither stand in a file nor run.

    Where it is not known what runs, and no Monitor stands in a file, they are all elsewhere.
    """
    stand = [item.key for entry in sheets for item in entry.items if item.key is not None]
    known = {key[1:] for key in (*stand, *(running or ())) if key[0] == monitor.KIND}
    if (not known and running is None) or not all(entry.whole for entry in sheets):
        return ()
    return tuple(
        problem for entry in sheets for item in entry.items for problem in _lacking(item, known)
    )


def _lacking(item: ManifestItem, known: set[tuple[str, str]]) -> list[LocatedProblem]:
    page = item.thing
    if not isinstance(page, StatusPage):
        return []
    return [
        item.document.at(
            ("spec", "groups", g, "monitors", m, "name"),
            f"there is no Monitor {named.name!r} in these files",
            _advice(page, named.name, known),
        )
        for g, group in enumerate(page.groups)
        for m, named in enumerate(group.monitors)
        if (page.meta.namespace, named.name) not in known
    ]


def _advice(page: StatusPage, name: str, known: set[tuple[str, str]]) -> str:
    here = sorted(other for namespace, other in known if namespace == page.meta.namespace)
    if any(other == name for _, other in known):
        return f"a page shows Monitors of its own namespace, {page.meta.namespace}, only"
    near = get_close_matches(name, here, n=1)
    return f"did you mean {near[0]}?" if near else "add the Monitor or mend the name"
