"""Read kubeconfigs through the official client, and add what it leaves out.

With several files the first that names a context wins, as with kubectl. An exec plug-in that gives
nothing is an error. The certificate of an OIDC issuer is verified, and an issuer need neither
have a client secret nor give a new refresh token.
"""

import base64
import json
import logging
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.kube_config import FileOrData, KubeConfigLoader, KubeConfigMerger
from kubernetes.aio.config.openid import OpenIDRequestor

log = logging.getLogger(__name__)
# A token that ends so soon is renewed at once.
EARLY = timedelta(minutes=5)


class Kubeconfig(KubeConfigLoader):
    """The active context of one file or of several, separated as in KUBECONFIG."""

    # The library's own, which it sets before it reads anything of it.
    _user: Any

    def __init__(self, files: str, now: Callable[[], datetime]) -> None:
        merged = KubeConfigMerger(files)
        if merged.config is None:
            raise ConfigException(f"there is no file {files}")
        contexts = (each.get("current-context") for each in merged.config_files.values())
        super().__init__(
            merged.config,
            active_context=next(filter(None, contexts), None),
            config_base_path=None,
            config_persister=partial(_save, merged),
        )
        self._now = now

    async def load_from_exec_plugin(self) -> bool:
        """Run the plug-in unless what it gave still holds. Raises `ConfigException`."""
        given = await super().load_from_exec_plugin()
        if not given or not (hasattr(self, "token") or hasattr(self, "cert_file")):
            raise ConfigException("the exec plug-in gave no credentials")
        return True

    async def _load_oid_token(self) -> str:
        provider = self._user["auth-provider"]["config"]
        if self._ends_soon(provider.safe_get("id-token")):
            await self._refresh_oidc(provider)
        self.token = f"Bearer {provider['id-token']}"
        return self.token

    async def _refresh_oidc(self, provider: Any) -> None:  # noqa: ANN401 - the library's node
        folder = self._get_base_path(self._user.path)
        name = "idp-certificate-authority"
        ca = FileOrData(provider, name, file_base_path=folder)
        issuer = Issuer(
            provider["client-id"],
            provider.safe_get("client-secret") or "",
            provider["idp-issuer-url"],
            ca.as_file(),
        )
        given = await issuer.refresh_token(provider["refresh-token"])
        for key, answer in (("id-token", "id_token"), ("refresh-token", "refresh_token")):
            if answer in given:
                provider.value[key] = given[answer]
        self._config_persister(self._config.value)

    def _ends_soon(self, token: str | None) -> bool:
        if not token:
            return True
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return "exp" in claims and self._now() + EARLY >= datetime.fromtimestamp(
            claims["exp"], self._now().tzinfo
        )


class Issuer(OpenIDRequestor):
    """Asks an OIDC issuer whose certificate is verified; no proxy is taken from the environment."""

    def _client_session(self) -> aiohttp.ClientSession:
        tls = ssl.create_default_context(cafile=self._ssl_ca_cert)
        login = aiohttp.encode_basic_auth(self._client_id, self._client_secret)
        return aiohttp.ClientSession(
            headers={**self._default_headers, "Authorization": login},
            connector=aiohttp.TCPConnector(ssl=tls),
            raise_for_status=True,
        )


def _save(merged: KubeConfigMerger, _: object) -> None:
    """Keep renewed tokens, for an issuer may take a refresh token once only."""
    try:
        merged.save_changes()
    except OSError as error:
        log.warning("cluster access: the kubeconfig cannot be written: %s", error)
