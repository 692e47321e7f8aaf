"""The real PyGithub against a GitHub that misbehaves."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.errors import ExitCode, GitHubFailed
from runner.github.client import GitHub
from runner.github.connection import Connection, NotConnected, connection_of
from runner.github.download import ArtifactRefused
from runner.github.rest import Unsure
from runner.github.retry import Patience
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import HURRY, client
from tests.fake_github.faults import limited
from tests.fake_github.server import Answer
from tests.fake_github.things import FORK, Job, Pull

SHA = "b" * 40
MARK = "<!-- dbt-gitops -->"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def github(fake: FakeGitHub) -> Iterator[GitHub]:
    made = client(fake)
    yield made
    made.close()


def says(text: str) -> Callable[[str | None], str | None]:
    """A comment that doesn't depend on what stands there."""
    return lambda existing: None if existing == text else text


def set_status(github: GitHub, description: str = "done") -> None:
    github.set_status(SHA, context="dbt / ci", state="success", description=description)


def test_a_status_is_one_request_and_fits(fake: FakeGitHub, github: GitHub) -> None:
    set_status(github, "x\n" * 200)
    [status] = fake.statuses
    assert (status.sha, status.state, status.context) == (SHA, "success", "dbt / ci")
    assert status.description is not None
    assert len(status.description) == 140
    assert fake.count() == 1


def test_the_newest_status_of_each_context_counts(fake: FakeGitHub, github: GitHub) -> None:
    github.set_status(SHA, context="dbt / ci", state="pending", description="", target_url="first")
    for number in range(120):
        github.set_status(SHA, context=f"dbt / {number}", state="pending", description="")
    set_status(github)
    github.set_status("c" * 40, context="dbt / ci", state="pending", description="")
    before = fake.count()
    found = github.statuses(SHA)
    assert len(found) == 121
    assert (found["dbt / ci"].state, found["dbt / ci"].target_url) == ("success", None)
    assert found["dbt / 119"].state == "pending"
    assert fake.count() - before == 2


def test_a_comment_is_created_once_and_then_edited(fake: FakeGitHub, github: GitHub) -> None:
    fake.add_comment(7, "Nice")
    fake.add_comment(7, f"{MARK} not mine", login="mallory")
    made = github.put_comment(7, says(f"{MARK} first"), marker=MARK)
    again = github.put_comment(7, says(f"{MARK} second"), marker=MARK)
    assert made
    assert again
    assert made.id == again.id
    assert [one.body for one in fake.comments] == ["Nice", f"{MARK} not mine", f"{MARK} second"]
    # Whose token this is, is asked for once: the marker stands in another's comment.
    assert fake.count() == 5
    github.put_comment(7, says(f"{MARK} second"), marker=MARK)
    assert fake.count() == 6


def test_the_comment_of_another_token_is_found_again(fake: FakeGitHub, github: GitHub) -> None:
    fake.login = "our-app[bot]"
    for text in ("first", "second"):
        github.put_comment(7, says(f"{MARK} {text}"), marker=MARK)
    assert [one.body for one in fake.comments] == [f"{MARK} second"]


def test_a_comment_on_a_later_page_is_found(fake: FakeGitHub, github: GitHub) -> None:
    for number in range(230):
        fake.add_comment(7, f"comment {number}")
    ours = fake.add_comment(7, MARK)
    found = github.find_comment(7, marker=MARK)
    assert found is not None
    assert found.id == ours.id
    assert fake.count() == 3


def test_a_comment_that_moves_while_the_pages_are_read_is_found(
    fake: FakeGitHub, github: GitHub
) -> None:
    for number in range(100):
        fake.add_comment(7, f"comment {number}")
    ours = fake.add_comment(7, MARK)
    fake.add_comment(7, "the last")
    fake.faults.append(Fault(path="comments", then=lambda: fake.comments.pop(0)))
    found = github.find_comment(7, marker=MARK)
    assert found is not None
    assert found.id == ours.id


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", status=502, committed=True),
        Fault(method="POST", status=500, committed=True),
        Fault(method="POST", cut="before"),
        Fault(method="POST", cut="middle"),
        Fault(method="POST", delay=1.3),
    ],
    ids=["502", "500", "cut", "cut in the middle", "slow"],
)
def test_a_comment_is_there_once_where_github_failed_after_creating_it(
    fake: FakeGitHub, github: GitHub, fault: Fault
) -> None:
    fake.faults.append(fault)
    made = github.put_comment(7, says(f"{MARK} x"), marker=MARK)
    assert made
    assert [one.id for one in fake.comments] == [made.id]
    assert fake.count(method="POST") == 1


