"""Run `allswell controller`: the composition root, which alone reads clocks and environment."""

import asyncio
import logging
import os
import socket
import ssl
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from allswell.archive.object_store import ArchiveError
from allswell.central import engine
from allswell.central.engine import Engine
from allswell.central.errors import CentralError, DatabaseUnavailable
from allswell.collector.rate_limit import RateLimit
from allswell.controller import assembly
from allswell.controller.assembly import Ledgers, Operator
from allswell.controller.bootstrap import archive as bootstrap_archive
from allswell.controller.bootstrap import collector_ca, database_password, kube_login
from allswell.controller.bootstrap import pages_key as bootstrap_pages_key
from allswell.controller.bootstrap.collector_ca import BadCollectorCA, CollectorCA
from allswell.controller.bootstrap.database_password import BadPasswords
from allswell.controller.bootstrap.pages_key import BadPagesKey
from allswell.controller.cache import watches
from allswell.controller.cache.cache import Cache
from allswell.controller.collector_thread import CollectorThread, MakeAuthenticator
from allswell.controller.config import settings as operator_settings
from allswell.controller.config.settings import BadOperatorSettings, OperatorSettings
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.runtime import signals, standby, supervisor
from allswell.controller.runtime.leader_election import LeaderElection
from allswell.controller.token_review import TokenReviews
from allswell.kube import access, client
from allswell.kube.access import ClusterAccess
from allswell.kube.client import Api
from allswell.kube.errors import KubeError, NoClusterAccess
from allswell.kube.kinds import CONFIGMAP

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
RENEW_EVERY = timedelta(days=1)
RETRY_MIGRATION = timedelta(seconds=5)
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
    """Read the wall clock."""
    return datetime.now(UTC)


def main() -> int:
    """Run the operator until a signal; return 2 for bad settings, 1 when it cannot run."""
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
        settings = operator_settings.read(os.environ)
        return asyncio.run(run(settings, access.find(os.environ, now)))
    except (BadOperatorSettings, NoClusterAccess) as error:
        log.error("%s", error)
        return 2
    except UNUSABLE as error:
        log.error("the operator cannot run: %s", error)
        return 1


async def run(settings: OperatorSettings, cluster: ClusterAccess) -> int:
    """Wait for leadership and lead until SIGTERM; return 0 then, 1 when a part has ended."""
    async with cluster.kept(), client.connected(cluster.configuration) as api:
        lease = (settings.namespace, settings.lease)
        election = LeaderElection(api, lease, settings.identity, now=now, monotonic=time.monotonic)
        if not await standby.wait_for_leadership(election, settings.status):
            return 0
        try:
            return await lead(settings, cluster, api, election)
        finally:
            await election.release()


async def lead(
    settings: OperatorSettings, cluster: ClusterAccess, api: Api, election: LeaderElection
) -> int:
    """Run operator and collector until SIGTERM; return 0 then, 1 when a part has ended.

    1. Make or find what outlives the operator: the collector's CA, the database's password, the
       key of pages' addresses.
    2. Assemble the operator, the archive and the collector.
    3. Migrate the central database before anybody reads it; where it is away, when it comes back.
    4. Start the collector.
    5. Serve the probes, and run all loops and the watches.
    """
    ca = await collector_ca.get_or_create(api, settings.namespace, settings.ca_secret, now())
    await api.apply(CONFIGMAP, ca_configmap(settings, ca))
    settings = replace(settings, checker=replace(settings.checker, ca=ca.certificate))
    metrics = OperatorMetrics()
    ledgers = assembly.ledgers(engine.connect(await database_url(settings, api)), settings)
    collector = collector_thread(settings, ledgers, metrics)
    operator = Operator(
        settings,
        api=api,
        ledgers=ledgers,
        run_in_writer=collector.run_in_writer,
        metrics=metrics,
        now=now,
        pages_key=await pages_key(settings, api),
    )
    migrated = await migrate(ledgers.engine)
    tls = collector_ca.server_context(ca, settings.hosts, now())
    async with AsyncExitStack() as stack:
        await collector.start(
            settings.collector,
            tls,
            partial(client.connected, cluster.configuration),
            authenticator(settings, operator.cache, metrics),
        )
        stack.push_async_callback(collector.stop)
        probes = operator.health_endpoints().application()
        await stack.enter_async_context(standby.serving(probes, settings.status))
        log.info("the operator runs; the collector is at %s", settings.checker.collector_url)
        loops = [
            *operator.loops(),
            renew_certificate(tls, ca, settings),
            election.renew(),
            *([] if migrated else [migrate_later(ledgers.engine)]),
        ]
        stopped = await supervisor.run_until_stopped(
            loops, partial(watch, operator, settings, cluster)
        )
    return 0 if stopped else 1


