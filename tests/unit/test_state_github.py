"""State in artifacts: the newest that may be believed, and a reason for each that may not."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.cli.stores import store_of
from runner.config import load
from runner.errors import StateUnresolved
from runner.record_json import run_from_json
from runner.state import archive, search
from runner.state.archive import ArchiveRefused, unpack
from runner.state.github_store import GitHubStore, artifact_name
from runner.state.provenance import Trusted
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import client
from tests.fake_github.states import prepared, same, upload, zipped
from tests.fake_github.things import FORK, WORKFLOW
from tests.unit.state_samples import manifest, prepare

JOBS = {"daily": "production", "hourly": "production", "nightly": "staging"}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(fake: FakeGitHub, said: list[str]) -> Iterator[GitHubStore]:
    github = client(fake)
    yield GitHubStore(
        connect=lambda: github,
        trusted=lambda _: Trusted(
            default_branch="main",
            workflows=frozenset({WORKFLOW}),
            on_branch=lambda sha: sha == "a" * 40,
        ),
        jobs=JOBS,
        say=said.append,
    )
    github.close()


def test_without_artifacts_there_is_no_state(store: GitHubStore, fake: FakeGitHub) -> None:
    assert store.newest(environment="production", job="daily") is None
    assert store.newest(job="unknown") is None
    assert store.published() == ()
    assert fake.count() == 4


def test_the_newest_is_found_and_fetched_with_four_requests(
    store: GitHubStore, fake: FakeGitHub, said: list[str], tmp_path: Path
) -> None:
    for number in (1, 2):
        upload(fake, prepared(store, tmp_path / "target", number))
    found = store.newest(environment="production", job="daily")
    assert found is not None
    assert same(found, 2)
    assert found.size == len(manifest(2))
    into = tmp_path / "into"
    assert store.fetch(found, into) == into
    store.fetch_record(found, into)
    assert (into / "manifest.json").read_bytes() == manifest(2)
    assert run_from_json((into / "run.json").read_text()).run_id == "2-1"
    assert (fake.count(host="api"), fake.count(host="storage")) == (3, 1)
    assert said == []


def test_an_environment_is_the_newest_of_its_jobs(
    store: GitHubStore, fake: FakeGitHub, tmp_path: Path
) -> None:
    for number, job in ((1, "daily"), (2, "hourly"), (3, "nightly")):
        environment = JOBS[job]
        files = prepared(store, tmp_path, number, job=job, environment=environment)
        upload(fake, files, environment, job)
    assert same(store.newest(environment="production"), 2)
    # One list for both jobs, one run, one address.
    assert fake.count(host="api") == 3
    assert [state.run_id for state in store.published()] == ["3-1", "2-1", "1-1"]
    assert [state.job for state in store.published(environment="production")] == ["hourly", "daily"]


def test_what_is_older_than_the_repository_s_newest_is_found_by_its_name(
    store: GitHubStore, fake: FakeGitHub, tmp_path: Path
) -> None:
    files = prepared(store, tmp_path, 1, job="daily", environment="production")
    upload(fake, files, "production", "daily")
    for _ in range(120):
        fake.add_artifact("dbt-gitops-run.daily", b"")
    assert same(store.newest(environment="production"), 1)
    # One list of the newest, one for each of the two jobs, one run, one address.
    assert fake.count(host="api") == 5


def test_another_process_fetches_what_is_still_there(
    store: GitHubStore, fake: FakeGitHub, tmp_path: Path
) -> None:
    published = prepare(tmp_path, 1)[2]
    upload(fake, prepared(store, tmp_path, 1))
    store.fetch(published, tmp_path / "into")
    assert (tmp_path / "into/manifest.json").read_bytes() == manifest(1)
    with pytest.raises(StateUnresolved, match="the state of run 9-1 is not on GitHub any more"):
        store.fetch(prepare(tmp_path, 9)[2], tmp_path / "into")


def test_state_that_is_not_the_newest_any_more_is_found_by_its_run(
    store: GitHubStore, fake: FakeGitHub, tmp_path: Path
) -> None:
    states = [prepare(tmp_path, number)[2] for number in range(1, 8)]
    for number in range(1, 8):
        upload(fake, prepared(store, tmp_path / str(number), number))
    store.fetch(states[3], tmp_path / "into")
    assert (tmp_path / "into/manifest.json").read_bytes() == manifest(4)
    assert same(store.newest(), 7)
    with pytest.raises(StateUnresolved) as gone:
        store.fetch(states[1], tmp_path / "into")
    assert "none of the newest 5 of job daily" in gone.value.why


@pytest.mark.parametrize(
    ("run", "artifact", "reason"),
    [
        ({"head_repository": FORK}, {}, "it is from a fork"),
        ({"head_repository": FORK, "event": "pull_request"}, {}, "it is from a fork"),
        ({"event": "pull_request", "head_branch": "change"}, {}, "it is from branch 'change'"),
        ({"event": "pull_request"}, {}, "its run was started by 'pull_request'"),
        ({"event": "pull_request_target"}, {}, "its run was started by 'pull_request_target'"),
        ({"event": "push", "tag": True, "head_sha": "b" * 40}, {}, "bbbbbbb is not one of main"),
        ({"event": "workflow_run"}, {}, "its run was started by 'workflow_run'"),
        ({"path": ".github/workflows/x.yml"}, {}, "its run is of workflow '.github/workflows/x"),
        ({"path": "evil.github/workflows/dbt-jobs.yml"}, {}, "its run is of workflow 'evil"),
        ({"head_branch": "release"}, {}, "it is from branch 'release', not 'main'"),
        ({"head_branch": None}, {}, "it is from branch None"),
        ({"head_branch": "a\n::error::b"}, {}, r"it is from branch 'a\n::error::b'"),
        ({}, {"expired": True}, "it has expired"),
        ({}, {"gone": True}, "it is gone"),
        ({}, {"digest": None}, "GitHub names no digest"),
        ({}, {"digest": "sha256:" + "0" * 64}, "its digest is sha256:"),
    ],
)
def test_what_comes_from_elsewhere_is_passed_over(
    store: GitHubStore,
    fake: FakeGitHub,
    said: list[str],
    tmp_path: Path,
    run: dict[str, Any],
    artifact: dict[str, Any],
    reason: str,
) -> None:
    upload(fake, prepared(store, tmp_path, 1))
    bad = upload(fake, prepared(store, tmp_path, 2), run=fake.add_run(**run), **artifact)
    assert same(store.newest(environment="production", job="daily"), 1)
    [line] = said
    assert line.startswith(f"passed over artifact {bad.id} of run {bad.run.id}, ")
    assert reason in line
    assert "\n" not in line


def test_a_workflow_path_may_name_its_ref(
    store: GitHubStore, fake: FakeGitHub, tmp_path: Path
) -> None:
    run = fake.add_run(path=f"{WORKFLOW}@refs/heads/main", conclusion="failure")
    upload(fake, prepared(store, tmp_path, 1), run=run)
    assert same(store.newest(job="daily"), 1)


def test_a_flood_from_forks_costs_no_requests_for_their_runs(
    store: GitHubStore, fake: FakeGitHub, said: list[str], tmp_path: Path
) -> None:
    upload(fake, prepared(store, tmp_path, 1))
    fork = fake.add_run(head_repository=FORK)
    for _ in range(250):
        upload(fake, {}, run=fork)
    assert same(store.newest(job="daily"), 1)
    assert fake.count(host="api") == 3 + 2
    assert said[-1] == "passed over 245 more artifacts: it is from a fork"
    assert len(said) == 6


def test_too_many_to_look_at_is_no_missing_state(
    store: GitHubStore, fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "ARTIFACTS", 200)
    fork = fake.add_run(head_repository=FORK)
    for _ in range(201):
        upload(fake, {}, run=fork)
    with pytest.raises(StateUnresolved, match="no state on GitHub could be believed"):
        store.newest(job="daily")


def test_damage_upon_damage_ends(
    store: GitHubStore, fake: FakeGitHub, said: list[str], tmp_path: Path
) -> None:
    for _ in range(7):
        upload(fake, {"pointer.json": b"{}"})
    with pytest.raises(StateUnresolved, match="no state on GitHub could be used"):
        store.newest(job="daily")
    assert fake.count(host="storage") == 5


def other(name: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], bytes]:
    return lambda files: zipped({**files, name: change(files[name])})


def without(name: str) -> Callable[[dict[str, bytes]], bytes]:
    return lambda files: zipped({key: value for key, value in files.items() if key != name})


def plus(name: str, content: bytes = b"", mode: int = 0) -> Callable[[dict[str, bytes]], bytes]:
    """One more entry, of that Unix mode."""

    def build(files: dict[str, bytes]) -> bytes:
        data = io.BytesIO(zipped(files))
        with zipfile.ZipFile(data, "a") as archived:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archived.writestr(entry, content)
        return data.getvalue()

    return build


def linked(files: dict[str, bytes]) -> bytes:
    rest = {key: value for key, value in files.items() if key != "manifest.json"}
    return plus("manifest.json", b"/etc/passwd", stat.S_IFLNK | 0o777)(rest)


def crowded(files: dict[str, bytes]) -> bytes:
    return zipped({**files, **{f"{number}.txt": b"" for number in range(98)}})


def bomb(files: dict[str, bytes]) -> bytes:
    return zipped({**files, "manifest.json": b"0" * 40_000_000})


def lying(files: dict[str, bytes]) -> bytes:
    """The end says one entry, in a list of 100 MB."""
    data = bytearray(zipped(files))
    data[-10:-6] = struct.pack("<I", 100_000_000)
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "truncated": (lambda files: zipped(files)[:-300], "it isn't a whole zip"),
    "no zip": (lambda _: b"PK" * 5000, "it isn't a whole zip"),
    "empty": (lambda _: b"", "it isn't a whole zip"),
    "middle": (lambda files: _zeroed(zipped(files)), "it isn't a whole zip"),
    "a long list": (lying, "entries, more than 100"),
    "too many": (crowded, "it has 101 entries, more than 100"),
    "bomb": (bomb, "manifest.json grows from"),
    "slip": (plus("../../etc/cron.d/x"), "an entry points out of it: '../../etc/cron.d/x'"),
    "absolute": (plus("/etc/passwd"), "an entry points out of it"),
    "backslash": (plus("..\\x"), "an entry points out of it"),
    "drive": (plus("C:x"), "an entry points out of it"),
    "symlink": (linked, "an entry is a link or a device: 'manifest.json'"),
    "another symlink": (plus("x", b"/", stat.S_IFLNK | 0o777), "an entry is a link or a device"),
    "no manifest": (without("manifest.json"), "it holds 0 files called manifest.json"),
    "no pointer": (without("pointer.json"), "it holds 0 files called pointer.json"),
    "a large pointer": (other("pointer.json", lambda _: b" " * 70_000), "larger than 65.5 kB"),
    "no JSON": (other("pointer.json", lambda data: data[:50]), "it isn't JSON"),
    "no UTF-8": (other("pointer.json", lambda data: b"\xff" + data), "can't decode"),
    "manifest": (other("manifest.json", lambda data: data + b" "), "run 2-1 is damaged"),
    "record": (other("run.json", lambda data: data.replace(b"2-1", b"3-1")), "its run_id is '3-1'"),
    "failed": (other("run.json", lambda data: data.replace(b'"success"', b'"error"')), "as error"),
    "another job": (
        other("pointer.json", lambda data: data.replace(b'"daily"', b'"hourly"')),
        "it belongs to another job: 'hourly'",
    ),
}


def _zeroed(data: bytes) -> bytes:
    return data[:60] + bytes(40) + data[100:]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_zip_that_isnt_right_is_passed_over(
    store: GitHubStore, fake: FakeGitHub, said: list[str], tmp_path: Path, name: str
) -> None:
    build, reason = HOSTILE[name]
    upload(fake, prepared(store, tmp_path, 1))
    content = build(prepared(store, tmp_path, 2))
    bad = fake.add_artifact(artifact_name("production", "daily"), content)
    assert same(store.newest(job="daily"), 1)
    [line] = said
    assert str(bad.id) in line
    assert reason in line


def test_other_files_in_the_zip_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.json": b"{}", "run.sh": b"rm", "deep/a.json": b"{}"}))
    into = tmp_path / "into"
    into.mkdir()
    unpack(path, into, {"a.json": 10})
    assert [each.name for each in into.iterdir()] == ["a.json"]
    with pytest.raises(ArchiveRefused, match=r"a\.json is larger than 1 B"):
        unpack(path, into, {"a.json": 1})
    assert archive.ENTRIES == 100


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_otherwise_than_githubs_is_refused(tmp_path: Path, method: int) -> None:
    """Python's readers of these methods have errors of their own for what is broken in them."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("a.json", b"{}" * 5000)
    data = bytearray(path.read_bytes())
    data[40:70] = bytes(30)
    path.write_bytes(data)
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(ArchiveRefused, match=f"packed by method {method}"):
        unpack(path, into, {"a.json": 10_000})
    assert not list(into.iterdir())


