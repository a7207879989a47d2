"""The checker's own SQLite file: samples, health and the outbox of reports.

What belongs together is committed together. The room does not judge a sample, does not send a
report, and never deletes a file that it cannot read: it sets it aside.
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
    Committed,
    Counts,
    Day,
    Enrolled,
    Kept,
    Outgoing,
    Pruned,
    Unarchived,
)

__all__ = [
    "Committed",
    "Counts",
    "Day",
    "Enrolled",
    "ForeignFile",
    "Kept",
    "NewerStore",
    "OutOfStep",
    "Outgoing",
    "Pruned",
    "Store",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreFailed",
    "StoreFull",
    "Unarchived",
]
