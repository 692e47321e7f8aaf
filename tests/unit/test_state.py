"""The store over a folder and over an object store: what goes in comes out, or it says why not."""

import dataclasses
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.errors import ConfigInvalid, StateUnresolved
from runner.record_json import published_to_json, run_from_json
from runner.state import StateStore, open_store
from runner.state.checks import format_size
from tests.unit.state_samples import manifest, prepare, publish, state


@pytest.fixture(params=["folder", "memory"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "store")
        return
    import fsspec

    yield f"memory://{tmp_path.name}/dbt"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def store(location: str, tmp_path: Path) -> StateStore:
    return open_store(location, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> StateStore:
    return open_store("store", tmp_path)


def test_an_empty_store_holds_nothing(store: StateStore) -> None:
    assert store.published() == ()
    assert store.published(environment="production", job="daily") == ()


def test_what_was_published_is_fetched(store: StateStore, tmp_path: Path) -> None:
    published = publish(store, tmp_path / "target", 1)
    assert store.published() == (published,)
    into = tmp_path / "new" / "state"
    assert store.fetch(published, into) == into
    assert store.fetch_record(published, into) == into
    assert (into / "manifest.json").read_bytes() == manifest(1)
    assert run_from_json((into / "run.json").read_text()).run_id == "1-1"
    assert sorted(path.name for path in into.iterdir()) == ["manifest.json", "run.json"]


def test_a_manifest_of_many_chunks(store: StateStore, tmp_path: Path) -> None:
    published = publish(store, tmp_path / "target", 1, size=20_000_000)
    store.fetch(published, tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == manifest(1, 20_000_000)


def test_published_is_newest_first_and_filtered(store: StateStore, tmp_path: Path) -> None:
    daily = publish(store, tmp_path, 1)
    hourly = publish(store, tmp_path, 3, job="hourly")
    other = publish(store, tmp_path, 2, environment="production2", job="hourly")
    assert store.published() == (hourly, other, daily)
    assert store.published(environment="production") == (hourly, daily)
    assert store.published(job="hourly") == (hourly, other)
    assert store.published(environment="production", job="hourly") == (hourly,)
    assert store.published(environment="staging") == ()


def test_publishing_fills_in_the_size(store: StateStore, tmp_path: Path) -> None:
    publish(store, tmp_path, 1, size=1000)
    unknown = prepare(tmp_path, 2)
    assert store.publish(*unknown[:2], dataclasses.replace(unknown[2], size=0))
    assert store.published()[0].size == len(manifest(2))


def test_an_older_run_leaves_the_pointer_alone(store: StateStore, tmp_path: Path) -> None:
    newer = publish(store, tmp_path, 2)
    assert store.publish(*prepare(tmp_path, 1)) is False
    assert store.published() == (newer,)
    store.fetch(newer, tmp_path)


def test_the_same_run_may_publish_the_same_again_alone(store: StateStore, tmp_path: Path) -> None:
    published = publish(store, tmp_path, 1)
    assert publish(store, tmp_path, 1) == published
    with pytest.raises(StateUnresolved, match="run 1-1 has published another manifest before"):
        store.publish(*prepare(tmp_path, 1, size=500))
    store.fetch(published, tmp_path)


def test_the_newest_five_runs_are_kept(store: StateStore, tmp_path: Path) -> None:
    states = []
    for number in range(1, 9):
        states.append(publish(store, tmp_path, number))
        time.sleep(0.01)  # the clock of a file system ticks every few milliseconds
    other = publish(store, tmp_path, 1, job="hourly")
    for kept in [*states[-5:], other]:
        store.fetch(kept, tmp_path)
    for gone in states[:-5]:
        with pytest.raises(StateUnresolved, match="is missing in"):
            store.fetch(gone, tmp_path)


def test_a_manifest_that_changes_meanwhile_is_not_published(
    store: StateStore, tmp_path: Path
) -> None:
    before = publish(store, tmp_path, 1)
    path, record, published = prepare(tmp_path, 2)
    path.write_bytes(manifest(3))
    with pytest.raises(StateUnresolved, match="changed before it was published"):
        store.publish(path, record, published)
    assert store.published() == (before,)


def test_a_run_without_a_manifest_is_not_published(store: StateStore, tmp_path: Path) -> None:
    path, record, published = prepare(tmp_path, 1)
    path.unlink()
    with pytest.raises(StateUnresolved, match=r"manifest\.json can't be read"):
        store.publish(path, record, published)
    assert store.published() == ()


def damage(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / "store/state/production/daily/1-1" / name
    path.write_bytes(change(path.read_bytes()))


def flipped(data: bytes) -> bytes:
    return data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]


@pytest.mark.parametrize(
    ("change", "read"),
    [(flipped, "10.0 kB"), (lambda data: data[:1234], "1.2 kB")],
)
def test_a_damaged_manifest_leaves_what_was_there(
    folder: StateStore, tmp_path: Path, change: Callable[[bytes], bytes], read: str
) -> None:
    published = publish(folder, tmp_path / "target", 1)
    damage(tmp_path, "manifest.json", change)
    into = tmp_path / "into"
    into.mkdir()
    (into / "manifest.json").write_text("before")
    with pytest.raises(StateUnresolved) as caught:
        folder.fetch(published, into)
    assert caught.value.what == "the manifest of run 1-1 is damaged"
    assert f"expected sha256 {published.sha256} in 10.0 kB, found " in caught.value.why
    assert caught.value.why.endswith(f" in {read}")
    assert list(into.iterdir()) == [into / "manifest.json"]
    assert (into / "manifest.json").read_text() == "before"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:100], "it isn't JSON"),
        (lambda data: data.replace(b'"1-1"', b'"7-1"'), "its run_id is '7-1'"),
        (lambda data: b"\xff" + data, "can't decode"),
    ],
)
def test_a_damaged_record_is_refused(
    folder: StateStore, tmp_path: Path, change: Callable[[bytes], bytes], why: str
) -> None:
    published = publish(folder, tmp_path / "target", 1)
    damage(tmp_path, "run.json", change)
    with pytest.raises(StateUnresolved, match="the record of run 1-1 is damaged") as caught:
        folder.fetch_record(published, tmp_path / "into")
    assert why in caught.value.why
    assert not list((tmp_path / "into").iterdir())


