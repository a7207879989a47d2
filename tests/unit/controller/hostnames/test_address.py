"""A page's own address under the domain of pages, as its status tells it."""

from datetime import timedelta
from typing import Any

import pytest

from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames.service import SETTLING_TIME
from allswell.kube import manifest
from allswell.kube.kinds import PAGE
from tests.unit.controller.hostnames.story import HOST, POLICY
from tests.unit.controller.world import World

pytestmark = pytest.mark.asyncio
PAGE_KEY = ObjectKey(PAGE.name, "acme", "main")


async def reconciled(world: World, key: bytes) -> tuple[str, dict[str, Any]]:
    """Return the target and the TXT record in a page's status, with a key of the installation."""
    reconciler = world.keyed(POLICY, key)
    # The status of an earlier operator stands for so long.
    world.now += SETTLING_TIME + timedelta(seconds=1)
    await reconciler.reconcile(PAGE_KEY)
    status = world.status(PAGE, "main")
    (entry,) = manifest.blocks(status, "hostnames")
    return manifest.text(status, "target"), dict(manifest.block(entry, "proof"))


async def test_another_key_moves_no_page_and_proves_otherwise(world: World) -> None:
    world.page(hostnames=[HOST])
    target, proof = await reconciled(world, b"k" * 32)
    (page,) = world.database.reader.pages()
    assert target == f"{page.address}.pages.io"
    again, other = await reconciled(world, b"j" * 32)
    assert again == target
    assert proof["name"] == other["name"] == f"_allswell.{HOST}"
    assert proof["value"] != other["value"]
