"""What the fake answers and what the client sends, held to GitHub's own description."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from githubkit_schemas.v2026_03_10 import models
from pydantic import TypeAdapter

from runner.errors import GitHubFailed
from runner.github.client import GitHub
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.clients import client
from tests.fake_github.github import Exchange
from tests.fake_github.routes import ROUTES
from tests.fake_github.server import Answer
from tests.fake_github.things import FORK, Job, Pull, Step

ANSWERED: dict[str, Any] = {
    "get_repository": models.FullRepository,
    "get_contents": models.ContentFile,
    "get_commit": models.Commit,
    "compare": models.CommitComparison,
    "list_statuses": list[models.Status],
    "create_status": models.Status,
    "list_comments": list[models.IssueComment],
    "create_comment": models.IssueComment,
    "edit_comment": models.IssueComment,
    "list_issues": list[models.Issue],
    "create_issue": models.Issue,
    "list_pulls": list[models.PullRequestSimple],
    "get_pull": models.PullRequest,
    "list_artifacts": models.ReposOwnerRepoActionsArtifactsGetResponse200,
    "list_run_artifacts": models.ReposOwnerRepoActionsRunsRunIdArtifactsGetResponse200,
    "get_artifact": models.Artifact,
    "get_run": models.WorkflowRun,
    "list_jobs": models.ReposOwnerRepoActionsRunsRunIdAttemptsAttemptNumberJobsGetResponse200,
    "cancel_run": models.EmptyObject,
    "force_cancel_run": models.EmptyObject,
    "list_runs": models.ReposOwnerRepoActionsWorkflowsWorkflowIdRunsGetResponse200,
    "dispatch": models.WorkflowDispatchResponse,
}
ASKED: dict[str, Any] = {
    "create_status": models.ReposOwnerRepoStatusesShaPostBody,
    "create_comment": models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    "edit_comment": models.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
    "create_issue": models.ReposOwnerRepoIssuesPostBody,
    "dispatch": models.ReposOwnerRepoActionsWorkflowsWorkflowIdDispatchesPostBody,
    "repository_dispatch": models.ReposOwnerRepoDispatchesPostBody,
}

BODILESS = {("download_artifact", 302), ("delete_comment", 204), ("repository_dispatch", 204)}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


def test_every_route_answers_as_github_describes(fake: FakeGitHub, tmp_path: Path) -> None:
    github = client(fake)
    everything(fake, github, tmp_path)
    raw(fake, "/contents/dbt_jobs.yml")
    raw(fake, f"/actions/artifacts/{fake.artifacts[0].id}")
    raw(fake, "/actions/workflows/dbt.yml/runs")
    assert list(github.actions.open_runs("dbt.yml")) == []
    seen = {exchange.route for exchange in fake.exchanges}
    assert seen == {route.name for route in ROUTES}
    for exchange in fake.exchanges:
        check(exchange)
    github.close()


def everything(fake: FakeGitHub, github: GitHub, folder: Path) -> None:
    fake.contents["main", "dbt_jobs.yml"] = b"version: 1\n"
    fake.merge_bases["main", "change"] = "e" * 40
    fake.pulls = {1: Pull(number=1, head_repository=FORK), 2: Pull(number=2, head_repository=None)}
    fake.add_artifact("state", b"zip")
    github.repository()
    github.set_status("b" * 40, context="dbt / ci", state="pending", description="", target_url="x")
    assert github.statuses("b" * 40)["dbt / ci"].state == "pending"
    github.put_comment(1, lambda _: "<!-- m -->", marker="<!-- m -->")
    edited = github.put_comment(1, lambda _: "<!-- m --> 2", marker="<!-- m -->")
    assert edited
    github.delete_comment(edited)
    assert len(list(github.pull_requests("all"))) == 2
    github.pull_request(1)
    [artifact] = github.artifacts("state")
    assert [artifact] == list(github.artifacts_of(fake.artifacts[0].run.id))
    assert next(iter(github.pull_requests("open", head="mallory:change"))).number == 1
    github.download_artifact(artifact, folder / "zip", limit=10)
    assert artifact.workflow_run is not None
    run = github.run(artifact.workflow_run.id)
    github.issues.open_once("Held back", "<!-- m -->", marker="<!-- m -->")
    assert github.issues.find("<!-- m -->")
    github.merge_base("main", "change")
    fake.refs["somebody/action", "v1"] = "f" * 40
    assert github.commit_of("somebody/action", "v1") == "f" * 40
    started = github.dispatch(run.path, "main", {"job": "daily"})
    fake.runs[started].jobs[1] = [Job(name="daily", steps=[Step(name="dbt")])]
    assert [job.name for job in github.actions.jobs(started, 1)] == ["daily"]
    assert github.actions.cancel(started)
    assert github.actions.cancel(started, force=True)
    github.repository_dispatch("dbt-job", {"job": "daily", "upstream": {"job": "a", "depth": 1}})


def raw(fake: FakeGitHub, path: str) -> None:
    """For what the product doesn't ask yet."""
    import requests

    answer = requests.get(
        f"{fake.api_url}/repos/octo-org/shop{path}",
        headers={"Authorization": f"token {fake.token}"},
        timeout=5,
    )
    assert answer.status_code == 200


def check(exchange: Exchange) -> None:
    if exchange.route in ASKED:
        TypeAdapter(ASKED[exchange.route]).validate_python(exchange.asked)
    if exchange.status >= 400:
        kind = models.ValidationError if exchange.status == 422 else models.BasicError
        TypeAdapter(kind).validate_python(exchange.answered)
    elif exchange.route in ANSWERED:
        TypeAdapter(ANSWERED[exchange.route]).validate_python(exchange.answered)
    else:
        assert (exchange.route, exchange.status) in BODILESS


def test_refusals_are_githubs_too(fake: FakeGitHub, tmp_path: Path) -> None:
    github = client(fake)
    fake.add_artifact("state", b"zip", gone=True)
    [artifact] = github.artifacts("state")
    for ask in (
        lambda: github.run(1),
        lambda: github.put_comment(1, lambda _: "x" * 70_000, marker="m"),
        lambda: github.download_artifact(artifact, tmp_path / "zip", limit=10),
        lambda: github.actions.cancel(1),
        lambda: list(github.actions.jobs(1, 1)),
        lambda: github.commit_of("somebody/action", "v2"),
    ):
        with pytest.raises(GitHubFailed):
            ask()
    assert [e.status for e in fake.exchanges if e.status >= 400] == [404, 422, 410, 404, 404, 422]
    for exchange in fake.exchanges:
        check(exchange)
    github.close()


def test_a_description_that_is_wrong_is_seen() -> None:
    with pytest.raises(ValueError, match="validation error"):
        check(Exchange(route="get_run", asked=None, status=200, answered={"id": 1}))


def test_the_storage_refuses_a_token(fake: FakeGitHub) -> None:
    import requests

    url = f"{fake._storage.url}/zips/1.zip"
    answer = requests.get(url, headers={"Authorization": "token x"}, timeout=5)
    assert answer.status_code == 400
    fake.storage = lambda _: Answer(status=200)
    fake.faults.append(Fault(host="storage", status=503))
    assert requests.get(url, timeout=5).status_code == 503
