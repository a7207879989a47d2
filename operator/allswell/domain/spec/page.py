"""Read the StatusPage manifest: what the public sees, in which groups, in which time zone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from allswell.domain.spec import access, look, meta, selector
from allswell.domain.spec.access import Access
from allswell.domain.spec.fields import DNS_LABEL, LINE, Fields, unique
from allswell.domain.spec.look import PageLook
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.problem import Problem
from allswell.domain.spec.selector import Selector
from allswell.domain.spec.shown import shown

KIND = "StatusPage"
# The last label is no number: 10.0.0.12 is an address.
HOSTNAME = re.compile(
    r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+(?![0-9]+$)[a-z0-9][-a-z0-9]{0,61}[a-z0-9]", re.ASCII
)
HOSTNAME_ADVICE = (
    "write a full host name in lower case, like status.example.com; international ones as xn--…"
)
# The machine's own zone, and copies of all zones that count leap seconds.
ODD_ZONES = ("localtime", "posix/", "posixrules", "right/")
LINE_ADVICE = "write one line of text"
NAME_ADVICE = "write the name of a Monitor in this namespace"


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """One monitor that a group names; without a title its name is shown."""

    name: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """Components under one heading: those named, then those selected by label."""

    name: str
    monitors: tuple[GroupEntry, ...] = ()
    selector: Selector | None = None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """A StatusPage as it was written."""

    meta: Meta
    title: str
    description: str = ""
    time_zone: str = "UTC"
    hostnames: tuple[str, ...] = ()
    groups: tuple[GroupSpec, ...] = field(default_factory=tuple)
    access: Access | None = None
    look: PageLook = field(default_factory=PageLook)


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """One component of a page: a monitor, under a title, in a group."""

    group: str
    monitor: str
    title: str


def read(manifest: object) -> StatusPage:
    """Read a decoded manifest. Raises `InvalidManifest` with every problem at once."""
    problems: list[Problem] = []
    fields = Fields(manifest, (), problems)
    identity = meta.read(fields, KIND)
    page = None
    if fields.required("spec", "write spec: with a title and groups"):
        page = _spec(fields.child("spec") or Fields({}, ("spec",), problems), identity)
    fields.close()
    meta.refuse_if(problems, manifest)
    assert page is not None  # noqa: S101 - without problems there is a spec
    return page


def _spec(spec: Fields, identity: Meta) -> StatusPage:
    title = ""
    if spec.required("title", "write the page's heading, like Acme Status"):
        title = spec.text("title", shortest=1, longest=120, pattern=LINE, instead=LINE_ADVICE)
    page = StatusPage(
        meta=identity,
        title=title,
        description=spec.text("description", longest=1000),
        time_zone=_zone(spec),
        hostnames=_hostnames(spec),
        groups=tuple(_group(child) for child in spec.children("groups", most=50)),
        access=_access(spec),
        look=look.read(spec),
    )
    unique(spec, "groups", [group.name or None for group in page.groups])
    spec.close()
    return page


def _access(spec: Fields) -> Access | None:
    child = spec.child("access")
    return None if child is None else access.read(child)


def _zone(spec: Fields) -> str:
    zone = spec.text("timeZone", default="UTC", shortest=1, longest=64)
    if not _is_zone(zone):
        # Not abbreviations: CEST is near to EST, which is another time.
        places = [name for name in available_timezones() if "/" in name]
        near = get_close_matches(zone, places, n=1)
        advice = f"did you mean {near[0]}?" if near else "write a name like Europe/Berlin"
        spec.note(("timeZone",), f"{shown(zone)} is not a time zone", advice)
    return zone


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return not name.startswith(ODD_ZONES)


def _hostnames(spec: Fields) -> tuple[str, ...]:
    return spec.texts(
        "hostnames",
        most=20,
        longest=253,
        pattern=HOSTNAME,
        instead=HOSTNAME_ADVICE,
    )


def _group(fields: Fields) -> GroupSpec:
    name = ""
    if fields.required("name", "write the group's heading"):
        name = fields.text("name", shortest=1, longest=120, pattern=LINE, instead=LINE_ADVICE)
    entries = tuple(
        _entry(child) for child in fields.children("monitors", most=200, like="name: api")
    )
    unique(fields, "monitors", [entry.name or None for entry in entries])
    child = fields.child("selector")
    if child is None and not fields.take("monitors"):
        fields.note((), "this group shows nothing", "write monitors or a selector")
    group = GroupSpec(name, entries, None if child is None else selector.read(child))
    fields.close()
    return group


def _entry(fields: Fields) -> GroupEntry:
    name = ""
    if fields.required("name", NAME_ADVICE):
        name = fields.text("name", longest=45, pattern=DNS_LABEL, instead=NAME_ADVICE)
    title = fields.text("title", longest=120, pattern=LINE, instead=LINE_ADVICE)
    fields.close()
    return GroupEntry(name, title)


def text(page: StatusPage) -> dict[str, object]:
    """Return the manifest that `read` reads back as the same value."""
    spec: dict[str, object] = {"title": page.title}
    if page.description:
        spec["description"] = page.description
    spec["timeZone"] = page.time_zone
    if page.hostnames:
        spec["hostnames"] = list(page.hostnames)
    if page.groups:
        spec["groups"] = [_group_text(group) for group in page.groups]
    if page.access is not None:
        spec["access"] = access.text(page.access)
    spec |= look.text(page.look)
    return meta.text(page.meta, KIND, spec)


def _group_text(group: GroupSpec) -> dict[str, object]:
    block: dict[str, object] = {"name": group.name}
    if group.monitors:
        block["monitors"] = [
            {"name": entry.name} | ({"title": entry.title} if entry.title else {})
            for entry in group.monitors
        ]
    if group.selector is not None:
        block["selector"] = selector.text(group.selector)
    return block


def components(page: StatusPage, monitors: Iterable[Meta]) -> tuple[ComponentSpec, ...]:
    """Return the components of a page, from the monitors that exist in any namespace.

    Only monitors of the page's own namespace count. A monitor stands where it is named first;
    selected ones follow in the order of their names, and none stands twice.
    """
    labels: Mapping[str, Mapping[str, str]] = {
        entry.name: entry.labels for entry in monitors if entry.namespace == page.meta.namespace
    }
    named = {entry.name for group in page.groups for entry in group.monitors}
    shown: dict[str, ComponentSpec] = {}
    for group in page.groups:
        for entry in group.monitors:
            if entry.name in labels:
                title = entry.title or entry.name
                shown.setdefault(entry.name, ComponentSpec(group.name, entry.name, title))
        if group.selector is not None:
            for name in sorted(labels.keys() - named - shown.keys()):
                if group.selector.matches(labels[name]):
                    shown[name] = ComponentSpec(group.name, name, name)
    return tuple(shown.values())
