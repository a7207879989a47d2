"""Provide one prober for each process: one outcome for each check, never an exception."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from allswell.domain import state
from allswell.domain.spec.check import Check
from allswell.domain.spec.http import Http, SecretKey
from allswell.domain.spec.tcp import Tcp
from allswell.probe import http, tcp
from allswell.probe.address_policy import AddressPolicy
from allswell.probe.check_run import CheckRun
from allswell.probe.connector import Connector
from allswell.probe.fault import Fault
from allswell.probe.lookup import Resolve, SystemLookup
from allswell.probe.outcome import Outcome
from allswell.probe.trust import Trust

USER_AGENT = "allswell"
# A reference target is the installation's own choice: only what is never dialled is refused.
REFERENCE = AddressPolicy(allow_loopback=True)

Secrets = Mapping[SecretKey, str]
Probe = Callable[[Connector, Any, Secrets, CheckRun], Coroutine[Any, Any, None]]

# A further kind of check is one file in this room and one line here.
PROBES: Mapping[type, Probe] = {
    Http: http.probe,
    Tcp: tcp.probe,
}


def utc_now() -> datetime:
    """Return the wall-clock time; only a certificate's days are counted from it."""
    return datetime.now(UTC)


class Prober:
    """Carries out checks; holds what they share. Belongs to one event loop."""

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        user_agent: str = USER_AGENT,
        resolve: Resolve | None = None,
        extra_ca_file: Path | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Check under `policy`. Raises OSError when `extra_ca_file` holds no certificates."""
        self._now = now
        trust = Trust(extra_ca_file)
        resolve = resolve or SystemLookup()
        self._connector = Connector(policy, resolve, trust, user_agent)
        self._references = Connector(REFERENCE, resolve, trust, user_agent)

    async def check(
        self,
        check: Check,
        timeout: timedelta,  # noqa: ASYNC109 - the deadline is the matter of this room
        secrets: Secrets,
    ) -> Outcome:
        """Check once, within `timeout` in all. Raises nothing but CancelledError.

        What hinders the checker itself is reason `CheckerError` or `SecretMissing`, so that no
        fault of ours is ever a statement about the target.
        """
        run = CheckRun(timeout, self._now)
        try:
            async with asyncio.timeout(timeout.total_seconds()):
                await PROBES[type(check)](self._connector, check, secrets, run)
        except Fault as fault:
            return run.outcome(fault)
        except TimeoutError:
            return run.outcome(run.late())
        except Exception as error:  # noqa: BLE001 - the loop of the checker must go on
            words = f"{type(error).__name__} in the checker, while {run.doing}"
            return run.outcome(Fault(state.CHECKER_ERROR, words))
        return run.outcome()

    async def reaches(
        self,
        host: str,
        port: int,
        timeout: timedelta,  # noqa: ASYNC109 - as above
    ) -> bool:
        """Tell whether a plain connection can be made, which a lost network prevents."""
        run = CheckRun(timeout, self._now)
        try:
            async with (
                asyncio.timeout(timeout.total_seconds()),
                self._references.connect(run, host, port),
            ):
                return True
        except (Fault, TimeoutError, OSError):
            return False
