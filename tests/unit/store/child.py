"""A process that commits without end and says after each commit that it is done, to be killed.

Every third commit holds a change of state; every hundredth, a prune.
"""

import itertools
import sys
from datetime import timedelta
from pathlib import Path

from allswell.store import Store
from tests.unit.store.examples import NOW, at, batched, change


def main(path: Path) -> None:
    store = Store.open(path, now=NOW)
    api = store.enroll("api", "target")
    sequence, start = api.sequence, store.counts().samples
    for minute in itertools.count(start):
        changes = []
        if minute % 3 == 0:
            sequence += 1
            changes.append(change(api, sequence, sequence))
        store.commit([batched(api, minute, *changes, health=None if changes else api.health)])
        api = store.enroll("api", "target")
        print(minute + 1, sequence, flush=True)
        if minute % 100 == 0:
            store.prune({api.number: timedelta(days=10_000)}, at(minute))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
