"""Another process that uses a store: ``python -m tests.unit.state_child VERB STORE …``.

It says on its standard output how far it is, so that a test needn't guess with a pause.
"""

import resource
import sys
import tempfile
import time
from itertools import count, islice
from pathlib import Path

from runner.errors import DbtGitopsError
from runner.state import StateStore, open_store
from tests.unit.state_samples import prepare


def say(text: str) -> None:
    print(text, flush=True)


def hold(store: StateStore) -> None:
    """Holds the lock until it is killed."""
    with store.lock("daily", lambda: say("waiting"), None):
        say("holding")
        time.sleep(60)


def publish_on(store: StateStore, first: str, runs: str, size: str) -> None:
    """Publishes every second run from the first on, so many, or without end if 0."""
    numbers = count(int(first), 2)
    with tempfile.TemporaryDirectory() as target:
        for number in islice(numbers, int(runs)) if int(runs) else numbers:
            store.publish(*prepare(Path(target), number, size=int(size)))
            say("published")


def publish_full(store: StateStore, limit: str, size: str, cause: str) -> None:
    """Publishes run 2 where no file may become larger than ``limit`` bytes: as on a full disk."""
    with tempfile.TemporaryDirectory() as target:
        prepared = prepare(Path(target), 2, size=int(size), cause="x" * int(cause))
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
        try:
            store.publish(*prepared)
        except DbtGitopsError as error:
            say(str(error))


if __name__ == "__main__":
    verb, location, *rest = sys.argv[1:]
    verbs = {"hold": hold, "publish": publish_on, "full": publish_full}
    verbs[verb](open_store(location, Path("/")), *rest)  # type: ignore[operator]
