"""The Kubernetes API that unit tests use does what the real one does; `tests/cluster` asks that."""

import asyncio

import pytest

from tests.contract import kube_api
from tests.contract.kube_api import Story
from tests.kubeapi import FakeApi


@pytest.mark.parametrize("story", kube_api.STORIES, ids=kube_api.name)
def test_the_api_in_memory(story: Story) -> None:
    api = FakeApi()
    api.namespace("acme")
    asyncio.run(story(api, "acme"))  # type: ignore[arg-type]
