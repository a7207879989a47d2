"""The small database's passwords: made once, found again, never guessed at."""

import asyncio
import base64
from collections.abc import Sequence

import pytest

from allswell.central import engine
from allswell.controller.bootstrap import database_password
from allswell.controller.bootstrap.database_password import BadPasswords
from allswell.kube import manifest, secret
from allswell.kube.client import Listing
from allswell.kube.errors import KubeConflict
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json


class Cupboard:
    """An API server that holds Secrets; somebody else may be quicker once."""

    def __init__(self, quicker: Json | None = None) -> None:
        self.found: Json | None = None
        self._quicker = quicker

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        assert (kind.name, namespace, name) == ("Secret", "home", "it")
        return self.found

    async def create(self, kind: Kind, wanted: Json) -> Json:
        assert kind.name == "Secret"
        self.found, self._quicker = self._quicker or self.found, None
        if self.found is not None:
            raise KubeConflict("it is there")
        self.found = wanted
        return wanted

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        raise NotImplementedError

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        raise NotImplementedError

    async def apply(self, kind: Kind, wanted: Json, subresource: str = "", uid: str = "") -> Json:
        raise NotImplementedError

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, force: bool) -> None:
        raise NotImplementedError


def kept(cupboard: Cupboard) -> str:
    return asyncio.run(database_password.get_or_create(cupboard, "home", "it"))


def test_what_was_made_is_found_again() -> None:
    cupboard = Cupboard()
    first = kept(cupboard)
    assert len(first) == 48
    assert kept(cupboard) == first
    assert manifest.name(cupboard.found) == ("home", "it")


def test_the_page_gets_a_password_of_its_own() -> None:
    made = database_password.make()
    assert set(made) == {"password", "web-password"}
    assert made["password"] != made["web-password"]
    assert made != database_password.make()


def test_of_two_operators_that_start_at_once_both_take_what_one_has_made() -> None:
    other = secret.build({"password": b"other"}, "home", "it")
    assert kept(Cupboard(quicker=other)) == "other"


@pytest.mark.parametrize(
    "data", [{}, {"password": ""}, {"password": "?"}, {"web-password": "YQ=="}]
)
def test_a_secret_without_the_password_is_not_replaced(data: dict[str, str]) -> None:
    cupboard = Cupboard()
    cupboard.found = {"metadata": {"name": "it"}, "data": data}
    with pytest.raises(BadPasswords, match="the Secret it"):
        kept(cupboard)
    assert cupboard.found["data"] == data


def test_a_password_of_any_letters_reaches_the_database_as_it_is() -> None:
    address = database_password.with_password(
        "postgresql://me@db.svc:5432/name?sslmode=require", "a/b@c:d %é"
    )
    url = engine.connect(address).url
    assert (url.username, url.password, url.host, url.port) == ("me", "a/b@c:d %é", "db.svc", 5432)
    assert (url.database, url.query) == ("name", {"sslmode": "require"})


def test_a_password_that_stood_there_already_is_replaced() -> None:
    assert (
        database_password.with_password("postgresql://me:old@db/name", "new")
        == "postgresql://me:new@db/name"
    )


def test_the_secret_holds_what_a_kubelet_can_mount() -> None:
    data = secret.build({"password": "é".encode()}, "home", "it")["data"]
    assert data == {"password": base64.b64encode("é".encode()).decode()}
