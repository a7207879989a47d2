"""Ways to an API server, each taken: what it is shown of us, and what is renewed."""

import asyncio
import base64
import json
import logging
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
import yaml

from allswell.kube import access, client
from allswell.kube.access import ClusterAccess
from allswell.kube.errors import KubeUnavailable, NoClusterAccess
from allswell.kube.kinds import CONFIGMAP
from tests.unit.kube import apiserver
from tests.unit.kube.apiserver import Asked, Server

# The official client asks for the time in a way that Python 3.12 warns of.
pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning"),
]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXEC = "client.authentication.k8s.io/v1"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """Return an API server's TLS context, which verifies clients' certificates."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "kubernetes.example").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.fixture
def ca(authority: trustme.CA) -> str:
    return _data(authority.cert_pem.bytes())


def _data(content: bytes) -> str:
    return base64.b64encode(content).decode()


def wrote(path: Path, cluster: Mapping[str, object], **user: object) -> Path:
    """Return a kubeconfig of one context."""
    told = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": user}],
    }
    path.write_text(yaml.safe_dump(told))
    return path


def found(*kubeconfigs: Path) -> ClusterAccess:
    environ = {"KUBECONFIG": os.pathsep.join(map(str, kubeconfigs))}
    return access.find(environ, lambda: NOON, Path("/nonexistent"))


async def asked(cluster: ClusterAccess, server: Server) -> Asked:
    """Return what the API server is shown by the next request of our client."""
    async with client.connected(cluster.configuration) as api:
        await api.get(CONFIGMAP, "acme", "api")
    return server.asked[-1]


async def watched(cluster: ClusterAccess, url: str) -> None:
    """Ask as kopf does."""
    async with cluster.session() as session, session.get(url) as answer:
        await answer.read()


def credential(path: Path, **status: str) -> dict[str, object]:
    """Return an exec plug-in that hands out what is in a file."""
    path.write_text(json.dumps({"apiVersion": EXEC, "kind": "ExecCredential", "status": status}))
    return {"apiVersion": EXEC, "command": "cat", "args": [str(path)]}


def account(folder: Path, ca: bytes, server: Server) -> tuple[Mapping[str, str], Path]:
    """Return what a pod has: its environment, and the folder of its account."""
    (folder / "token").write_text("first")
    (folder / "ca.crt").write_bytes(ca)
    port = server.url.rpartition(":")[2]
    return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}, folder


async def test_a_pod_shows_its_token_and_the_new_one_once_that_is_there(
    tmp_path: Path, authority: trustme.CA, tls: ssl.SSLContext
) -> None:
    async with apiserver.serving(tls=tls) as server:
        environ, folder = account(tmp_path, authority.cert_pem.bytes(), server)
        cluster = access.find(environ, lambda: NOON, folder)
        async with cluster.kept(), client.connected(cluster.configuration) as api:
            await api.get(CONFIGMAP, "acme", "api")
            (folder / "token").write_text("second")
            await api.get(CONFIGMAP, "acme", "api")
            await cluster.renew()
            await api.get(CONFIGMAP, "acme", "api")
            await watched(cluster, server.url)
    shown = [each.authorization for each in server.asked]
    assert shown == ["bearer first", "bearer first", "bearer second", "bearer second"]


async def test_credentials_are_renewed_while_they_are_kept(
    tmp_path: Path, authority: trustme.CA, tls: ssl.SSLContext
) -> None:
    async with apiserver.serving(tls=tls) as server:
        environ, folder = account(tmp_path, authority.cert_pem.bytes(), server)
        cluster = access.find(environ, lambda: NOON, folder)
        async with cluster.kept(every=0):
            (folder / "token").write_text("second")
            while (await asked(cluster, server)).authorization != "bearer second":
                pass


async def test_what_cannot_be_renewed_stays_as_it_was(
    tmp_path: Path, authority: trustme.CA, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    async with apiserver.serving(tls=tls) as server:
        environ, folder = account(tmp_path, authority.cert_pem.bytes(), server)
        cluster = access.find(environ, lambda: NOON, folder)
        await cluster.log_in()
        (folder / "token").write_text("")
        with caplog.at_level(logging.WARNING):
            await cluster.renew()
        assert (await asked(cluster, server)).authorization == "bearer first"
    assert "could not be renewed: " in caplog.text
    assert "Token file exists but empty" in caplog.text


async def test_a_client_certificate_is_shown(
    tmp_path: Path, authority: trustme.CA, tls: ssl.SSLContext, ca: str
) -> None:
    pair = authority.issue_cert("us@example.com")
    pem = b"".join(blob.bytes() for blob in pair.cert_chain_pems)
    key = pair.private_key_pem.bytes()
    (tmp_path / "us.crt").write_bytes(pem)
    (tmp_path / "us.key").write_bytes(key)
    async with apiserver.serving(tls=tls) as server:
        there = {"server": server.url, "certificate-authority-data": ca}
        inline = {"client-certificate-data": _data(pem), "client-key-data": _data(key)}
        files = {"client-certificate": "us.crt", "client-key": "us.key"}
        for user in (inline, files):
            cluster = found(wrote(tmp_path / "config", there, **user))
            await cluster.log_in()
            shown = await asked(cluster, server)
            assert shown.certificate["subjectAltName"] == (("email", "us@example.com"),)
            await watched(cluster, server.url)
            assert server.asked[-1].certificate == shown.certificate


async def test_an_exec_plug_in_is_run_and_again_once_its_token_has_ended(tmp_path: Path) -> None:
    gives = tmp_path / "gives"
    async with apiserver.serving() as server:
        plugin = credential(gives, token="a", expirationTimestamp="2001-01-01T00:00:00Z")
        cluster = found(wrote(tmp_path / "config", {"server": server.url}, exec=plugin))
        await cluster.log_in()
        assert (await asked(cluster, server)).authorization == "Bearer a"
        credential(gives, token="b", expirationTimestamp="2999-01-01T00:00:00Z")
        await cluster.renew()
        assert (await asked(cluster, server)).authorization == "Bearer b"
        credential(gives, token="c")
        await cluster.renew()
        assert (await asked(cluster, server)).authorization == "Bearer b"


async def test_an_exec_plug_in_gives_a_certificate(
    tmp_path: Path, authority: trustme.CA, tls: ssl.SSLContext, ca: str
) -> None:
    pair = authority.issue_cert("us@example.com")
    pem = "".join(blob.bytes().decode() for blob in pair.cert_chain_pems)
    key = pair.private_key_pem.bytes().decode()
    plugin = credential(tmp_path / "gives", clientCertificateData=pem, clientKeyData=key)
    async with apiserver.serving(tls=tls) as server:
        there = {"server": server.url, "certificate-authority-data": ca}
        cluster = found(wrote(tmp_path / "config", there, exec=plugin))
        await cluster.log_in()
        shown = await asked(cluster, server)
    assert shown.certificate["subjectAltName"] == (("email", "us@example.com"),)


@pytest.mark.parametrize(
    "plugin",
    [
        {"apiVersion": EXEC, "command": "false"},
        {"apiVersion": EXEC, "command": "/nonexistent/plugin"},
        {"apiVersion": EXEC, "command": "echo", "args": ["no JSON"]},
        {"apiVersion": EXEC, "command": "echo", "args": ["{}"]},
        {"apiVersion": "another/v1", "command": "cat", "args": ["GIVES"]},
        {"apiVersion": EXEC, "command": "cat", "args": ["GIVES"]},
        {"apiVersion": EXEC},
    ],
    ids=str,
)
async def test_an_exec_plug_in_that_gives_nothing_is_no_way(
    tmp_path: Path, plugin: dict[str, object]
) -> None:
    credential(tmp_path / "gives")
    there = {"server": "http://127.0.0.1:1"}
    path = wrote(tmp_path / "config", there, exec=plugin)
    path.write_text(path.read_text().replace("GIVES", str(tmp_path / "gives")))
    cluster = found(path)
    with pytest.raises(NoClusterAccess, match="the exec plug-in gave no credentials"):
        await cluster.log_in()


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        ({"token": "t"}, "Bearer t"),
        ({"tokenFile": "token"}, "Bearer from-file"),
        ({"username": "u", "password": "p"}, "Basic dTpw"),
        ({}, ""),
    ],
    ids=str,
)
async def test_a_user_shows_what_the_kubeconfig_says(
    tmp_path: Path, user: dict[str, object], shown: str
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    async with apiserver.serving() as server:
        cluster = found(wrote(tmp_path / "config", {"server": server.url}, **user))
        await cluster.log_in()
        assert (await asked(cluster, server)).authorization == shown
        await watched(cluster, server.url)
        assert server.asked[-1].authorization == shown


async def test_of_several_kubeconfigs_the_first_that_names_a_context_wins(tmp_path: Path) -> None:
    async with apiserver.serving() as server:
        (tmp_path / "none").write_text("{clusters: [], contexts: [], users: []}")
        first = wrote(tmp_path / "first", {"server": server.url}, token="first")
        other = first.read_text().replace("it", "other").replace(": first", ": other")
        (tmp_path / "other").write_text(other)
        cluster = found(tmp_path / "none", first, tmp_path / "other", tmp_path / "nowhere")
        await cluster.log_in()
        assert (await asked(cluster, server)).authorization == "Bearer first"


async def test_the_server_is_known_by_the_name_that_the_kubeconfig_says(
    tmp_path: Path, ca: str, authority: trustme.CA
) -> None:
    elsewhere = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("kubernetes.example").configure_cert(elsewhere)
    async with apiserver.serving(tls=elsewhere) as server:
        there = {"server": server.url, "certificate-authority-data": ca}
        named = {**there, "tls-server-name": "kubernetes.example"}
        cluster = found(wrote(tmp_path / "config", named))
        await cluster.log_in()
        await asked(cluster, server)
        await watched(cluster, server.url)
        unnamed = found(wrote(tmp_path / "config", there))
        await unnamed.log_in()
        with pytest.raises(KubeUnavailable, match="certificate"):
            await asked(unnamed, server)


async def test_a_proxy_of_the_kubeconfig_is_used(tmp_path: Path) -> None:
    async with apiserver.serving() as proxy:
        there = {"server": "http://kubernetes.invalid", "proxy-url": proxy.url}
        cluster = found(wrote(tmp_path / "config", there, token="t"))
        await cluster.log_in()
        await asked(cluster, proxy)
        await watched(cluster, "http://kubernetes.invalid/version")
    assert [each.headers["Host"] for each in proxy.asked] == ["kubernetes.invalid"] * 2


async def test_no_token_goes_where_a_redirect_leads(tmp_path: Path) -> None:
    async with apiserver.serving() as elsewhere, apiserver.serving((302, {})) as server:
        server.headers["Location"] = f"{elsewhere.url}/"
        cluster = found(wrote(tmp_path / "config", {"server": server.url}, token="t"))
        await cluster.log_in()
        await watched(cluster, server.url)
    assert [each.authorization for each in server.asked] == ["Bearer t"]
    assert [each.authorization for each in elsewhere.asked] == [""]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", "no: mapping", "\xff", "{current-context: it, contexts: [{}]}", "it"],
)
async def test_a_kubeconfig_that_cannot_be_read_is_no_way(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(NoClusterAccess, match="the kubeconfig cannot be used"):
        found(path)


@pytest.mark.parametrize(
    "change",
    [
        {"certificate-authority": "nowhere"},
        {"certificate-authority-data": "no base64"},
        {"certificate-authority-data": _data(b"no certificate")},
    ],
    ids=str,
)
async def test_a_ca_that_cannot_be_read_is_no_way(
    tmp_path: Path, change: dict[str, object]
) -> None:
    cluster = found(wrote(tmp_path / "config", {"server": "https://127.0.0.1:1", **change}))
    with pytest.raises(NoClusterAccess, match="cannot be used"):
        await cluster.log_in()


async def test_without_an_account_and_a_kubeconfig_there_is_no_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NoClusterAccess, match="run in a pod, or set KUBECONFIG"):
        access.find({}, lambda: NOON, tmp_path)
    with pytest.raises(NoClusterAccess, match="there is no file"):
        found(tmp_path / "nowhere")
    (tmp_path / ".kube").mkdir()
    wrote(tmp_path / ".kube/config", {"server": "http://127.0.0.1:1"}, token="t")
    cluster = access.find({}, lambda: NOON, tmp_path)
    await cluster.log_in()
    assert cluster.configuration.api_key == {"BearerToken": "Bearer t"}


async def test_an_account_without_a_cluster_is_no_way(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    with pytest.raises(NoClusterAccess, match="Service host/port is not set"):
        await access.find({}, lambda: NOON, tmp_path).log_in()


def token(ends: datetime, name: str) -> str:
    """Return an ID token; what it claims needs the alphabet of base64url."""
    claims = json.dumps({"exp": ends.timestamp(), "sub": f"{name}>>>???"}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


OLD, NEW = token(NOON + timedelta(minutes=4), "old"), token(NOON + timedelta(hours=1), "new")


def oidc(issuer: Server, **more: str) -> dict[str, object]:
    config = {"client-id": "us", "idp-issuer-url": f"{issuer.url}/", "refresh-token": "r1", **more}
    return {"name": "oidc", "config": config}


def issuing(issuer: Server, **tokens: str) -> None:
    endpoint = {"token_endpoint": f"{issuer.url}/token"}
    issuer.answers += [(200, endpoint), (200, tokens)]


@pytest.mark.parametrize("known", [{"id-token": OLD}, {}], ids=["ends soon", "none"])
async def test_an_id_token_is_renewed_and_kept_for_others(
    tmp_path: Path, tls: ssl.SSLContext, ca: str, known: dict[str, str]
) -> None:
    async with apiserver.serving() as server, apiserver.serving(tls=tls) as issuer:
        issuing(issuer, id_token=NEW, refresh_token="r2")
        provider = oidc(issuer, **{"idp-certificate-authority-data": ca}, **known)
        path = wrote(tmp_path / "config", {"server": server.url}, **{"auth-provider": provider})
        cluster = found(path)
        await cluster.log_in()
        await cluster.renew()
        assert (await asked(cluster, server)).authorization == f"Bearer {NEW}"
    assert [each.path for each in issuer.asked] == ["/.well-known/openid-configuration", "/token"]
    assert b"refresh_token=r1" in issuer.asked[1].content
    kept = yaml.safe_load(path.read_text())["users"][0]["user"]["auth-provider"]["config"]
    assert (kept["id-token"], kept["refresh-token"]) == (NEW, "r2")


async def test_an_issuer_need_not_give_a_new_refresh_token(
    tmp_path: Path, tls: ssl.SSLContext, authority: trustme.CA
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with apiserver.serving(tls=tls) as issuer:
        issuing(issuer, id_token=NEW)
        provider = oidc(issuer, **{"idp-certificate-authority": "ca.pem", "client-secret": "s"})
        there = {"server": "http://127.0.0.1:1"}
        cluster = found(wrote(tmp_path / "config", there, **{"auth-provider": provider}))
        await cluster.log_in()
    assert cluster.configuration.api_key == {"BearerToken": f"Bearer {NEW}"}
    assert [each.authorization for each in issuer.asked] == ["Basic dXM6cw=="] * 2


async def test_a_kubeconfig_that_cannot_be_written_is_a_warning(
    tmp_path: Path, tls: ssl.SSLContext, ca: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    async with apiserver.serving(tls=tls) as issuer:
        issuing(issuer, id_token=NEW)
        provider = oidc(issuer, **{"idp-certificate-authority-data": ca})
        there = {"server": "http://127.0.0.1:1"}
        cluster = found(wrote(folder / "config", there, **{"auth-provider": provider}))
        shutil.rmtree(folder)
        await cluster.log_in()
    assert "the kubeconfig cannot be written" in caplog.text


async def test_a_token_that_holds_is_not_renewed(tmp_path: Path) -> None:
    async with apiserver.serving() as server, apiserver.serving() as issuer:
        provider = oidc(issuer, **{"id-token": NEW})
        path = wrote(tmp_path / "config", {"server": server.url}, **{"auth-provider": provider})
        cluster = found(path)
        await cluster.log_in()
        assert (await asked(cluster, server)).authorization == f"Bearer {NEW}"
    assert issuer.asked == []


async def test_no_secret_is_told_to_an_issuer_whose_certificate_is_not_known(
    tmp_path: Path, tls: ssl.SSLContext
) -> None:
    async with apiserver.serving(tls=tls) as issuer:
        provider = oidc(issuer, **{"client-secret": "s"})
        there = {"server": "http://127.0.0.1:1"}
        cluster = found(wrote(tmp_path / "config", there, **{"auth-provider": provider}))
        with pytest.raises(NoClusterAccess, match="certificate"):
            await cluster.log_in()
    assert issuer.asked == []


@pytest.mark.parametrize("answers", [[(500, {})], [(200, {})], [(200, {"token_endpoint": "x"})]])
async def test_an_issuer_that_fails_is_no_way(
    tmp_path: Path, answers: list[tuple[int, object]]
) -> None:
    async with apiserver.serving(*answers) as issuer:
        there = {"server": "http://127.0.0.1:1"}
        path = wrote(tmp_path / "config", there, **{"auth-provider": oidc(issuer)})
        with pytest.raises(NoClusterAccess):
            await found(path).log_in()


async def test_no_model_of_the_official_client_is_loaded() -> None:
    """There are two thousand; kopf asks for two, and whatever is not asked for costs nothing."""
    look = (
        "import allswell.controller.main, sys;"
        "print(*(each for each in sys.modules if each.startswith('kubernetes.')"
        " and ('.models.' in each or '.api.' in each)))"
    )
    seen = await asyncio.to_thread(subprocess.check_output, [sys.executable, "-c", look], text=True)
    assert set(seen.split()) <= {
        "kubernetes.client.models.v1_managed_fields_entry",
        "kubernetes.client.models.v1_object_meta",
        "kubernetes.client.models.v1_owner_reference",
    }
