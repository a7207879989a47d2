"""The operator's own client against a real API server."""

import asyncio
import ssl

import pytest

from allswell.kube import client
from allswell.kube.client import Client
from tests.cluster import kinds
from tests.cluster.reach import Cluster
from tests.contract import kube_api
from tests.contract.kube_api import Story


@pytest.fixture
def installed(cluster: Cluster) -> Cluster:
    kinds.install(cluster)
    return cluster


@pytest.mark.parametrize("story", kube_api.STORIES, ids=kube_api.name)
def test_the_operators_client(story: Story, installed: Cluster, namespace: str) -> None:
    way = installed.api.configuration
    tls = ssl.create_default_context(cafile=way.ssl_ca_cert)
    if way.cert_file:
        tls.load_cert_chain(way.cert_file, way.key_file)
    token = way.api_key.get("authorization")

    async def told() -> None:
        async with client.session(tls) as session:
            headers = {"Authorization": token} if token else {}
            await story(Client(way.host, session, lambda: headers), namespace)

    asyncio.run(told())