def test_a_comment_that_was_not_created_is_created_by_a_second_try(
    fake: FakeGitHub, github: GitHub
) -> None:
    fake.faults.append(Fault(method="POST", status=502))
    github.put_comment(7, says(f"{MARK} x"), marker=MARK)
    assert len(fake.comments) == 1
    assert fake.count(method="POST") == 2


def test_a_comment_that_is_too_long_is_said(fake: FakeGitHub, github: GitHub) -> None:
    with pytest.raises(GitHubFailed, match="commenting on #7") as caught:
        github.put_comment(7, says("x" * 65_537), marker=MARK)
    assert caught.value.status == 422
    assert "maximum is 65536" in caught.value.why
    assert fake.count(method="POST") == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=502, times=2),
        Fault(status=429, headers={"Retry-After": "1"}),
        Fault(status=429),
        Fault(status=403, headers={"Retry-After": "1"}),
        limited(),
        Fault(cut="before"),
        Fault(cut="middle"),
        Fault(delay=1.3),
    ],
    ids=["502", "429 after", "429", "403 after", "secondary", "cut", "cut in the middle", "slow"],
)
def test_reading_is_tried_again(fake: FakeGitHub, github: GitHub, fault: Fault) -> None:
    fake.faults.append(fault)
    assert github.repository().default_branch == "main"
    assert fake.count() >= 2


@pytest.mark.parametrize("fault", [limited(), Fault(status=429), Fault(status=502)])
def test_a_status_gets_through(fake: FakeGitHub, github: GitHub, fault: Fault) -> None:
    fake.faults.append(fault)
    set_status(github)
    assert len(fake.statuses) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, headers={"Retry-After": "3600"}, times=-1),
        Fault(status=403, headers={"Retry-After": "3600"}, times=-1),
        limited(times=-1),
        Fault(status=429, times=-1),
    ],
    ids=["429 for an hour", "403 for an hour", "secondary", "429"],
)
def test_a_limit_ends_in_time(fake: FakeGitHub, github: GitHub, fault: Fault) -> None:
    fake.faults.append(fault)
    start = time.monotonic()
    with pytest.raises(GitHubFailed, match="GitHub refused: reading the repository") as caught:
        github.repository()
    assert time.monotonic() - start < HURRY.total + 1
    assert "a limit of GitHub's API is used up" in caught.value.hint
    assert caught.value.exit_code == ExitCode.GITHUB_FAILED


def test_a_budget_that_is_used_up_is_not_waited_for(fake: FakeGitHub, github: GitHub) -> None:
    fake.remaining = 0
    with pytest.raises(GitHubFailed) as caught:
        github.repository()
    assert "UTC" in caught.value.hint
    assert fake.count() == 1


def test_patience_is_a_minute_and_a_bit() -> None:
    assert Patience().total <= 75


def test_trouble_that_lasts_ends(fake: FakeGitHub, github: GitHub) -> None:
    fake.faults.append(Fault(status=503, times=-1))
    with pytest.raises(GitHubFailed, match="reading the repository") as caught:
        github.repository()
    assert caught.value.status == 503
    assert "githubstatus.com" in caught.value.hint
    assert fake.count() <= 9


def test_a_permission_that_is_missing_is_named(fake: FakeGitHub, github: GitHub) -> None:
    fake.denied.add("statuses: write")
    with pytest.raises(GitHubFailed, match="setting the status `dbt / ci` of bbbbbbb") as caught:
        set_status(github)
    assert caught.value.why == "403: Resource not accessible by integration"
    assert "`permissions: { statuses: write }`" in caught.value.hint
    assert fake.count() == 1


