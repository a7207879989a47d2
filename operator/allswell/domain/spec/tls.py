"""Read the TLS settings that several kinds of check share."""

import re
from dataclasses import dataclass

from allswell.domain.spec.fields import Fields

SERVER_NAME = re.compile(r"[A-Za-z0-9]([-.A-Za-z0-9]{0,251}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS settings of a check; `server_name` replaces the host in SNI and verification."""

    insecure_skip_verify: bool = False
    server_name: str = ""


def read_tls(fields: Fields, name: str) -> Tls:
    """Read a `tlsConfig` block; the defaults when it is absent."""
    child = fields.child(name)
    if child is None:
        return Tls()
    tls = Tls(
        insecure_skip_verify=child.boolean("insecureSkipVerify", default=False),
        server_name=child.text(
            "serverName", longest=253, pattern=SERVER_NAME, instead="write a host name"
        ),
    )
    child.close()
    return tls


def tls_text(name: str, tls: Tls, *, always: bool = False) -> dict[str, object]:
    """Return the block that `read_tls` reads back; nothing for the defaults unless `always`."""
    block: dict[str, object] = {}
    if tls.insecure_skip_verify:
        block["insecureSkipVerify"] = True
    if tls.server_name:
        block["serverName"] = tls.server_name
    return {name: block} if block or always else {}