def test_github_out_of_reach_is_no_missing_state(store: GitHubStore, fake: FakeGitHub) -> None:
    fake.denied.add("actions: read")
    with pytest.raises(StateUnresolved, match="state can't be read from GitHub's artifacts") as hit:
        store.newest(job="daily")
    assert "403: Resource not accessible" in hit.value.why
    assert "`permissions: { actions: read }`" in hit.value.hint
    fake.denied.clear()
    fake.faults.append(Fault(status=503, times=-1))
    with pytest.raises(StateUnresolved, match="state can't be read"):
        store.newest(job="daily")


def test_no_two_jobs_share_an_artifact() -> None:
    assert artifact_name("a-b", "c") != artifact_name("a", "b-c")


def test_a_manifest_that_changed_is_not_prepared(store: GitHubStore, tmp_path: Path) -> None:
    path, record, published = prepare(tmp_path, 1)
    path.write_bytes(b"{}")
    with pytest.raises(StateUnresolved, match="changed before it was published"):
        store.publish(path, record, published)
    assert not list((tmp_path / "state").iterdir())


JOBS_FILE = """\
version: 1
state: github
environments: {production: {}, ci: {}}
jobs:
  daily: {environment: production, triggers: {dispatch: true}, steps: [dbt build]}
  ci: {environment: ci, triggers: {pull_request: {}}, steps: [dbt build]}
"""


