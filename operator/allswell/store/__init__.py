"""Keep the checker's own SQLite file: samples, health and the outbox of reports.

What belongs together is committed together. The room does not judge a sample, does not send a
report, and never deletes a file that it cannot read: it renames it.
"""

from allswell.store.errors import (
    ForeignFile,
    NewerStore,
    OutOfStep,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFailed,
    StoreFull,
)
from allswell.store.store import Store
from allswell.store.values import (
    BatchItem,
    BatchResult,
    EnrolledMonitor,
    OutboxEnvelope,
    Pruned,
    StoreCounts,
    StoredDay,
    Unarchived,
)

__all__ = [
    "BatchItem",
    "BatchResult",
    "EnrolledMonitor",
    "ForeignFile",
    "NewerStore",
    "OutOfStep",
    "OutboxEnvelope",
    "Pruned",
    "Store",
    "StoreBusy",
    "StoreCounts",
    "StoreDamaged",
    "StoreError",
    "StoreFailed",
    "StoreFull",
    "StoredDay",
    "Unarchived",
]
