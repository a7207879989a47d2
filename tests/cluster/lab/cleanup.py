"""Leaves nothing of a lab behind, whether it ended in order or was cut off at any point.

It relies on what is recorded on disk alone, so that the next run can do it for a killed one.
"""

import shutil

from tests.cluster.lab import cgroups, namespaces, network
from tests.cluster.lab.places import Places
from tests.cluster.lab.processes import daemons


def clean(places: Places) -> list[str]:
    """End every process of the lab, then remove its folder; return what was found to end."""
    places.facts.unlink(missing_ok=True)
    found = [daemon for daemon in daemons(places.run, places.logs) if daemon.process]
    namespaces.end(places)
    for daemon in reversed(found):
        daemon.stop()
    network.disconnect(places.wire)
    cgroups.remove(places)
    if places.home.exists():
        shutil.rmtree(places.home)
    return [daemon.name for daemon in found]