def from_file(folder: Path, said: list[str], branch: str = "main", **environ: str) -> GitHubStore:
    folder.mkdir()
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (folder / "dbt_jobs.yml").write_text(JOBS_FILE)
    config = load(folder / "dbt_jobs.yml").config
    assert config is not None
    store = store_of(config, environ, branch, said.append)
    assert isinstance(store, GitHubStore)
    return store


def connected(fake: FakeGitHub) -> dict[str, str]:
    return {
        "GITHUB_TOKEN": fake.token,
        "GITHUB_REPOSITORY": "octo-org/shop",
        "GITHUB_API_URL": fake.api_url,
    }


def test_without_a_token_it_is_said_when_state_is_needed(tmp_path: Path, said: list[str]) -> None:
    store = from_file(tmp_path / "shop", said)
    assert store.closed == "with `state: github` only a workflow on GitHub publishes"
    with pytest.raises(StateUnresolved, match="there is no token for GitHub") as caught:
        store.newest(environment="production")
    assert "gh auth token" in caught.value.hint


def test_on_ones_own_machine_github_names_the_default_branch(
    fake: FakeGitHub, tmp_path: Path, said: list[str]
) -> None:
    store = from_file(tmp_path / "shop", said, branch="", **connected(fake))
    upload(fake, prepared(store, tmp_path / "target", 1))
    assert same(store.newest(environment="production"), 1)
    # The repository, a list, a run, its commit, which is not in this checkout, and an address.
    assert fake.count(host="api") == 5


@pytest.mark.parametrize(
    "environ",
    [
        {"DBT_GITOPS_WORKFLOW": ".github/workflows/deploy.yml"},
        {"GITHUB_WORKFLOW_REF": "octo-org/shop/.github/workflows/deploy.yml@refs/heads/main"},
    ],
)
def test_another_workflow_that_publishes_is_named(
    fake: FakeGitHub, tmp_path: Path, said: list[str], environ: dict[str, str]
) -> None:
    given = {**connected(fake), **environ, "GITHUB_ACTIONS": "true"}
    store = from_file(tmp_path / "shop", said, **given)
    assert store.closed == ""
    run = fake.add_run(path=".github/workflows/deploy.yml")
    upload(fake, prepared(store, tmp_path / "target", 1), run=run)
    assert same(store.newest(environment="production"), 1)