def test_a_wrong_token_is_said_and_not_shown(
    fake: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "ghs_" + "Zz9." * 130
    connection = Connection(token=secret, repository="octo-org/shop", api_url=fake.api_url)
    github = GitHub(connection, HURRY)
    fake.faults.append(Fault(status=401, message=f"Bad credentials {secret}", after=1))
    for _ in range(2):
        with pytest.raises(GitHubFailed, match="reading the repository") as caught:
            github.repository()
        assert "GITHUB_TOKEN" in caught.value.hint
        assert secret not in str(caught.value)
    for text in (repr(github), repr(connection), caplog.text):
        assert secret not in text
    github.close()


def test_an_address_without_a_server_is_said() -> None:
    connection = Connection(token="t", repository="o/r", api_url="http://127.0.0.1:9")
    with pytest.raises(GitHubFailed, match="GitHub can't be reached: reading the repository"):
        GitHub(connection, HURRY).repository()


def test_a_server_that_is_not_github_is_said(fake: FakeGitHub, github: GitHub) -> None:
    fake.faults.append(Fault(then=lambda: None))
    with pytest.raises(GitHubFailed, match="reading workflow run 5"):
        github.run(5)


def test_artifacts_are_read_page_by_page_and_each_once(fake: FakeGitHub, github: GitHub) -> None:
    run = fake.add_run()
    for _ in range(150):
        fake.add_artifact("state", b"", run=run)
    fake.add_artifact("other", b"", run=run)
    fake.faults.append(
        Fault(path="artifacts", then=lambda: fake.add_artifact("state", b"", run=run))
    )
    found = github.artifacts("state")
    first = next(found)
    assert fake.count() == 1
    names = [first.id, *(each.id for each in found)]
    assert fake.count() == 2
    assert len(names) == len(set(names)) == 150
    assert names == sorted(names, reverse=True)


def test_the_zip_comes_from_a_host_that_never_sees_the_token(
    fake: FakeGitHub, github: GitHub, tmp_path: Path
) -> None:
    fake.add_artifact("state", b"zip" * 1000)
    [artifact] = github.artifacts("state")
    github.download_artifact(artifact, tmp_path / "zip", limit=10_000)
    assert (tmp_path / "zip").read_bytes() == b"zip" * 1000
    [stored] = [one for one in fake.requests if one.host == "storage"]
    assert "authorization" not in stored.headers
    assert fake.token not in str(stored.headers)


def test_an_expired_link_and_a_cut_transfer_are_asked_for_again(
    fake: FakeGitHub, github: GitHub, tmp_path: Path
) -> None:
    fake.add_artifact("state", b"zip" * 1000)
    [artifact] = github.artifacts("state")
    for fault in (Fault(host="storage", status=403), Fault(host="storage", cut="middle")):
        fake.faults.append(fault)
        github.download_artifact(artifact, tmp_path / "zip", limit=10_000)
        assert (tmp_path / "zip").read_bytes() == b"zip" * 1000
    fake.link_seconds = -1
    with pytest.raises(GitHubFailed, match="the artifact's storage refused"):
        github.download_artifact(artifact, tmp_path / "zip", limit=10_000)


def test_a_storage_that_echoes_what_it_was_sent_learns_nothing(
    fake: FakeGitHub, github: GitHub, tmp_path: Path
) -> None:
    fake.add_artifact("state", b"zip")
    [artifact] = github.artifacts("state")
    fake.storage = lambda request: Answer(body=str(dict(request.headers)).encode())
    with pytest.raises(ArtifactRefused, match="its digest is") as caught:
        github.download_artifact(artifact, tmp_path / "zip", limit=10_000)
    assert fake.token not in (tmp_path / "zip").read_text()
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expired": True}, "it has expired"),
        ({"gone": True}, "it is gone"),
        ({"digest": None}, "names no digest"),
        ({"digest": "sha256:" + "0" * 64}, "its digest is sha256:"),
        ({"content": b"x" * 20_000}, "its digest is|larger than 10000 bytes"),
    ],
)
def test_an_artifact_that_cant_be_had(
    fake: FakeGitHub, github: GitHub, tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    artifact = fake.add_artifact("state", b"zip")
    for name, value in changes.items():
        setattr(artifact, name, value)
    [found] = github.artifacts("state")
    with pytest.raises(ArtifactRefused, match=reason):
        github.download_artifact(found, tmp_path / "zip", limit=10_000)


def test_pull_requests_of_forks_that_are_gone(fake: FakeGitHub, github: GitHub) -> None:
    fake.pulls = {
        1: Pull(number=1, state="closed"),
        2: Pull(number=2, head_repository=None),
        3: Pull(number=3, head_repository=FORK),
    }
    found = list(github.pull_requests("open"))
    assert [each.number for each in found] == [3, 2]
    assert found[1].head.repo is None
    assert found[0].head.repo is not None
    assert found[0].head.repo.id == FORK.id
    assert github.pull_request(1).state == "closed"


def test_a_dispatch_is_sent_once(fake: FakeGitHub, github: GitHub) -> None:
    number = github.dispatch(".github/workflows/dbt-jobs.yml", "main", {"job": "daily"})
    assert fake.runs[number].event == "workflow_dispatch"
    fake.faults.append(Fault(method="POST", status=502, committed=True))
    with pytest.raises(Unsure):
        github.dispatch("dbt-gitops.yml", "main", {"job": "daily"})
    assert len(fake.dispatched) == 2


def test_a_workflow_run_is_cancelled_once_it_runs(fake: FakeGitHub, github: GitHub) -> None:
    going, over = fake.add_run(conclusion=None), fake.add_run()
    assert github.actions.cancel(going.id)
    assert going.cancelled == "cancel"
    assert github.actions.cancel(going.id, force=True)
    assert going.cancelled == "force-cancel"
    assert not github.actions.cancel(over.id)
    with pytest.raises(GitHubFailed, match="refused: cancelling workflow run 5"):
        github.actions.cancel(5)


def test_the_jobs_of_one_attempt(fake: FakeGitHub, github: GitHub) -> None:
    legs = [Job(name=f"leg {n}") for n in range(130)]
    run = fake.add_run(attempt=2, jobs={1: [Job(name="old")], 2: legs})
    assert github.run(run.id).run_attempt == 2
    assert [job.name for job in github.actions.jobs(run.id, 2)] == [job.name for job in legs]
    assert [job.name for job in github.actions.jobs(run.id, 1)] == ["old"]


def test_the_workflow_of_a_run_and_a_merge_base(fake: FakeGitHub, github: GitHub) -> None:
    run = fake.add_run()
    fake.merge_bases["main", "feature/x"] = "e" * 40
    found = github.run(run.id)
    assert (found.id, found.workflow) == (run.id, run.path)
    assert github.merge_base("main", "feature/x") == "e" * 40


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/octo-org/shop.git",
        "https://github.com/octo-org/shop",
        "https://x-access-token:t@github.com/octo-org/shop",
        "git@github.com:octo-org/shop.git",
        "ssh://git@github.com/octo-org/shop.git",
    ],
)
def test_the_repository_is_read_from_the_remote(remote: str) -> None:
    assert connection_of({"GH_TOKEN": "t"}, remote).repository == "octo-org/shop"


@pytest.mark.parametrize(
    ("environ", "remote", "what"),
    [
        ({}, "https://github.com/o/r", "there is no token"),
        ({"GITHUB_TOKEN": "t"}, "", "the repository on GitHub isn't known"),
        ({"GITHUB_TOKEN": "t"}, "https://evil.example/o/r", "the repository on GitHub isn't known"),
        ({"GITHUB_TOKEN": "t"}, "https://github.com.evil.example/o/r", "isn't known"),
        ({"GITHUB_TOKEN": "t", "GITHUB_REPOSITORY": "../x/y"}, "", "isn't known"),
    ],
)
def test_without_a_connection_it_is_said(environ: dict[str, str], remote: str, what: str) -> None:
    with pytest.raises(NotConnected, match=what) as caught:
        connection_of(environ, remote)
    assert caught.value.hint
