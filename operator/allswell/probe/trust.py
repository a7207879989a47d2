"""Provide TLS contexts that trust the machine's store of authorities, and what was added to it.

Where the machine has no store, certifi's is taken. Not both at once: together they cost 2.4 MiB in
every process, and an authority that the machine's owner has removed would come back.
A context is made when a check first needs it: a process that never speaks TLS pays nothing.
"""

import ssl
from pathlib import Path

HTTP = ("http/1.1",)


class Trust:
    """The shared TLS contexts of one process."""

    def __init__(self, extra_ca_file: Path | None = None) -> None:
        """Trust `extra_ca_file` (PEM) too. Raises OSError when it cannot be read as such."""
        self._extra = extra_ca_file
        if extra_ca_file is not None:
            ssl.create_default_context(cafile=extra_ca_file)
        self._contexts: dict[tuple[bool, tuple[str, ...]], ssl.SSLContext] = {}

    def context(self, *, verify: bool, protocols: tuple[str, ...] = ()) -> ssl.SSLContext:
        """Return a context that verifies certificates or not, and offers `protocols` (ALPN)."""
        context = self._contexts.get((verify, protocols))
        if context is None:
            context = self._verifying() if verify else _unverified()
            if protocols:
                context.set_alpn_protocols(list(protocols))
            self._contexts[verify, protocols] = context
        return context

    def _verifying(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_default_verify_paths()
        if not has_store(context):
            import certifi  # noqa: PLC0415 - most machines have a store

            context.load_verify_locations(cafile=certifi.where())
        if self._extra is not None:
            context.load_verify_locations(cafile=self._extra)
        return context


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def has_store(context: ssl.SSLContext) -> bool:
    """Tell whether the machine has authorities, in a file or in a folder that is read later."""
    if context.cert_store_stats()["x509_ca"]:
        return True
    # `capath` is None where there is no such folder, whatever its annotation says.
    folder = Path(str(ssl.get_default_verify_paths().capath))
    return any(folder.glob("*.0"))
