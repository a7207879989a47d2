"""A day that is over goes from a checker's pod to a bucket, with the chart's settings alone.

No test waits for midnight. What is made up: the results of a day that has long been over are put
into the file of a pod that runs, sealed, by a second connection. All else is real: the chart, its
Secret, the store's own authority, the address that the collector signs, the upload, the record.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests import needs, s3server
from tests.cluster import installation, monitor_pods
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation, Values
from tests.cluster.targets import Target

pytestmark = pytest.mark.node
COUNT = 1_440
PREPARE = """\
import sqlite3, sys
day, count = map(int, sys.argv[1:])
file = sqlite3.connect("/data/checker.sqlite", timeout=10)
with file:
    (number,) = file.execute("SELECT number FROM monitor").fetchone()
    step = 86_400_000 // count
    file.executemany(
        "INSERT INTO sample VALUES (?, ?, ?, 0)",
        [(number, day * 86_400_000 + n * step, 1_000 + n) for n in range(count)])
    file.execute(
        "INSERT INTO day (monitor, day, revision, present) VALUES (?, ?, 1, 1)", (number, day))
"""
ARCHIVED = """\
import sqlite3
file = sqlite3.connect("file:/data/checker.sqlite?mode=ro", uri=True)
print(file.execute("SELECT count(*) FROM day WHERE archived = 1").fetchone()[0])
"""


@pytest.fixture
def bucket(cluster: Cluster) -> Iterator[s3server.Server]:
    """Yield a bucket with an authority of its own, where pods reach it."""
    if needs.versitygw() is None:
        pytest.skip("versitygw is needed")
    if cluster.lab is None:
        pytest.skip("The cluster is not ours, so its pods do not find what a test serves.")
    with s3server.running(cluster.lab.machine_address, tls=True) as found:
        yield found


@pytest.fixture
def archiving(
    release: Installation, usual: Values, bucket: s3server.Server
) -> Iterator[Installation]:
    """Yield the release with an archive; without one again afterwards."""
    keys = [f"--from-literal=access-key-id={s3server.KEY}"]
    keys += [f"--from-literal=secret-access-key={s3server.SECRET}"]
    release.kubectl("create", "secret", "generic", "results", *keys)
    archive = {
        "bucket": s3server.BUCKET,
        "prefix": "cluster",
        "endpoint": bucket.endpoint,
        "region": "us-east-1",
        "ca": bucket.authority,
        "existingSecret": "results",
    }
    release.install(installation.merge(usual, {"archive": archive}))
    yield release
    release.install(usual)


def inside(cluster: Cluster, namespace: str, program: str, *arguments: str) -> str:
    """Run a program in the checker's pod; what it prints."""
    command = ["exec", "api-check-0", "-n", namespace, "--", "python3", "-c", program]
    return cluster.kubectl(*command, *arguments)


def test_a_day_that_is_over_reaches_the_bucket_and_no_key_reaches_a_checker(
    cluster: Cluster,
    archiving: Installation,
    target: Target,
    namespace: str,
    bucket: s3server.Server,
) -> None:
    api = monitor_pods.start(cluster, namespace, "api", target.url("/archived"))
    day = datetime.now(UTC).date() - timedelta(days=2)
    number = (day - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    inside(cluster, namespace, PREPARE, str(number), str(COUNT))
    wait_until(bucket.names, what=f"a day file: {api.read()}", limit=60)
    (name,) = bucket.names()
    assert name.startswith(f"cluster/v1/date={day}/")
    content = (bucket.folder / "data" / s3server.BUCKET / name).read_bytes()
    assert len(gzip.decompress(content).splitlines()) == COUNT

    query = "SELECT name, samples, key FROM archive_object"
    wait_until(lambda: archiving.central(query), what="it is recorded", limit=20)
    assert archiving.central(query) == [["api", str(COUNT), name.removeprefix("cluster/")]]
    wait_until(
        lambda: inside(cluster, namespace, ARCHIVED).strip() == "1",
        what="the checker knows that it may forget the day",
        limit=20,
    )
    assert api.condition("Archived") == "True"
    assert "allswell_archive_configured 1.0" in archiving.metrics()
    command = ["exec", "deployment/allswell-operator", "--", "allswell", "history"]
    listed = archiving.kubectl(*command, "ls", f"{namespace}/api")
    assert f"{day}  {namespace}/api" in listed
    assert "1 day file of the catalogue, 0 missing" in archiving.kubectl(*command, "verify")
    seen = json.dumps(api.pod()) + cluster.kubectl("get", "configmap", "-A", "-o", "json")
    assert s3server.SECRET not in seen
