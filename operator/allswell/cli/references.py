"""Find the Monitors that pages name and that do not exist: a page would silently omit them."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from allswell.cli.manifests import Key, ManifestFile, ManifestItem
from allswell.cli.yamlfile import LocatedProblem
from allswell.domain.spec import monitor
from allswell.domain.spec.page import StatusPage


def find_missing(
    files: Sequence[ManifestFile], running: Collection[Key] | None = None
) -> tuple[LocatedProblem, ...]:
    """Find the Monitors that a page names and that neither a file defines nor `running` has.

    Where it is not known what runs, and no file defines a Monitor, they are all defined elsewhere.
    """
    defined = [item.key for file in files for item in file.items if item.key is not None]
    known = {key[1:] for key in (*defined, *(running or ())) if key[0] == monitor.KIND}
    if (not known and running is None) or not all(file.is_complete for file in files):
        return ()
    return tuple(
        problem for file in files for item in file.items for problem in _missing(item, known)
    )


def _missing(item: ManifestItem, known: set[tuple[str, str]]) -> list[LocatedProblem]:
    page = item.resource
    if not isinstance(page, StatusPage):
        return []
    return [
        item.document.problem_at(
            ("spec", "groups", g, "monitors", m, "name"),
            f"there is no Monitor {component.name!r} in these files",
            _advice(page, component.name, known),
        )
        for g, group in enumerate(page.groups)
        for m, component in enumerate(group.monitors)
        if (page.meta.namespace, component.name) not in known
    ]


def _advice(page: StatusPage, name: str, known: set[tuple[str, str]]) -> str:
    same_namespace = sorted(other for namespace, other in known if namespace == page.meta.namespace)
    if any(other == name for _, other in known):
        return f"a page shows Monitors of its own namespace, {page.meta.namespace}, only"
    similar = get_close_matches(name, same_namespace, n=1)
    return f"did you mean {similar[0]}?" if similar else "add the Monitor or fix the name"
