"""Clean up everything of a lab, whether it ended in order or was interrupted at any point.

It relies on what is recorded on disk alone, so that the next run can do it for a killed one.
"""

import shutil

from tests.cluster.lab import cgroups, namespaces, network
from tests.cluster.lab.paths import LabPaths
from tests.cluster.lab.processes import daemons


def clean(paths: LabPaths) -> list[str]:
    """End every process of the lab, then remove its folder; return what was found to end."""
    paths.facts.unlink(missing_ok=True)
    running = [daemon for daemon in daemons(paths.run, paths.logs) if daemon.process]
    namespaces.end(paths)
    for daemon in reversed(running):
        daemon.stop()
    network.disconnect(paths.link)
    cgroups.remove(paths)
    if paths.home.exists():
        shutil.rmtree(paths.home)
    return [daemon.name for daemon in running]
