"""The store on S3, against a real server that speaks its protocol."""

import json
import socket
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.errors import StateUnresolved
from runner.history import History
from runner.history_changes import handled
from runner.state import StateStore, open_store
from runner.state.history_store import FileHistory
from runner.state.opening import open_files
from runner.stopping import Stop, Stopped
from tests.unit.state_samples import manifest, prepare, publish

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


@pytest.fixture
def store(bucket: Any, tmp_path: Path) -> StateStore:
    return open_store(f"s3://{bucket.name}/team/dbt/", tmp_path)


def test_an_empty_bucket_holds_nothing(store: StateStore) -> None:
    assert store.published() == ()
    assert store.published(environment="production", job="daily") == ()


def test_what_was_published_is_fetched_by_another(store: StateStore, tmp_path: Path) -> None:
    published = publish(store, tmp_path / "target", 1)
    other = open_store(store.location, tmp_path)
    assert other.published() == (published,)
    assert other.published(environment="production", job="daily") == (published,)
    assert other.published(environment="prod") == ()
    other.fetch(published, tmp_path)
    other.fetch_record(published, tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == manifest(1)


def test_a_manifest_of_many_parts(store: StateStore, tmp_path: Path) -> None:
    published = publish(store, tmp_path / "target", 1, size=20_000_000)
    store.fetch(published, tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == manifest(1, 20_000_000)


def test_the_pointer_moves_forwards_and_older_runs_go(
    store: StateStore, bucket: Any, tmp_path: Path
) -> None:
    first = publish(store, tmp_path, 1)
    time.sleep(1.1)  # S3 counts whole seconds
    states = [publish(store, tmp_path, number) for number in range(2, 7)]
    with pytest.raises(StateUnresolved, match="is missing in"):
        store.fetch(first, tmp_path)
    assert store.publish(*prepare(tmp_path, 1)) is False
    assert store.published() == (states[-1],)
    store.fetch(states[-1], tmp_path)
    keys = [one.key for one in bucket.objects.all()]
    assert len(keys) == 11
    assert "team/dbt/state/production/daily.json" in keys


def test_older_runs_that_cant_be_removed_are_said_but_fail_nothing(
    store: StateStore, bucket: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    every = f"arn:aws:s3:::{bucket.name}/*"
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": every}
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    bucket.Policy().put(Policy=json.dumps(policy))
    publish(store, tmp_path, 1)
    time.sleep(1.1)  # S3 counts whole seconds
    states = [publish(store, tmp_path, number) for number in range(2, 7)]
    assert store.published() == (states[-1],)
    assert "Older runs of job daily stay in the state store" in caplog.text


def test_a_truncated_manifest_is_damaged(store: StateStore, bucket: Any, tmp_path: Path) -> None:
    published = publish(store, tmp_path / "target", 1)
    key = "team/dbt/state/production/daily/1-1/manifest.json"
    bucket.put_object(Key=key, Body=manifest(1)[:1234])
    with pytest.raises(StateUnresolved, match="the manifest of run 1-1 is damaged"):
        store.fetch(published, tmp_path)
    bucket.Object(key).delete()
    with pytest.raises(StateUnresolved, match=r"the manifest\.json of run 1-1 is missing in s3://"):
        store.fetch(published, tmp_path)
    assert not list(tmp_path.glob("*manifest*"))


def test_a_bucket_that_is_missing_is_no_empty_store(bucket: Any, tmp_path: Path) -> None:
    store = open_store("s3://no-such-bucket-here/dbt", tmp_path)
    with pytest.raises(StateUnresolved, match="can't be listed") as caught:
        store.published()
    assert "exists and is spelled right" in caught.value.hint
    with pytest.raises(StateUnresolved, match=r"manifest\.json can't be written"):
        store.publish(*prepare(tmp_path, 1))


def test_no_credentials(bucket: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StateUnresolved, match="can't be listed") as caught:
        open_store(f"s3://{bucket.name}/dbt", tmp_path).published()
    assert caught.value.why == "NoCredentialsError: Unable to locate credentials"
    assert "log in to the cloud" in caught.value.hint


def test_an_endpoint_that_nobody_listens_at_is_said_soon(
    environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
        started = time.monotonic()
        with pytest.raises(StateUnresolved, match="can't be listed") as caught:
            open_store("s3://bucket/dbt", tmp_path).published()
    assert time.monotonic() - started < 20
    assert caught.value.why.startswith("EndpointConnectionError: Could not connect")
    assert caught.value.hint.startswith("check the network")
    assert "hunter2" not in str(caught.value)


def test_a_timeout_ends_the_wait_for_an_endpoint_that_never_answers(
    environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        stop = Stop()
        store = open_store("s3://bucket/dbt", tmp_path)
        started = time.monotonic()
        with pytest.raises(Stopped), stop.timer(timedelta(seconds=1)), stop.raising():
            store.published()
    assert time.monotonic() - started < 10


def test_the_history_in_a_bucket(bucket: Any, tmp_path: Path) -> None:
    location = f"s3://{bucket.name}/team"
    first, second = (FileHistory(open_files(location, tmp_path)) for _ in range(2))
    assert (first.read(), second.read()) == (None, None)
    first.write(handled(History(), NOON, {"daily": "0 4 * * * UTC"}))
    with pytest.raises(StateUnresolved, match="has changed since it was read"):
        second.write(History())
    assert second.read() == handled(History(), NOON, {"daily": "0 4 * * * UTC"})
    assert [each.key for each in bucket.objects.all()] == ["team/history.json"]
