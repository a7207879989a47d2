"""The composition root of `allswell controller`: it alone reads clocks and environment."""

import asyncio
import logging
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import kopf

from allswell.archive.object_store import ArchiveError
from allswell.central import engine
from allswell.central.errors import CentralError, DatabaseUnavailable
from allswell.collector.rate_limit import RateLimit
from allswell.controller.assembly import Operator
from allswell.controller.bootstrap import archive as bootstrap_archive
from allswell.controller.bootstrap import collector_ca, database_password, kube_login
from allswell.controller.bootstrap import pages_key as bootstrap_pages_key
from allswell.controller.bootstrap.collector_ca import BadCollectorCA, CollectorCA
from allswell.controller.bootstrap.database_password import BadPasswords
from allswell.controller.bootstrap.pages_key import BadPagesKey
from allswell.controller.cache import watches
from allswell.controller.collector_thread import CollectorThread
from allswell.controller.config import settings
from allswell.controller.config.settings import BadOperatorSettings, OperatorSettings
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.runtime import standby
from allswell.controller.runtime.health_endpoints import HealthEndpoints
from allswell.controller.runtime.leader_election import LeaderElection
from allswell.controller.token_review import TokenReviews
from allswell.kube import access, client
from allswell.kube.access import ClusterAccess
from allswell.kube.client import Api
from allswell.kube.errors import KubeError, NoClusterAccess
from allswell.kube.errors import KubeUnavailable as Away
from allswell.kube.kinds import CONFIGMAP, NAMESPACE

