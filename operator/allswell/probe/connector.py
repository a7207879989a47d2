"""Connect to a host and port: look up, judge, dial, encrypt.

The one place where this room connects to anything. The address that was judged is the address that
is dialled; the name is looked up once for each connection and never again below.
"""

import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from allswell.domain import state
from allswell.domain.spec.tls import Tls
from allswell.probe import certificate, fault
from allswell.probe.address_policy import Address, AddressPolicy
from allswell.probe.check_run import CheckRun
from allswell.probe.dial import dial
from allswell.probe.fault import Fault
from allswell.probe.lookup import Resolve, literal
from allswell.probe.stream import Encrypted, Plain
from allswell.probe.trust import Trust


@dataclass(frozen=True, slots=True)
class Connector:
    """The way to connect; shared by all checks of a process."""

    policy: AddressPolicy
    resolve: Resolve
    trust: Trust
    user_agent: str = "allswell"

    @asynccontextmanager
    async def connect(self, run: CheckRun, host: str, port: int) -> AsyncIterator[Plain]:
        """Yield a plain connection that is closed at the end of the block."""
        line = await self.open(run, host, port)
        try:
            yield line
        finally:
            line.close()

    async def open(self, run: CheckRun, host: str, port: int) -> Plain:
        """Open a plain connection, which the caller closes."""
        addresses = permitted(self.policy, host, await self._lookup(run, host))
        run.doing = f"connecting to {addresses[0]} port {port}"
        began = time.perf_counter()
        connected, address = await dial(addresses, port)
        run.connect = time.perf_counter() - began
        run.address = str(address)
        return Plain(connected, run)

    async def encrypt(
        self, run: CheckRun, line: Plain, host: str, tls: Tls, protocols: tuple[str, ...] = ()
    ) -> Encrypted:
        """Start TLS over a connection; its certificate is judged as `tls` says."""
        context = self.trust.context(verify=not tls.insecure_skip_verify, protocols=protocols)
        return await encrypted(run, line, context, tls.server_name or host.rstrip("."))

    async def _lookup(self, run: CheckRun, host: str) -> Sequence[Address]:
        written = literal(host)
        if written is not None:
            return (written,)
        run.doing = f"looking up {host}"
        began = time.perf_counter()
        try:
            return await self.resolve(host)
        except OSError as error:
            raise fault.of_lookup_error(error, run.doing) from error
        finally:
            run.dns = time.perf_counter() - began


async def encrypted(run: CheckRun, line: Plain, context: ssl.SSLContext, name: str) -> Encrypted:
    """Start TLS with the server called `name`, judged as `context` says. Raises `Fault`."""
    run.doing = f"agreeing on TLS with {name}"
    began = time.perf_counter()
    try:
        stream = Encrypted(line, context, name)
        presented = await stream.handshake()
    except ssl.SSLError as error:
        raise fault.of_tls_error(error, name) from error
    except ValueError as error:
        raise Fault(state.TLS_FAILED, f"{name} can be no server's name in TLS") from error
    run.tls = time.perf_counter() - began
    run.certificate_days = certificate.days_left(presented, run.now())
    return stream


def permitted(policy: AddressPolicy, host: str, addresses: Sequence[Address]) -> Sequence[Address]:
    """Return the addresses that may be dialled. Raises `Fault` when there is none."""
    if not addresses:
        raise Fault(state.DNS_FAILED, f"looking up {host}: the name has no address")
    refused = {address: policy.refuses(address) for address in addresses}
    left = [address for address, why in refused.items() if not why]
    if not left:
        words = "; ".join(list(refused.values())[:3])
        raise Fault(state.ADDRESS_REFUSED, f"{host} may not be checked: {words}")
    return left
