"""Run a Kubernetes cluster for the bench, beside any that is up for tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.cluster import cluster_access
from tests.cluster.cluster_access import Cluster
from tests.cluster.lab import lifecycle, machine
from tests.cluster.lab.paths import LabPaths

NAME = "bench"


@contextmanager
def cluster(kind: str) -> Iterator[Cluster]:
    """Run a cluster of a kind (`machine.NODE` or `machine.CONTROL_PLANE`) until the block ends."""
    paths = replace(LabPaths.of(os.environ), name=NAME)
    lifecycle.up(paths, machine.Choice(kind, "the bench asks for it"))
    try:
        found = cluster_access.attach({**os.environ, "ALLSWELL_LAB": NAME, "KUBECONFIG": ""})
        assert found is not None
        yield found
        found.api.close()  # type: ignore[no-untyped-call]
    finally:
        lifecycle.down(paths)
