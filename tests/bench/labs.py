"""Run a Kubernetes cluster for the bench, beside any that is up for tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.cluster import cluster_access
from tests.cluster.cluster_access import Cluster
from tests.cluster.lab import lifecycle, machine
from tests.cluster.lab.places import Places

NAME = "bench"


@contextmanager
def cluster(kind: str) -> Iterator[Cluster]:
    """Run a cluster of a kind (`machine.NODE` or `machine.CONTROL_PLANE`) until the block ends."""
    places = replace(Places.of(os.environ), name=NAME)
    lifecycle.up(places, machine.Choice(kind, "the bench asks for it"))
    try:
        found = cluster_access.attach({**os.environ, "ALLSWELL_LAB": NAME, "KUBECONFIG": ""})
        assert found is not None
        yield found
        found.api.close()  # type: ignore[no-untyped-call]
    finally:
        lifecycle.down(places)
