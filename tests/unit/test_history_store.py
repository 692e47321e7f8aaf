"""Where the history is kept: what is written is read, and what can't be believed stops everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from runner.cli.stores import history_store_of
from runner.config import load
from runner.errors import ExitCode, StateUnresolved, TimedOut
from runner.history import History
from runner.history_changes import handled
from runner.history_json import history_to_json
from runner.state import history_store
from runner.state.github_history import GitHubHistory
from runner.state.history_store import ARTIFACT, REPORTED, FileHistory
from runner.state.opening import open_files
from runner.state.provenance import Trusted
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import client
from tests.fake_github.states import zipped
from tests.fake_github.things import FORK, START, WORKFLOW, Artifact

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def history(hour: int = 0) -> History:
    return handled(History(), NOON + timedelta(hours=hour), {"daily": "0 4 * * * UTC"})


def written(value: History | str | bytes) -> bytes:
    text = history_to_json(value) if isinstance(value, History) else value
    return text.encode() if isinstance(text, str) else text


DAMAGED = [
    ("", "it isn't JSON"),
    ("[]", "its schema is null"),
    ('{"schema": "dbt-gitops/history/v9"}', 'its schema is "dbt-gitops/history/v9"'),
    ('{"schema": "dbt-gitops/history/v1", "entries": 5}', "entries is 5, not a list"),
    (b"\xff\xfe", "can't decode"),
    (
        '{"schema": "dbt-gitops/history/v1", "handled_until": "2926-01-01T00:00:00Z"}',
        "which is yet to come",
    ),
]


# A folder and an object store.


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "state" if request.param == "folder" else f"memory://{tmp_path.name}"


@pytest.fixture
def opened(place: str, tmp_path: Path) -> Callable[[], FileHistory]:
    return lambda: FileHistory(open_files(place, tmp_path))


def test_what_is_written_is_read(opened: Callable[[], FileHistory]) -> None:
    store = opened()
    assert store.read() is None
    assert store.write(history(1)) is None
    assert opened().read() == history(1)
    assert store.write(history(2)) is None
    assert opened().read() == history(2)


@pytest.mark.parametrize(("content", "why"), DAMAGED)
def test_a_damaged_file_is_no_fresh_start(
    opened: Callable[[], FileHistory], place: str, tmp_path: Path, content: str, why: str
) -> None:
    open_files(place, tmp_path).write("history.json", [written(content)])
    with pytest.raises(StateUnresolved, match=r"history\.json can't be read") as stopped:
        opened().read()
    assert why in stopped.value.why
    assert "delete it: then it begins anew" in stopped.value.hint
    assert stopped.value.exit_code == ExitCode.STATE_UNRESOLVED


def test_a_file_without_end_is_not_read(
    opened: Callable[[], FileHistory], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_store, "HISTORY_LIMIT", 100)
    open_files(place, tmp_path).write("history.json", [b" " * 101])
    with pytest.raises(StateUnresolved, match="can't be read") as stopped:
        opened().read()
    assert stopped.value.why == "it is larger than 100 B"
    with pytest.raises(StateUnresolved, match="more than 100 B"):
        opened().write(history())


def test_what_another_has_written_meanwhile_stays(opened: Callable[[], FileHistory]) -> None:
    first, second = opened(), opened()
    assert (first.read(), second.read()) == (None, None)
    first.write(history(1))
    with pytest.raises(StateUnresolved, match="has changed since it was read"):
        second.write(history(2))
    assert opened().read() == history(1)
    with pytest.raises(StateUnresolved, match="has changed"):
        opened().write(history(3))  # never read


def test_a_folder_is_written_under_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_store, "WRITE_WAIT", 0.5)
    store = FileHistory(open_files("state", tmp_path))
    locks = tmp_path / "state/locks"
    locks.mkdir(parents=True)
    with FileLock(locks / "dbt-gitops.history.lock"), pytest.raises(TimedOut):
        store.write(history())
    store.write(history())


# GitHub's artifacts.


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(fake: FakeGitHub, said: list[str], tmp_path: Path) -> Iterator[GitHubHistory]:
    github = client(fake)
    trusted = Trusted(
        default_branch="main",
        workflows=frozenset({WORKFLOW}),
        on_branch=lambda sha: sha == "a" * 40,
    )
    yield GitHubHistory(
        connect=lambda: github, trusted=lambda _: trusted, folder=tmp_path / "up", say=said.append
    )
    github.close()


def upload(
    fake: FakeGitHub, value: History | str | bytes, name: str = ARTIFACT, **changes: Any
) -> Artifact:
    return fake.add_artifact(name, zipped({"history.json": written(value)}), **changes)


def test_nothing_is_asked_before_it_is_read(store: GitHubHistory, fake: FakeGitHub) -> None:
    assert fake.count() == 0
    assert store.read() is None
    assert fake.count() == 1


def test_the_newest_is_read_with_three_requests(
    store: GitHubHistory, fake: FakeGitHub, said: list[str]
) -> None:
    for hour in (1, 2):
        upload(fake, history(hour))
    assert store.read() == history(2)
    assert (fake.count(host="api"), fake.count(host="storage"), said) == (3, 1, [])


def test_what_strangers_upload_stops_nothing(store: GitHubHistory, fake: FakeGitHub) -> None:
    upload(fake, history(1))
    theirs = fake.add_run(event="pull_request", head_repository=FORK)
    for _ in range(1100):
        fake.add_artifact(ARTIFACT, b"", run=theirs)
    assert store.read() == history(1)
    assert store.lost == ""


@pytest.mark.parametrize("older", [True, False])
def test_a_history_that_has_expired_is_no_quiet_beginning(
    store: GitHubHistory, fake: FakeGitHub, older: bool
) -> None:
    if older:
        upload(fake, history(1))
    upload(fake, history(2)).expired = True
    assert store.read() == (history(1) if older else None)
    assert "has expired, and" in store.lost
    assert ("may be started again" in store.lost) == older


def test_what_is_not_among_the_newest_is_found_by_its_name(
    store: GitHubHistory, fake: FakeGitHub
) -> None:
    upload(fake, history(1))
    upload(fake, history(2), REPORTED)
    for _ in range(120):
        fake.add_artifact("dbt-gitops-run.daily", b"")
    assert store.read() == history(2)
    assert fake.count(host="api") == 5


def test_of_a_plan_and_a_report_the_later_counts(store: GitHubHistory, fake: FakeGitHub) -> None:
    planned = upload(fake, history(1))
    ended = upload(fake, history(2), REPORTED, run=planned.run)
    assert store.read() == history(2)
    # The run of the workflow is run again: the plan replaces its own, and the report's is there.
    fake.artifacts.remove(planned)
    assert store.read() == history(2)
    later = START + timedelta(hours=1)
    upload(fake, history(3), run=planned.run, id=9999, created_at=later)
    assert store.read() == history(3)
    # The report replaces its own, and is cancelled in between.
    fake.artifacts.remove(ended)
    assert store.read() == history(3)


def test_what_is_written_is_a_folder_to_upload(store: GitHubHistory, fake: FakeGitHub) -> None:
    folder = store.write(history(1))
    assert folder is not None
    assert [path.name for path in folder.iterdir()] == ["history.json"]
    upload(fake, (folder / "history.json").read_bytes())
    store.write(history(2))  # in the same place
    assert store.read() == history(1)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ({"head_repository": FORK}, "it is from a fork"),
        ({"event": "pull_request"}, "its run was started by 'pull_request'"),
        ({"event": "merge_group"}, "its run was started by 'merge_group'"),
        ({"head_branch": "feature"}, "it is from branch 'feature', not 'main'"),
        ({"path": ".github/workflows/mine.yml"}, "its run is of workflow"),
        ({"tag": True, "head_sha": "c" * 40}, "its run's commit ccccccc is not one of main"),
    ],
)
def test_a_strangers_history_is_passed_over(
    store: GitHubHistory, fake: FakeGitHub, said: list[str], run: dict[str, Any], reason: str
) -> None:
    upload(fake, history(1))
    upload(fake, history(5), run=fake.add_run(**run))
    assert store.read() == history(1)
    assert len(said) == 1
    assert reason in said[0]


@pytest.mark.parametrize(("content", "why"), DAMAGED)
def test_a_damaged_history_is_neither_passed_over_nor_forgotten(
    store: GitHubHistory, fake: FakeGitHub, content: str, why: str
) -> None:
    upload(fake, history(1))
    damaged = upload(fake, content)
    with pytest.raises(StateUnresolved, match=f"artifact {damaged.id} of run") as stopped:
        store.read()
    assert why in stopped.value.why
    assert "delete this artifact: the one before it counts then" in stopped.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"no zip",
        zipped({"other.json": written(history())}),
        zipped({"history.json": b"{}", "../history.json": b"{}"}),
        zipped({"history.json": b" " * (20 * 2**20)}),  # packed to a thousandth
    ],
)
def test_a_zip_that_is_none_stops_it(
    store: GitHubHistory, fake: FakeGitHub, content: bytes
) -> None:
    fake.add_artifact(ARTIFACT, content)
    with pytest.raises(StateUnresolved, match="can't be read"):
        store.read()


def test_what_was_changed_on_its_way_stops_it(store: GitHubHistory, fake: FakeGitHub) -> None:
    upload(fake, history(1))
    upload(fake, history(2), digest=f"sha256:{'0' * 64}")
    with pytest.raises(StateUnresolved, match="can't be read") as stopped:
        store.read()
    assert "its digest is" in stopped.value.why


def test_one_that_is_replaced_meanwhile_is_looked_for_again(
    store: GitHubHistory, fake: FakeGitHub
) -> None:
    old = upload(fake, history(1))

    def written_over() -> None:
        fake.artifacts.remove(old)
        upload(fake, history(2), run=old.run, id=9999)

    fake.faults.append(Fault(path=f"/actions/runs/{old.run.id}$", then=written_over))
    assert store.read() == history(2)
    # Two lists, one run, two addresses of which one is gone.
    assert fake.count(host="api") == 5


def test_one_that_is_gone_and_still_listed_stops_it(store: GitHubHistory, fake: FakeGitHub) -> None:
    upload(fake, history(1))
    upload(fake, history(2), gone=True)
    with pytest.raises(StateUnresolved, match="can't be read") as stopped:
        store.read()
    assert stopped.value.why == "GitHub lists it, and it is gone"


def test_a_github_that_refuses_is_no_fresh_start(store: GitHubHistory, fake: FakeGitHub) -> None:
    fake.denied.add("actions: read")
    with pytest.raises(StateUnresolved, match="the history can't be read from GitHub"):
        store.read()


# What the jobs file says.


def jobs_file(folder: Path, state: str) -> Path:
    (folder / "dbt_project.yml").touch()
    path = folder / "dbt_jobs.yml"
    job = {"environment": "prod", "steps": ["dbt build"]}
    environments = {"prod": {"target": "prod"}}
    path.write_text(
        json.dumps({"version": 1, "state": state, "environments": environments, "jobs": {"a": job}})
    )
    return path


def test_a_folder_by_the_jobs_file(tmp_path: Path) -> None:
    config = load(jobs_file(tmp_path, "kept")).config
    assert config is not None
    store = history_store_of(config, {}, "", print)
    store.write(history())
    assert (tmp_path / "kept/history.json").is_file()


def test_github_by_the_jobs_file(tmp_path: Path, fake: FakeGitHub, said: list[str]) -> None:
    config = load(jobs_file(tmp_path, "github")).config
    assert config is not None
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": fake.api_url,
        "GITHUB_TOKEN": fake.token,
        "GITHUB_REPOSITORY": "octo-org/shop",
        "GITHUB_WORKFLOW_REF": "octo-org/shop/.github/workflows/dbt-jobs.yml@refs/heads/main",
        "RUNNER_TEMP": str(tmp_path / "temp"),
    }
    fake.merge_bases["main", "a" * 40] = "a" * 40
    upload(fake, history(1), run=fake.add_run(path=".github/workflows/dbt-jobs.yml"))
    store = history_store_of(config, environ, "main", said.append)
    assert store.read() == history(1)
    assert store.write(history(2)) == tmp_path / "temp/dbt-gitops-history"
    without = {"GITHUB_ACTIONS": "true"}
    with pytest.raises(StateUnresolved, match="can't be read from GitHub"):
        history_store_of(config, without, "main", said.append).read()
