"""Decide what to apply, retry and delete for the host names that pages hold: pure.

The decisions are ordered lists of named checks. Each compares what is there with what a host name
needs, and returns one action or None.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from allswell.controller.hostnames import certificate_status
from allswell.kube import hostname_objects
from allswell.kube.hostname_objects import IngressSettings, PageHostname
from allswell.kube.kinds import CERTIFICATE, Kind
from allswell.kube.views.certificate import CertificateView
from allswell.kube.views.object_meta import ManifestView

KindAndName = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class ApplyChild:
    """Apply an object; `uid` is that of the object that is there, empty for a new one.

    `order_for` is the host that an authority will be asked to certify, if any.
    """

    kind: Kind
    desired: ManifestView
    uid: str = ""
    order_for: str = ""

    @property
    def name(self) -> str:
        """Return the object's name."""
        return self.desired.meta.name


@dataclass(frozen=True, slots=True)
class RetryCertificate:
    """Have a failed certificate ordered again now."""

    certificate: CertificateView
    host: str


@dataclass(frozen=True, slots=True)
class RemoveChild:
    """Delete an object that belongs to no host name; with a Certificate goes its Secret."""

    kind: Kind
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class HostnameChildren:
    """The objects of all host names as they were listed, by name: Certificates, and routes."""

    certificates: Mapping[str, CertificateView]
    routes: Mapping[Kind, Mapping[str, ManifestView]]

    def __iter__(self) -> Iterator[tuple[Kind, ManifestView]]:
        for kind, routes in self.routes.items():
            yield from ((kind, route) for route in routes.values())
        yield from ((CERTIFICATE, certificate) for certificate in self.certificates.values())


@dataclass(frozen=True, slots=True)
class CertificatePlan:
    """The actions to take, and what was found of each host name.

    `certificates` has the Certificate of each, None where there is none yet; `routed` are the names
    whose routes are there, `waiting` those that are neither certifiable nor have a Certificate.
    """

    apply: tuple[ApplyChild, ...] = ()
    retry: tuple[RetryCertificate, ...] = ()
    remove: tuple[RemoveChild, ...] = ()
    certificates: Mapping[PageHostname, CertificateView | None] = field(default_factory=dict)
    routed: frozenset[PageHostname] = frozenset()
    waiting: frozenset[PageHostname] = frozenset()


@dataclass(frozen=True, slots=True)
class RouteObject:
    """One object of a host name's route: as it is desired, and as it is there."""

    kind: Kind
    desired: ManifestView
    live: ManifestView | None


@dataclass(frozen=True, slots=True)
class PlanContext:
    """All that the decisions about every name have in common.

    Objects whose UIDs are `tolerated` stay as others make them.
    """

    children: HostnameChildren
    settings: IngressSettings
    now: datetime
    tolerated: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class NameState:
    """One held host name: what it needs and what is there.

    `certifiable_since` is since when it is verified and certifiable without a break; None: it is
    not at present.
    """

    name: PageHostname
    certifiable_since: datetime | None
    desired: ManifestView
    certificate: CertificateView | None
    routes: Sequence[RouteObject]
    context: PlanContext

    @property
    def is_routed(self) -> bool:
        """Tell whether every object of the route is there."""
        return all(route.live is not None for route in self.routes)

    @property
    def needs_route(self) -> bool:
        """Tell whether there should be a route: from the first valid certificate on."""
        is_valid = self.certificate is not None and self.certificate.is_valid(self.context.now)
        return self.is_routed or is_valid

    @property
    def object_names(self) -> frozenset[KindAndName]:
        """Return the kinds and names of all its objects."""
        routes = ((route.kind, route.desired.meta.name) for route in self.routes)
        return frozenset([(CERTIFICATE, self.desired.meta.name), *routes])


CertificateCheck = Callable[[NameState], ApplyChild | RetryCertificate | None]
RouteCheck = Callable[[NameState, RouteObject], ApplyChild | None]