async def database_url(settings: OperatorSettings, api: Api) -> str:
    """Return the central database's URL, with a password from a Secret where it has none."""
    if not settings.database_secret:
        return settings.database
    password = await database_password.get_or_create(
        api, settings.namespace, settings.database_secret
    )
    return database_password.with_password(settings.database, password)


async def pages_key(settings: OperatorSettings, api: Api) -> bytes:
    """Return the key of pages' addresses, where a domain is dedicated to them."""
    if settings.hostnames is None:
        return b""
    return await bootstrap_pages_key.get_or_create(
        api, settings.namespace, settings.pages_key_secret
    )


def ca_configmap(settings: OperatorSettings, ca: CollectorCA) -> dict[str, object]:
    """Build the ConfigMap by which the page trusts the collector."""
    return {
        "apiVersion": "v1",
        "kind": CONFIGMAP.name,
        "metadata": {"namespace": settings.namespace, "name": settings.ca_configmap},
        "data": {collector_ca.CERTIFICATE: ca.certificate},
    }


def collector_thread(
    settings: OperatorSettings, ledgers: Ledgers, metrics: OperatorMetrics
) -> CollectorThread:
    """Make the collector, with the archive if there is one."""
    state = ledgers.collector
    archive = bootstrap_archive.service(
        settings, ledgers.engine, state.archive_backlog, metrics, now
    )
    rate_limit = RateLimit(metrics.collector_refusals.inc)
    return CollectorThread(ledgers.writer, state, now, archive, rate_limit)


def authenticator(
    settings: OperatorSettings, cache: Cache, metrics: OperatorMetrics
) -> MakeAuthenticator:
    """Return what makes the collector's authenticator of a client in the collector's loop."""
    return lambda api: TokenReviews(
        api=api, cache=cache, page=settings.page_account, metrics=metrics, now=now
    )


async def renew_certificate(
    tls: ssl.SSLContext, ca: CollectorCA, settings: OperatorSettings
) -> None:
    """Load a new certificate into the collector's TLS each day."""
    while True:
        await asyncio.sleep(RENEW_EVERY / SECOND)
        collector_ca.renew(tls, ca, settings.hosts, now())


async def migrate(database: Engine) -> bool:
    """Bring the tables to this version's schema; False when the database is away."""
    try:
        before, after = await asyncio.to_thread(engine.migrate, database)
    except DatabaseUnavailable as error:
        log.warning("waiting for the central database: %s", error)
        return False
    log.info("the central database is at %s, it was at %s", after, before)
    return True


async def migrate_later(database: Engine) -> None:
    """Bring the tables to this version's schema as soon as the database is there."""
    done = False
    while True:
        await (asyncio.Event().wait() if done else asyncio.sleep(RETRY_MIGRATION / SECOND))
        done = await migrate(database)


async def watch(
    operator: Operator, settings: OperatorSettings, cluster: ClusterAccess, stop: asyncio.Event
) -> None:
    """Watch the cluster until a signal sets `stop`.

    kopf takes signals for itself when it begins, and would wait in vain for who waits for `stop`:
    they are taken back as soon as it runs.
    """
    await watches.run(
        watches.registry(kube_login.login(cluster), operator.observe),
        settings.watched,
        stop,
        on_ready=partial(signals.set_on_signal, stop),
        on_restart=operator.resync_soon,
    )
