"""``python -m tests.cluster.lab up|down|status|test``: a Kubernetes cluster for tests.

Environment: CLUSTER (control-plane, node or existing; default: the most that the machine can do),
KUBECONFIG and ALLSWELL_TEST_CONTEXT (a cluster of yours), ALLSWELL_LAB (a name, for two at once).
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests import artefacts, progress
from tests.cluster.lab import lifecycle, machine, paths, processes
from tests.cluster.lab.processes import Failed

ROOT = Path(__file__).parents[3]
LOGS = ROOT / "build" / "cluster-logs"


def up() -> machine.Choice:
    """Bring up what was chosen, and say what that is."""
    own = paths.here()
    environ = {key: value for key, value in os.environ.items() if value != str(own.kubeconfig)}
    choice = machine.choose(environ, machine.inspect(own.cache))
    progress.say(f"Cluster: {choice.kind} ({choice.why}).")
    if choice.kind != machine.EXISTING:
        lab = lifecycle.up(own, choice)
        progress.say(f"It is up. By hand:\n  {lifecycle.describe(lab)}")
    return choice


def down() -> None:
    """Take the lab down."""
    own = paths.here()
    ended = lifecycle.down(own)
    own.temporary.unlink(missing_ok=True)
    progress.say(f"Ended {', '.join(ended)}." if ended else "Nothing was up.")


def status() -> int:
    """Say what runs; 1 if no lab is up."""
    lab = lifecycle.find(paths.here())
    if lab is None:
        progress.say("No lab is up.")
        return 1
    progress.say(f"{lab.kind}\n  {lifecycle.describe(lab)}")
    for daemon in lab.daemons():
        process = daemon.process
        progress.say(f"  {daemon.name:<26} {process.pid if process else 'stopped'}")
    return 0


def test(arguments: Sequence[str]) -> int:
    """Run the tests; a lab that nobody has brought up to stay is taken down at the end."""
    own = paths.here()
    with artefacts.alone(own.testing):
        stays = lifecycle.find(own) is not None and not own.temporary.exists()
        if stays:
            return run(arguments)
        own.temporary.touch()
        try:
            return run(arguments)
        finally:
            down()


def run(arguments: Sequence[str]) -> int:
    """Bring the lab up and run the tests on it."""
    up()
    named = any((ROOT / argument.split("::")[0]).exists() for argument in arguments)
    chosen = [*arguments] if named else ["tests/cluster", *arguments]
    command = [*processes.MORTAL, sys.executable, "-m", "pytest", "-m", "cluster", *chosen]
    failed = subprocess.run(command, cwd=ROOT, check=False).returncode
    if failed and lifecycle.find(paths.here()):
        lifecycle.keep_logs(paths.here(), LOGS)
        progress.say(f"The logs of the cluster are in {LOGS}")
    return failed


def interrupted(number: int, frame: FrameType | None) -> None:
    """End as from Ctrl-C, so that what was begun is undone."""
    del frame
    raise KeyboardInterrupt(signal.Signals(number).name)


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    parser.add_argument("action", choices=("up", "down", "status", "test"))
    options, rest = parser.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        match options.action:
            case "up":
                up()
                paths.here().temporary.unlink(missing_ok=True)
            case "down":
                down()
            case "status":
                return status()
            case _:
                return test(rest)
    except Failed as problem:
        print(problem, file=sys.stderr, flush=True)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