def decide(names: Mapping[PageHostname, datetime | None], context: PlanContext) -> CertificatePlan:
    """Compare what is there with what the host names need.

    `names` has for each name that is held since when it is verified and certifiable.

    1. Make every one of `CERTIFICATE_CHECKS` of every name.
    2. Make every one of `ROUTE_CHECKS` of every object of its route.
    3. Delete what is there and belongs to none of the names.
    """
    states = [_state(name, since, context) for name, since in names.items()]
    actions = [action for state in states for action in _actions(state)]
    needed = frozenset[KindAndName]().union(*(state.object_names for state in states))
    return CertificatePlan(
        apply=tuple(action for action in actions if isinstance(action, ApplyChild)),
        retry=tuple(action for action in actions if isinstance(action, RetryCertificate)),
        remove=_unneeded(context.children, needed),
        certificates={state.name: state.certificate for state in states},
        routed=frozenset(state.name for state in states if state.is_routed),
        waiting=frozenset(
            state.name
            for state in states
            if state.certificate is None and state.certifiable_since is None
        ),
    )


def _state(
    name: PageHostname, certifiable_since: datetime | None, context: PlanContext
) -> NameState:
    children, settings = context.children, context.settings
    routes = []
    for kind, manifest in hostname_objects.routes(name, settings):
        desired = ManifestView.parse(manifest)
        routes.append(RouteObject(kind, desired, children.routes[kind].get(desired.meta.name)))
    return NameState(
        name=name,
        certifiable_since=certifiable_since,
        desired=ManifestView.parse(hostname_objects.certificate(name, settings)),
        certificate=children.certificates.get(name.child_name),
        routes=tuple(routes),
        context=context,
    )


def _actions(state: NameState) -> Iterator[ApplyChild | RetryCertificate]:
    of_certificate = (check(state) for check in CERTIFICATE_CHECKS)
    of_route = (check(state, route) for route in state.routes for check in ROUTE_CHECKS)
    yield from (action for action in of_certificate if action is not None)
    yield from (action for action in of_route if action is not None)


def certificate_missing(state: NameState) -> ApplyChild | None:
    """Order a certificate, but only while the name is verified and certifiable."""
    if state.certificate is not None or state.certifiable_since is None:
        return None
    return ApplyChild(CERTIFICATE, state.desired, order_for=state.name.host)


def certificate_changed(state: NameState) -> ApplyChild | None:
    """Revert a Certificate that is not as desired; one that exists is kept while the name is."""
    live = state.certificate
    if live is None or live.contains(state.desired) or live.meta.uid in state.context.tolerated:
        return None
    return ApplyChild(CERTIFICATE, state.desired, live.meta.uid)


def order_failed(state: NameState) -> RetryCertificate | None:
    """Repeat a failed order of a certifiable name when its pause is over."""
    live, since = state.certificate, state.certifiable_since
    if live is None or since is None:
        return None
    if not certificate_status.is_retry_due(live, since, state.context.now):
        return None
    return RetryCertificate(live, state.name.host)


CERTIFICATE_CHECKS: tuple[CertificateCheck, ...] = (
    certificate_missing,
    certificate_changed,
    order_failed,
)


def route_missing(state: NameState, route: RouteObject) -> ApplyChild | None:
    """Create an object of a route that should be there."""
    if route.live is not None or not state.needs_route:
        return None
    return ApplyChild(route.kind, route.desired)


def route_changed(state: NameState, route: RouteObject) -> ApplyChild | None:
    """Revert an object of a route that is not as desired."""
    live = route.live
    if live is None or not state.needs_route:
        return None
    if live.contains(route.desired) or live.meta.uid in state.context.tolerated:
        return None
    return ApplyChild(route.kind, route.desired, live.meta.uid)


ROUTE_CHECKS: tuple[RouteCheck, ...] = (route_missing, route_changed)


def _unneeded(
    children: HostnameChildren, needed: Collection[KindAndName]
) -> tuple[RemoveChild, ...]:
    """Find the objects that belong to no name, routes first: none may lead to no certificate.

    An object that is being deleted may wait for somebody else's finalizer.
    """
    removals = [
        RemoveChild(kind, live.meta.name, live.meta.uid)
        for kind, live in children
        if (kind, live.meta.name) not in needed and not live.meta.deleting
    ]
    return tuple(sorted(removals, key=lambda it: (it.kind == CERTIFICATE, it.kind.name, it.name)))
