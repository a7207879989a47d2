"""The operator's own client against a real API server."""

import asyncio
from datetime import UTC, datetime

import pytest

from allswell.kube import access, client
from tests.cluster import crds
from tests.cluster.cluster_access import Cluster
from tests.contract import kube_api
from tests.contract.kube_api import Story


@pytest.fixture
def installed(cluster: Cluster) -> Cluster:
    crds.install(cluster)
    return cluster


@pytest.mark.parametrize("story", kube_api.STORIES, ids=kube_api.name)
def test_the_operators_client(story: Story, installed: Cluster, namespace: str) -> None:
    cluster = access.find({"KUBECONFIG": str(installed.kubeconfig)}, lambda: datetime.now(UTC))

    async def told() -> None:
        async with cluster.kept(), client.connected(cluster.configuration) as api:
            await story(api, namespace)

    asyncio.run(told())
