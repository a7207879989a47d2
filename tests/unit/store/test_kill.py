"""A checker that is killed at any moment leaves a whole file."""

import random
import subprocess
import sys
from pathlib import Path

from tests.unit.store.conftest import Open
from tests.unit.store.examples import all_samples, at, change, waiting

ROOT = Path(__file__).parents[3]
ROUNDS = 12


def commit_until_killed(path: Path, commits: int) -> tuple[int, int]:
    """Run the child, kill it in its work, and return what it had said last."""
    command = [sys.executable, "-m", "tests.unit.store.child", str(path)]
    said = (0, 0)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line, _ in zip(child.stdout, range(commits), strict=False):
            samples, sequence = line.split()
            said = (int(samples), int(sequence))
        child.kill()
        rest = [line.split() for line in child.stdout.read().splitlines(keepends=True)]
    for samples, sequence in (words for words in rest if len(words) == 2):
        said = (int(samples), int(sequence))
    return said


def test_a_kill_loses_nothing_that_was_said_to_be_kept_and_parts_nothing(
    opened: Open, path: Path
) -> None:
    """Samples are unbroken, transitions are numbered without a gap, health is the last claim."""
    chance = random.Random(20_261_123)
    for _ in range(ROUNDS):
        samples, sequence = commit_until_killed(path, chance.randrange(1, 150))
        store = opened()
        assert store.set_aside is None
        api = store.enroll("api", "target")
        found = [each.started for each in all_samples(store, api)]
        assert found == [at(minute) for minute in range(len(found))]
        assert len(found) >= samples
        assert api.sequence >= sequence
        assert api.sequence == (len(found) + 2) // 3
        reports = [change(api, number, number) for number in range(1, api.sequence + 1)]
        assert waiting(store) == reports
        assert api.health.claim == reports[-1].claim
        store.close()