log = logging.getLogger(__name__)
RENEW_EVERY = timedelta(days=1) / timedelta(seconds=1)
RETRY = 5.0
UNUSABLE = (
    KubeError,
    CentralError,
    ArchiveError,
    BadCollectorCA,
    BadPasswords,
    BadPagesKey,
    OSError,
)


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def main() -> int:
    """Run the operator until it is told to stop; 2 for bad settings, 1 when it cannot run."""
    logging.basicConfig(
        level=os.environ.get("ALLSWELL_LOG_LEVEL", "INFO").upper(),
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for name in ("kopf", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # kopf calls itself so; else it asks for the name of its user, and a pod's user has none.
    os.environ.setdefault("POD_ID", socket.gethostname())
    try:
        found = settings.read(os.environ)
        return asyncio.run(run(found, access.find(os.environ, now)))
    except (BadOperatorSettings, NoClusterAccess) as error:
        log.error("%s", error)
        return 2
    except UNUSABLE as error:
        log.error("the operator cannot run: %s", error)
        return 1


async def run(found: OperatorSettings, cluster: ClusterAccess) -> int:
    """Run until SIGTERM; 0 then, 1 when a part of it has ended."""
    connecting = partial(client.connected, cluster.configuration)
    async with cluster.kept(), connecting() as api:
        tenure = tenure_of(found, api)
        if not await standby.wait_for_leadership(tenure, found.status):
            return 0
        ca = await collector_ca.get_or_create(api, found.namespace, found.ca_secret, now())
        await api.apply(CONFIGMAP, published(found, ca))
        told = replace(found, shape=replace(found.shape, ca=ca.certificate))
        meters = OperatorMetrics()
        man = Operator(told, api, engine.connect(await database(found, api)), meters, now)
        archive = bootstrap_archive.service(
            told, man.engine, man.centre.archive_backlog, meters, now
        )
        admission = RateLimit(meters.refusals.inc)
        collecting = CollectorThread(man.writer, man.centre, now, archive, admission)
        server = collector_ca.context(ca, found.hosts, now())

        def judging(api: Api) -> TokenReviews:
            page = found.page_account
            return TokenReviews(api=api, index=man.index, page=page, meters=meters, now=now)

        # Before anybody reads; where the database is away, it is done when it comes back.
        later = [] if await migrated(man) else [migrating(man)]
        await collecting.start(found.collector, server, connecting, judging)
        man.meet(collecting.do, await pages_key(found, api))
        try:
            parts = [renewing(server, ca, found), tenure.keep(), *later, *man.parts()]
            async with standby.serving(lookout(man, api, meters, now).application(), found.status):
                return await together(man, parts, cluster)
        finally:
            await collecting.stop()
            await tenure.end()


def tenure_of(found: OperatorSettings, api: Api) -> LeaderElection:
    """The Lease of the one operator at work."""
    place = (found.namespace, found.lease)
    return LeaderElection(api, place, found.identity, now=now, ticks=time.monotonic)


async def database(found: OperatorSettings, api: Api) -> str:
    """The central database's address, with a password that a Secret keeps where it has none."""
    if not found.database_secret:
        return found.database
    password = await database_password.get_or_create(api, found.namespace, found.database_secret)
    return database_password.placed(found.database, password)


async def pages_key(found: OperatorSettings, api: Api) -> bytes:
    """The key of pages' addresses, where a domain is dedicated to them."""
    if found.hosting is None:
        return b""
    return await bootstrap_pages_key.get_or_create(api, found.namespace, found.pages_key_secret)


def published(found: OperatorSettings, ca: CollectorCA) -> dict[str, object]:
    """The ConfigMap from which the page learns the collector's CA."""
    return {
        "apiVersion": "v1",
        "kind": CONFIGMAP.name,
        "metadata": {"namespace": found.namespace, "name": found.ca_configmap},
        "data": {collector_ca.CERTIFICATE: ca.certificate},
    }


def lookout(
    man: Operator, api: Api, meters: OperatorMetrics, clock: Callable[[], datetime]
) -> HealthEndpoints:
    """What answers the probes."""

    async def answers() -> bool:
        try:
            await api.get(NAMESPACE, "", "default")
        except Away:
            return False
        except KubeError:
            return True
        return True

    return HealthEndpoints(
        succeeded=lambda: man.looking.succeeded,
        listening=lambda: man.centre.started is not None,
        answers=answers,
        dead=man.owed.overdue,
        meters=meters,
        now=clock,
    )


async def renewing(server: ssl.SSLContext, ca: CollectorCA, found: OperatorSettings) -> None:
    """Give the collector a new certificate each day."""
    while True:
        await asyncio.sleep(RENEW_EVERY)
        collector_ca.renew(server, ca, found.hosts, now())


async def migrated(man: Operator) -> bool:
    """Bring the tables to this version's schema; False when the database is away."""
    try:
        before, after = await asyncio.to_thread(engine.migrate, man.engine)
    except DatabaseUnavailable as error:
        log.warning("waiting for the central database: %s", error)
        return False
    log.info("the central database is at %s, it was at %s", after, before)
    return True


async def migrating(man: Operator) -> None:
    """Bring the tables to this version's schema as soon as the database is there."""
    done = False
    while True:
        await (asyncio.Event().wait() if done else asyncio.sleep(RETRY))
        done = await migrated(man)


async def watched(man: Operator, cluster: ClusterAccess, stop: asyncio.Event) -> None:
    """Watch until told to stop. kopf gives up where a kind goes, so it is begun anew."""
    while True:
        ready = asyncio.Event()
        hearing = asyncio.create_task(heard(ready, stop))
        try:
            return await kopf.operator(
                registry=watches.registry(kube_login.login(cluster), man.see),
                settings=watches.settings(),
                clusterwide=not man.settings.watched,
                namespaces=man.settings.watched,
                standalone=True,
                stop_flag=stop,
                ready_flag=ready,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, kopf has cleaned up after it
            log.warning(
                "the watches have ended and begin anew: %s: %s", type(error).__name__, error
            )
            man.hurry()
            await asyncio.sleep(RETRY)
        finally:
            hearing.cancel()


async def heard(ready: asyncio.Event, stop: asyncio.Event) -> None:
    """Take signals from kopf as soon as it runs: it would wait in vain for who waits for `stop`."""
    await ready.wait()
    for number in standby.SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def together(
    man: Operator,
    loops: Sequence[Coroutine[None, None, None]],
    cluster: ClusterAccess,
) -> int:
    """Run all parts until told to stop; none of them may end before.

    They end before the watches do, for kopf would end by force what it finds then.
    """
    stop = asyncio.Event()
    told = asyncio.create_task(stop.wait())
    parts = [asyncio.create_task(loop) for loop in loops]
    watching = asyncio.create_task(watched(man, cluster, stop))
    log.info("watching; the collector is at %s", man.settings.shape.collector_url)
    done, _ = await asyncio.wait([told, watching, *parts], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    for part in parts:
        part.cancel()
    await asyncio.gather(watching, *parts, return_exceptions=True)
    failed = [part for part in parts if part in done]
    failed += [watching] if watching in done and watching.exception() is not None else []
    for ended in failed:
        error = None if ended.cancelled() else ended.exception()
        log.error("a part of the operator has ended", exc_info=error)
    return 1 if failed else 0
