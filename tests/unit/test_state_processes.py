"""Several processes at one folder: killed, waiting, out of space, reading while another writes."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.errors import StateUnresolved, TimedOut
from runner.record import PublishedState
from runner.state import StateStore, open_store
from tests.unit.state_samples import manifest, publish

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return open_store("store", tmp_path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``state_child`` on the same store; what still runs at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def started(verb: str, *arguments: object) -> "subprocess.Popen[str]":
        line = [sys.executable, "-m", "tests.unit.state_child", verb, str(tmp_path / "store")]
        line += map(str, arguments)
        children.append(
            subprocess.Popen(
                line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return children[-1]

    yield started
    for child in children:
        child.kill()
        child.communicate()


def said(child: "subprocess.Popen[str]", text: str) -> None:
    assert child.stdout is not None
    assert child.stdout.readline().strip() == text


def test_a_lock_waits_for_a_process_and_outlives_its_sudden_death(
    store: StateStore, start: Start
) -> None:
    child = start("hold")
    said(child, "holding")
    waits: list[str] = []

    def waiting() -> None:
        waits.append("once")
        child.kill()

    with store.lock("daily", waiting, time.monotonic() + 60):
        assert waits == ["once"]


def test_a_lock_that_is_free_says_nothing_of_waiting(store: StateStore) -> None:
    for _ in range(2):
        with store.lock("daily", lambda: pytest.fail("it waited"), None):
            pass


def test_the_lock_is_the_jobs_alone(store: StateStore, start: Start, tmp_path: Path) -> None:
    said(start("hold"), "holding")
    with store.lock("hourly", lambda: pytest.fail("it waited"), None):
        pass
    # A job publishes while its own run holds the lock.
    publish(store, tmp_path, 1)


def test_a_wait_ends_at_its_deadline(store: StateStore, start: Start) -> None:
    said(start("hold"), "holding")
    with (
        pytest.raises(TimedOut, match=r"another process held .*daily\.lock until the time was up"),
        store.lock("daily", lambda: None, time.monotonic() + 0.3),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_wait(start: Start, number: signal.Signals) -> None:
    said(start("hold"), "holding")
    second = start("hold")
    said(second, "waiting")
    second.send_signal(number)
    assert second.wait(timeout=20) != 0


def test_a_publisher_killed_at_any_moment_loses_nothing(
    store: StateStore, start: Start, tmp_path: Path
) -> None:
    dice = random.Random(17)  # noqa: S311  # the same moments each time, as far as the machine goes
    newest = publish(store, tmp_path, 0)
    for turn in range(12):
        child = start("publish", turn * 1000 + 1, 0, 2_000_000)
        said(child, "published")
        time.sleep(dice.uniform(0.01, 0.15))
        child.kill()
        child.wait()
        before, (newest,) = newest, store.published()
        assert newest.published_at > before.published_at
        store.fetch(newest, tmp_path)
        store.fetch_record(newest, tmp_path)
    # What the killed ones left is in nobody's way, and is cleared away.
    publish(store, tmp_path / "target", 90_000)
    assert len(list((tmp_path / "store/state/production/daily").iterdir())) <= 5


@pytest.mark.parametrize(
    ("limit", "size", "cause", "file"),
    [
        (100_000, 200_000, 10, r"2-1/manifest\.json"),
        (100_000, 50_000, 200_000, r"2-1/run\.json"),
    ],
)
def test_a_full_disk_leaves_the_old_state(
    store: StateStore, start: Start, tmp_path: Path, limit: int, size: int, cause: int, file: str
) -> None:
    before = publish(store, tmp_path, 1)
    message, errors = start("full", limit, size, cause).communicate(timeout=60)
    assert not errors
    assert message.splitlines()[0].endswith(f"{file} can't be written".replace("\\", ""))
    assert "File too large" in message
    assert "hint: free some space there" in message
    assert store.published() == (before,)
    store.fetch(before, tmp_path)
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_pointer_that_cant_be_written_leaves_the_old_state(
    store: StateStore, tmp_path: Path
) -> None:
    before = publish(store, tmp_path, 1)
    # In the way of the pointer's temporary file, for root too.
    (tmp_path / "store/state/production/.daily.json.tmp").mkdir()
    with pytest.raises(StateUnresolved, match=r"production/daily\.json can't be written"):
        publish(store, tmp_path, 2)
    assert store.published() == (before,)
    store.fetch(before, tmp_path)


def test_a_reader_sees_whole_manifests_while_others_write(
    store: StateStore, start: Start, tmp_path: Path
) -> None:
    writers = [start("publish", 1, 25, 1_000_000), start("publish", 2, 25, 1_000_000)]
    seen: set[str] = set()
    newest: PublishedState | None = None
    while any(writer.poll() is None for writer in writers):
        for published in store.published():
            assert newest is None or published.published_at >= newest.published_at
            newest = published
            seen |= fetched(store, published, tmp_path)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert [published.run_id for published in store.published()] == ["50-1"]
    assert seen


def fetched(store: StateStore, published: PublishedState, into: Path) -> set[str]:
    try:
        store.fetch(published, into)
    except StateUnresolved as error:
        # Five newer runs came in between the two calls.
        assert "is missing in" in error.what  # noqa: PT017
        return set()
    number = int(published.run_id.split("-")[0])
    text = (into / "manifest.json").read_bytes()
    assert text == manifest(number, 1_000_000)
    assert json.loads(text)["run"] == number
    return {published.run_id}


def test_the_libraries_that_take_time_are_imported_late() -> None:
    code = "import sys, runner.state, runner.cli.state; print(*sys.modules)"
    names = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert not {"fsspec", "filelock", "s3fs", "rich"} & set(names.stdout.split())
