"""Hold what goes into the checker's file and what comes out of it."""

from dataclasses import dataclass
from datetime import date

from allswell.domain.cover import Observation
from allswell.domain.health import Health
from allswell.domain.report import Envelope
from allswell.domain.sample import Sample


@dataclass(frozen=True, slots=True)
class EnrolledMonitor:
    """One monitor as the file has it.

    `number` is short and for this file only. `store` is a random id made with the file for this
    monitor; `sequence` numbers the transitions claimed under it, 0 when there is none. `fresh`
    says that the file has never held a sample or a claim of this monitor.
    """

    number: int
    store: str
    sequence: int
    health: Health
    observation: Observation | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One monitor's part of a batch: a sample, the health after it, and what is to be reported."""

    number: int
    sample: Sample | None
    health: Health
    observation: Observation
    envelopes: tuple[Envelope, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of a batch; health and envelopes are always stored.

    `stored` samples of the batch are in the file. `dropped_samples` were lost for want of space, of
    this batch or older ones that no archive has; `released` older ones that an archive has made
    room. `is_almost_full` is true as long as space is short.
    """

    stored: int
    dropped_samples: int = 0
    is_almost_full: bool = False
    released: int = 0


@dataclass(frozen=True, slots=True)
class OutboxEnvelope:
    """An envelope that waits to be delivered; `attempts` have failed since the start."""

    id: int
    envelope: Envelope
    attempts: int


@dataclass(frozen=True, slots=True)
class StoredDay:
    """One UTC day of one monitor that has, or had, samples.

    `revision` is that of the last roll-up, 0 when the day is not sealed. `changed` means that
    samples came after the seal, so a further revision is due. `archived` says that its rows are
    in an archive. `lost` rows were dropped for want of space, and where `removed` is true some that
    an archive has are gone from here: a roll-up made now would be wrong.
    """

    day: date
    revision: int
    changed: bool
    archived: bool
    lost: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Unarchived:
    """A sealed day of one monitor whose rows no archive has.

    It belongs to `store`, under which the archive may have had an earlier state of it. It is
    `whole` unless rows that the archive has were removed from here.
    """

    monitor: str
    number: int
    day: date
    revision: int
    store: str
    whole: bool


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """Figures for metrics and conditions; `raw_lost` counts since the file was made.

    `size` is the database in bytes, `free` how many more bytes samples may take.
    `unarchived` sealed days with samples are in no archive, the oldest of them is `oldest`.
    """

    samples: int
    undelivered: int
    dead: int
    raw_lost: int
    size: int
    free: int
    is_almost_full: bool
    unarchived: int = 0
    oldest: date | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows had expired."""

    samples: int
    envelopes: int
    monitors: int
