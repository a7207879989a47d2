"""Assemble the operator's archive from its settings.

They are ALLSWELL_ARCHIVE_BUCKET, ALLSWELL_ARCHIVE_PREFIX, ALLSWELL_ARCHIVE_ENDPOINT,
ALLSWELL_ARCHIVE_REGION, ALLSWELL_ARCHIVE_ADDRESSING, ALLSWELL_ARCHIVE_CA_FILE,
ALLSWELL_ARCHIVE_ENCRYPTION, ALLSWELL_ARCHIVE_KMS_KEY, ALLSWELL_ARCHIVE_ACCESS_KEY_ID and
ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY (both or neither, or as files by `…_FILE`); of deleted Monitors
ALLSWELL_ARCHIVE_DELETED_MONITORS (keep or delete) and ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS.
"""

from collections.abc import Callable
from datetime import datetime

from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.engine import Engine
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.archive.executor import ArchiveExecutor
from allswell.collector.archive.uploads import Uploads
from allswell.controller.config.settings import OperatorSettings
from allswell.controller.metrics.archive_metrics import ArchiveMetrics
from allswell.controller.metrics.operator_metrics import OperatorMetrics


def service(
    settings: OperatorSettings,
    engine: Engine,
    backlog: ArchiveBacklog,
    metrics: OperatorMetrics,
    now: Callable[[], datetime],
) -> ArchiveExecutor | None:
    """Make what serves the archive; None where there is none, which the metrics show too.

    Raises `ArchiveError` for settings that no client can be made of.
    """
    archive_metrics = ArchiveMetrics(metrics.registry, backlog, now)
    if settings.archive is None:
        return None
    # It takes tens of megabytes, of which an operator without an archive needs none.
    from allswell.archive.bucket import S3Bucket  # noqa: PLC0415

    uploads = Uploads(
        S3Bucket(settings.archive),
        ArchiveCatalogue(engine),
        settings.delete_archived_after,
        archive_metrics.count_step,
    )
    return ArchiveExecutor(uploads, backlog, now, on_totals=archive_metrics.show_totals)
