import asyncio
import threading
import urllib.error
import urllib.request

import pytest

from allswell.checker import health_endpoints
from allswell.checker.health_endpoints import HealthServer


def test_the_health_server_answers_from_the_loop_and_says_when_it_hangs() -> None:
    answers: dict[str, tuple[int, str]] = {}

    def ask(port: int, path: str) -> None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as got:
                answers[path] = (got.status, got.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                answers[path] = (error.code, error.read().decode())

    async def story() -> None:
        server = HealthServer("127.0.0.1", 0, {"/healthz": "ok\n"}.get)
        await asyncio.to_thread(ask, server.port, "/healthz?x=1")
        await asyncio.to_thread(ask, server.port, "/other")
        hanging = threading.Thread(target=ask, args=(server.port, "/healthz"))
        hanging.start()
        # The loop hangs: it waits here for an answer that only it can make.
        hanging.join()
        await asyncio.to_thread(server.close)

    asyncio.run(story())
    assert answers["/healthz?x=1"] == (200, "ok\n")
    assert answers["/other"] == (404, "not found\n")
    assert answers["/healthz"][0] == 503


@pytest.mark.parametrize(
    ("path", "asker", "expected"),
    [
        ("/healthz", "10.244.0.7", True),
        ("/metrics", "10.244.0.7", False),
        ("/metrics", "::ffff:10.244.0.7", False),
        ("/metrics", "127.0.0.1", True),
        ("/metrics", "::1", True),
    ],
)
def test_metrics_are_served_within_the_pod_only(path: str, asker: str, *, expected: bool) -> None:
    assert health_endpoints.is_allowed(path, asker) is expected
