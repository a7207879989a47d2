"""Pass an order from the renderer to a view, through the WSGI environment of an inner request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, request

from allswell.central import page_data
from allswell.domain.latency import LatencyBucket
from allswell_web.cache.directory import Directory
from allswell_web.cache.facts_sources import PageMaterial

Facts = tuple[page_data.PageData, Mapping[str, tuple[LatencyBucket, ...]]]
# The key of the order in the WSGI environment.
ORDER = "allswell.order"


class UncachedResponse(Response):
    """An answer that is sent and not stored, because there is no end of such addresses."""


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """What a view has to show: a page's material, or without one the list of pages.

    With `copy` it is for a static copy, which is read at any later time, so it states the date and
    time of its data.
    """

    now: datetime
    directory: Directory
    page: page_data.PageRow | None = None
    material: PageMaterial | None = None
    copy: bool = False


def current() -> RenderOrder:
    """Return the order of this request; the renderer puts it there."""
    order = request.environ[ORDER]
    assert isinstance(order, RenderOrder)  # noqa: S101 - see above
    return order


def facts() -> Facts:
    """Return the facts and the latency buckets of the order; 404 for the list of pages."""
    material = current().material
    if material is None or material.facts is None:
        abort(404)
    return material.facts, material.buckets
