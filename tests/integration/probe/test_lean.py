"""Test that a checker's process does not load what is merely installed beside it."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.probe import targets
from tests.integration.probe.targets import Site, ok, serving

pytestmark = pytest.mark.asyncio

# The checker's whole program, a check that needs all that it may need of httpx, and a report.
PROGRAM = """
import asyncio, json, sys
from datetime import timedelta
from pathlib import Path

import allswell.checker.main
from allswell.checker.collector_client import HttpCollectorClient
from allswell.domain.spec.http import BodyExpect, Http, HttpExpect
from allswell.probe import AddressPolicy, Prober

url, ca, token = sys.argv[1:]
check = Http(url, expect=HttpExpect(body=BodyExpect(contains="hello")))
prober = Prober(AddressPolicy(allow_loopback=True))


async def work():
    outcome = await prober.check(check, timedelta(seconds=10), {})
    collector = HttpCollectorClient(url, Path(token), Path(ca))
    reply = await collector.post("/v1/beat", {"beats": []})
    collector.close()
    return outcome.reason, reply.status


reason, status = asyncio.run(work())
print(json.dumps({"reason": reason, "status": status, "modules": sorted(sys.modules)}))
"""
INSTALLED = ("httpcore", "anyio", "certifi", "click", "pygments", "rich")


async def test_a_check_loads_httpx_without_what_it_can_do_without(tmp_path: Path) -> None:
    assert all(map(importlib.util.find_spec, INSTALLED))
    moved = b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
    token = tmp_path / "token"
    token.write_text("t")
    authority = targets.authority(tmp_path)
    site, tls = Site({"/": moved, "/x": ok(b"hello")}), authority.server("127.0.0.1")
    async with serving(site, tls=tls) as port:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            f"https://127.0.0.1:{port}/",
            str(authority.file),
            str(token),
            stdout=subprocess.PIPE,
            env={**os.environ, "SSL_CERT_FILE": str(authority.file)},
        )
        told, _ = await running.communicate()
    found = json.loads(told)
    assert (found["reason"], found["status"]) == ("", 200)
    assert "httpx" in found["modules"]
    loaded = {name.partition(".")[0] for name in found["modules"]}
    assert not loaded & set(INSTALLED)
    assert "httpx._main" not in found["modules"]