def test_a_run_that_is_gone_is_missing(folder: StateStore, tmp_path: Path) -> None:
    published = publish(folder, tmp_path, 1)
    shutil.rmtree(tmp_path / "store/state/production/daily")
    with pytest.raises(StateUnresolved, match=r"the manifest\.json of run 1-1 is missing in"):
        folder.fetch(published, tmp_path)


def pointer(**changes: Any) -> str:
    return json.dumps({**json.loads(published_to_json(state(1, b""))), **changes})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it isn't JSON"),
        ("{}", "its schema is null"),
        ("[" * 60_000, "it isn't JSON"),
        (" " * 70_000, "it is larger than 65.5 kB"),
        (pointer(job="hourly"), "it belongs to another job: 'hourly' in 'production'"),
        (pointer(environment="../x"), "it belongs to another job"),
        (pointer(run_id="../../../etc"), "its run_id is '../../../etc'"),
        (pointer(run_id="a..b"), "its run_id is 'a..b'"),
        (pointer(run_id=".."), "its run_id is '..'"),
        (pointer(run_id="."), "its run_id is '.'"),
        (pointer(run_id="a/b"), "its run_id is 'a/b'"),
        (pointer(run_id="/etc"), "its run_id is '/etc'"),
        (pointer(run_id="a\n"), r"its run_id is 'a\n'"),
        (pointer(run_id=""), "its run_id is ''"),
        (pointer(run_id="a" * 300), "its run_id is 'aaa"),
        (pointer(sha256="abc"), "its sha256 is 'abc'"),
        (pointer(commit="\n::add-mask::x"), r"its commit is '\n::add-mask::x'"),
        (pointer(dbt_version="\x1b[2J"), r"its dbt_version is '\x1b[2J'"),
        (pointer(published_at="soon"), 'published_at is "soon"'),
        (pointer(size="1"), 'size is "1", not a whole number'),
    ],
)
def test_a_pointer_that_cant_be_trusted_is_named(
    folder: StateStore, tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "store/state/production/daily.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(StateUnresolved) as caught:
        folder.published()
    assert "the pointer state/production/daily.json in " in caught.value.what
    assert caught.value.why.startswith(why)
    assert "\n" not in caught.value.why
    with pytest.raises(StateUnresolved):
        folder.publish(*prepare(tmp_path, 2))


def test_other_files_in_the_folder_are_left_alone(folder: StateStore, tmp_path: Path) -> None:
    published = publish(folder, tmp_path, 1)
    for name in ("README.md", "production/.daily.json.tmp", "production/Notes.json"):
        (tmp_path / "store/state" / name).write_text("not ours")
    assert folder.published() == (published,)


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    store = open_store("store", tmp_path)
    with pytest.raises(StateUnresolved, match="can't be listed") as caught:
        store.published()
    assert caught.value.why == "NotADirectoryError: Not a directory"
    assert caught.value.hint == "set `state:` to a folder"
    with pytest.raises(StateUnresolved, match="can't be locked"):
        store.publish(*prepare(tmp_path / "target", 1))


def test_a_place_to_fetch_to_that_is_a_file_is_said(folder: StateStore, tmp_path: Path) -> None:
    published = publish(folder, tmp_path, 1)
    with pytest.raises(StateUnresolved, match=r"manifest\.json can't be written"):
        folder.fetch(published, tmp_path / "run.json")


def test_a_relative_folder_starts_at_the_jobs_file(tmp_path: Path) -> None:
    assert open_store(".dbt/state", tmp_path).location == str(tmp_path / ".dbt/state")
    assert open_store("/srv/state", tmp_path).location == "/srv/state"


def test_the_github_store_needs_the_jobs_file(tmp_path: Path) -> None:
    with pytest.raises(StateUnresolved, match="can't be opened by its name alone") as caught:
        open_store("github", tmp_path)
    assert "leave --state out" in caught.value.hint


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(StateUnresolved, match="the package for gs:// is missing") as caught:
        open_store("gs://bucket/dbt", tmp_path)
    assert caught.value.hint == "pip install 'dbt-gitops[gcs]'"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("ftp://host/dbt", "ftp:// is not a scheme of an object store"),
        ("simplecache::s3://bucket", "is not a scheme of an object store"),
        ("s3://", "s3:// names no bucket"),
        ("s3://AKIA:hunter2@bucket/dbt", "holds a user, a password or a query"),
        ("s3://hunter2@bucket/dbt", "holds a user, a password or a query"),
        ("az://container/dbt?sig=hunter2", "holds a user, a password or a query"),
        ("abfs://c:hunter2@account/dbt", "holds a user, a password or a query"),
    ],
)
def test_a_location_that_cant_be_one(tmp_path: Path, location: str, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        open_store(location, tmp_path)
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1234, "1.2 kB"),
        (999_960, "1.0 MB"),
        (1_200_000, "1.2 MB"),
        (2**30, "1.1 GB"),
        (5 * 10**12, "5000.0 GB"),
    ],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert format_size(count) == text
