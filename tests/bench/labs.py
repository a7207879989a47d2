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
        cluster_up = cluster_access.attach({**os.environ, "ALLSWELL_LAB": NAME, "KUBECONFIG": ""})
        assert cluster_up is not None
        yield cluster_up
        cluster_up.api.close()  # type: ignore[no-untyped-call]
    finally:
        lifecycle.down(paths)
