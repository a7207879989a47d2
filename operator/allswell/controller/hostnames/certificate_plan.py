"""What to make and remove for the names that pages hold: pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from allswell.controller.hostnames import certificate_status
from allswell.controller.hostnames.certificate_status import CertificateFacts
from allswell.kube import hostname_objects, manifest
from allswell.kube.hostname_objects import IngressSettings, PageHostname
from allswell.kube.kinds import CERTIFICATE, Kind
from allswell.kube.manifest import Json

Children = Mapping[Kind, Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class ApplyChild:
    """Make a child so; `ordered` is the host that an authority will be asked to certify, if any."""

    kind: Kind
    wanted: Json
    uid: str = ""
    ordered: str = ""


@dataclass(frozen=True, slots=True)
class RetryCertificate:
    """Have a failed certificate ordered again now."""

    certificate: Json
    host: str


@dataclass(frozen=True, slots=True)
class RemoveChild:
    """Remove a child that belongs to no name; with a Certificate goes its Secret."""

    kind: Kind
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class CertificatePlan:
    """What to do, and of each name what its Certificate says and whether its route is there.

    Of those that are `waiting` none is begun yet.
    """

    make: tuple[ApplyChild, ...] = ()
    retry: tuple[RetryCertificate, ...] = ()
    remove: tuple[RemoveChild, ...] = ()
    facts: Mapping[PageHostname, CertificateFacts | None] = field(default_factory=dict)
    routed: frozenset[PageHostname] = frozenset()
    waiting: frozenset[PageHostname] = frozenset()


def decide(
    names: Mapping[PageHostname, datetime | None],
    children: Children,
    challenges: Mapping[str, str],
    around: IngressSettings,
    now: datetime,
    *,
    left: Collection[str] = (),
) -> CertificatePlan:
    """Compare what is there with what the names need.

    `names` says of each name that is held since when it is proved and certifiable without a break;
    None: it is not at present. A Certificate is only begun when it is; what was begun stays as long
    as the name is held. A route appears when the certificate serves. Children whose UIDs are `left`
    stay as others make them.
    """
    make: list[ApplyChild] = []
    retry: list[RetryCertificate] = []
    facts: dict[PageHostname, CertificateFacts | None] = {}
    wanted: set[tuple[Kind, str]] = set()
    routed = set()
    for name, green in names.items():
        wanted.add((CERTIFICATE, name.child_name))
        live = children[CERTIFICATE].get(name.child_name)
        seen = facts[name] = None if live is None else certificate_status.facts(live, challenges)
        if live is not None or green:
            make += _certificate(name, live, around)
        if live is not None and seen and green and certificate_status.due_again(seen, green, now):
            retry.append(RetryCertificate(live, name.host))
        ways = hostname_objects.routes(name, around)
        wanted |= {(kind, manifest.name(way)[1]) for kind, way in ways}
        there = all(manifest.name(way)[1] in children[kind] for kind, way in ways)
        if there or (seen is not None and seen.serves(now)):
            make += [
                ApplyChild(kind, way, _uid(children, kind, way))
                for kind, way in ways
                if not _is_so(children, kind, way)
            ]
        if there:
            routed.add(name)
    return CertificatePlan(
        make=tuple(each for each in make if each.uid not in left),
        retry=tuple(retry),
        remove=_unwanted(children, wanted),
        facts=facts,
        routed=frozenset(routed),
        waiting=frozenset(name for name, seen in facts.items() if not (seen or names[name])),
    )


def _certificate(
    name: PageHostname, live: Json | None, around: IngressSettings
) -> list[ApplyChild]:
    shall = hostname_objects.certificate(name, around)
    if live is None:
        return [ApplyChild(CERTIFICATE, shall, ordered=name.host)]
    return [] if _agrees(live, shall) else [ApplyChild(CERTIFICATE, shall, manifest.uid(live))]


def _is_so(children: Children, kind: Kind, wanted: Json) -> bool:
    live = children[kind].get(manifest.name(wanted)[1])
    return live is not None and _agrees(live, wanted)


def _agrees(live: Json, wanted: Json) -> bool:
    """Whether all that is wanted is there. What comes in a list says nothing of its own kind."""
    return all(manifest.is_subset(live.get(part), wanted[part]) for part in ("metadata", "spec"))


def _uid(children: Children, kind: Kind, wanted: Json) -> str:
    return manifest.uid(children[kind].get(manifest.name(wanted)[1], manifest.NOTHING))


def _unwanted(children: Children, wanted: set[tuple[Kind, str]]) -> tuple[RemoveChild, ...]:
    """Routes first: nobody should be led to a certificate that is gone.

    What is being deleted already may wait for somebody else's finalizer.
    """
    found = [
        RemoveChild(kind, name, manifest.uid(live))
        for kind, those in children.items()
        for name, live in those.items()
        if (kind, name) not in wanted and not manifest.text(live, "metadata", "deletionTimestamp")
    ]
    return tuple(sorted(found, key=lambda it: (it.kind == CERTIFICATE, it.kind.name, it.name)))
