"""kopf itself, logging in: by our credentials, and again when these are refused."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import kopf
import pytest
from aiohttp import web

from allswell.controller.bootstrap import kube_login
from allswell.controller.cache import watches
from allswell.kube import access


class Server:
    """An API server that takes one token, and says so once it was shown it."""

    def __init__(self, takes: str) -> None:
        self.takes = f"Bearer {takes}"
        self.shown: list[str] = []
        self.taken = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.shown.append(request.headers.get("Authorization", ""))
        if self.shown[-1] != self.takes:
            return web.json_response({"kind": "Status", "message": "who?"}, status=401)
        self.taken.set()
        return web.json_response({"versions": [], "groups": [], "resources": [], "items": []})


@pytest.mark.asyncio
async def test_kopf_logs_in_again_when_its_token_is_refused(tmp_path: Path) -> None:
    server = Server(takes="second")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    token = tmp_path / "token"
    token.write_text("first")
    (tmp_path / "config").write_text(
        f"""
        current-context: it
        contexts: [{{name: it, context: {{cluster: it, user: it}}}}]
        clusters: [{{name: it, cluster: {{server: "http://127.0.0.1:{runner.addresses[0][1]}"}}}}]
        users: [{{name: it, user: {{tokenFile: {token}}}}}]
        """
    )
    environ = {"KUBECONFIG": str(tmp_path / "config")}
    cluster = access.find(environ, lambda: datetime.now(UTC), tmp_path / "nowhere")
    await cluster.log_in()
    token.write_text("second")
    stop = asyncio.Event()
    watching = asyncio.create_task(
        kopf.operator(
            registry=watches.registry(kube_login.login(cluster, pause=0), lambda *_: None),
            settings=watches.settings(),
            clusterwide=True,
            standalone=True,
            stop_flag=stop,
        )
    )
    await asyncio.wait(
        [watching, asyncio.create_task(server.taken.wait())], return_when="FIRST_COMPLETED"
    )
    stop.set()
    await watching
    await runner.cleanup()
    assert server.shown[0] == "Bearer first"
    assert server.taken.is_set()
