"""Find the API server and our credentials: in a pod its account, else a kubeconfig.

The official client reads both. What it has read is one configuration for all who speak with the
API server, our own client and kopf's watches, in whatever event loop; it is renewed in place.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import aiohttp
import yaml
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.client.rest import RESTClientObject, RESTResponse
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.incluster_config import InClusterConfigLoader
from yarl import URL

from allswell.kube.errors import NoClusterAccess
from allswell.kube.kubeconfig import Kubeconfig

log = logging.getLogger(__name__)
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
KUBECONFIG = "~/.kube/config"
# A pod's token is renewed long before it ends; kubelet writes the new one to the same file.
RENEW = 60.0
# As long as somebody may take to answer an exec plug-in's question.
PATIENCE = 120.0
CONNECTIONS = 32
UNREADABLE = (
    ConfigException,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    yaml.YAMLError,
    aiohttp.ClientError,
)
Read = Callable[[Configuration], Awaitable[None]]


class ClusterAccess:
    """A configuration of the official client that is kept fresh."""

    def __init__(self, read: Read) -> None:
        self.configuration = configuration()
        self._read = read

    async def log_in(self) -> None:
        """Read everything, and again what may be new since. Raises `NoClusterAccess`."""
        fresh = configuration()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._read(fresh)
            RESTClientObject(fresh)
        except UNREADABLE as error:
            words = f"{type(error).__name__}: {error}"
            raise NoClusterAccess(f"the way to the cluster cannot be used: {words}") from error
        # Who wrote the token by hand ended its line.
        fresh.api_key = {key: value.strip() for key, value in fresh.api_key.items()}
        # In place, and only now: others speak by it at this moment, also in another thread.
        vars(self.configuration).update(vars(fresh))

    async def renew(self) -> None:
        """Read again what may be new; what cannot be read leaves things as they are."""
        try:
            await self.log_in()
        except NoClusterAccess as error:
            log.warning("cluster access: the credentials could not be renewed: %s", error)

    @asynccontextmanager
    async def kept(self, every: float = RENEW) -> AsyncIterator[None]:
        """Log in, and renew what may be new until the block ends. Raises `NoClusterAccess`."""
        await self.log_in()
        renewing = asyncio.create_task(self._keep(every))
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    def session(self) -> aiohttp.ClientSession:
        """Make a session for who speaks HTTP to the API server without the official client."""
        tls = RESTClientObject(self.configuration).ssl_context
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            proxy=self.configuration.proxy,
            middlewares=(self._authorize,),
        )

    async def _keep(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.renew()

    async def _authorize(
        self, request: ClientRequest, handler: ClientHandlerType
    ) -> ClientResponse:
        # Wherever else a redirect leads, nobody there is told who we are.
        if request.url.origin() == URL(self.configuration.host).origin():
            if shown := (await self.configuration.auth_settings()).get("BearerToken"):
                request.headers[shown["key"]] = shown["value"] or ""
            request.server_hostname = self.configuration.tls_server_name
        return await handler(request)


def find(
    environ: Mapping[str, str], now: Callable[[], datetime], account: Path = ACCOUNT
) -> ClusterAccess:
    """Find the way, without taking it yet. Raises `NoClusterAccess`."""
    if (account / "token").exists():
        return ClusterAccess(_of_account(environ, account))
    files = environ.get("KUBECONFIG", "")
    if not files and not Path(KUBECONFIG).expanduser().exists():
        raise NoClusterAccess("there is no way to a cluster: run in a pod, or set KUBECONFIG")
    try:
        return ClusterAccess(Kubeconfig(files or KUBECONFIG, now).load_and_set)
    except UNREADABLE as error:
        raise NoClusterAccess(f"the kubeconfig cannot be used: {error}") from error


def configuration(server: str = "") -> Configuration:
    """Make a configuration: no proxy from the environment, no redirects, nothing tried twice."""
    return Configuration(
        host=server.rstrip("/"),
        connection_pool_maxsize=CONNECTIONS,
        client_session_kwargs={"trust_env": False, "middlewares": (_stay,)},
    )


def _of_account(environ: Mapping[str, str], account: Path) -> Read:
    loader = InClusterConfigLoader(
        str(account / "token"),
        str(account / "ca.crt"),
        try_refresh_token=False,  # it is renewed here, as others are
        environ=environ,
    )

    async def read(configuration: Configuration) -> None:
        loader.load_and_set(configuration)

    return read


async def _stay(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Take a redirect for the error that it is."""
    response = await handler(request)
    if 300 <= response.status < 400:  # noqa: PLR2004 - the class of redirects
        answer = RESTResponse(response)
        await answer.read()
        raise ApiException(http_resp=answer)
    return response
