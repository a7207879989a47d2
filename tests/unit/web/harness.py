"""Assemble the application on fakes, with a visitor who calls it by WSGI."""

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from ipaddress import ip_network

from allswell_web.build import Dependencies, Web, build
from tests.unit.web import fakes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Bench:
    web: Web
    reader: fakes.Reader
    clock: fakes.Clock

    def ask(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        host: str = "localhost:8080",
        client: str = "",
        query: str = "",
        **headers: str,
    ) -> Answer:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, sent: list[tuple[str, str]], exc_info: object = None, /) -> "Writer":
            del exc_info
            started.append((status, list(sent)))
            return Writer()

        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": host}
        environ |= {"REMOTE_ADDR": client, "QUERY_STRING": query}
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        body: Iterable[bytes] = self.web.front(environ, start)
        ((status, sent),) = started
        names = [name.lower() for name, _ in sent]
        assert len(names) == len(set(names)), "no header is sent twice"
        return Answer(int(status.split()[0]), dict(sent), b"".join(body))


class Writer:
    def __call__(self, data: bytes, /) -> object:
        raise AssertionError(data)


def bench(
    reader: fakes.Reader,
    *,
    executor: Executor | None = None,
    latency: fakes.Latency | None = None,
    own_hosts: tuple[str, ...] = (),
    index: bool = True,
    hsts: bool = False,
    pages_domain: str = "",
    proxies: tuple[str, ...] = (),
    base_url: str = "http://127.0.0.1:8080",
) -> Bench:
    clock = fakes.Clock()
    dependencies = Dependencies(
        reader=reader,
        latency=latency,
        clock=clock.wall,
        ticks=clock.ticks,
        executor=executor or fakes.AtOnce(),
        base_url=base_url,
        own_hosts=own_hosts,
        index=index,
        hsts=hsts,
        pages_domain=pages_domain,
        trusted_proxies=tuple(ip_network(proxy) for proxy in proxies),
    )
    return Bench(build(dependencies), reader, clock)
