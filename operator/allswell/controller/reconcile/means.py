"""What the parts of the operator work with, in one value: made at the start and handed to each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allswell.controller.cache.cache import Cache
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.cache.watch_health import WatchHealth
from allswell.controller.database.client import DatabaseClient
from allswell.controller.database.registration import MonitorRegistration
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube.client import Api


@dataclass(frozen=True, slots=True)
class Means:
    """The ways to the cluster and to the central database, what is known of both, and the clock."""

    api: Api
    index: Cache
    central: DatabaseClient
    registrar: MonitorRegistration
    namespaces: Namespaces
    meters: OperatorMetrics
    owed: WatchHealth
    now: Callable[[], datetime]
