"""The rules that decide what an event starts: each with a case for and a case against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.config import from_bytes
from runner.errors import ConfigInvalid
from runner.events import (
    Dispatch,
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    PullRequestClosed,
    Tick,
    Upstream,
    WorkflowRun,
)
from runner.model import Config, Ending
from runner.triggers import Changes, NotTriggered, Triggered, Verdict, after, decide

ROOT = Path("/repo")
SHA = "1" * 40
PR = PullRequest(
    repository="o/r", default_branch="main", actor="jo", action="opened", number=7, head_sha=SHA,
    head_ref="topic", head_repository="o/r", base_sha=SHA, base_ref="main", author="jo",
)  # fmt: skip
PUSH = Merge(
    repository="o/r", default_branch="main", ref="refs/heads/main", branch="main", before=SHA,
    after=SHA,
)  # fmt: skip
GROUP = MergeGroup(
    repository="o/r", default_branch="main", action="checks_requested", head_sha=SHA,
    head_ref="gh-readonly-queue/main/pr-7", base_sha=SHA, base_ref="main",
)  # fmt: skip
DISPATCH = Dispatch(repository="o/r", job="job")
MODEL = ("dbt/models/a.sql",)


def config(triggers: str, extra: str = "") -> Config:
    """A jobs file in /repo whose project is /repo/dbt; ``job`` has these triggers."""
    text = f"""
version: 1
project: dbt
environments:
  plain: {{ target: ci, schema: "pr_{{pr_number}}", profiles_dir: profiles }}
  secret: {{ target: prod, schema: "pr_{{pr_number}}", secrets: [PASSWORD] }}
defaults: {{ environment: plain, steps: [dbt build] }}
jobs:
  job: {{ triggers: {triggers}{extra} }}
  other: {{ triggers: {{ dispatch: true }} }}
"""
    loaded = from_bytes(ROOT / "dbt_jobs.yml", text.encode())
    assert loaded.config is not None, loaded.problems
    return loaded.config


def verdict(
    triggers: str,
    event: Event,
    paths: tuple[str, ...] | None = MODEL,
    extra: str = "",
) -> Verdict:
    plan = decide(config(triggers, extra), event, Changes(root=ROOT, paths=paths))
    return next(each for each in plan.verdicts if each.job == "job")


def pr(**changes: object) -> PullRequest:
    return replace(PR, **changes)  # type: ignore[arg-type]  # the fields are the test's


ANY = "{ pull_request: }"
TYPES = "{ pull_request: { types: [labeled, ready_for_review] } }"
DRAFTS = "{ pull_request: { drafts: true } }"
LABELS = "{ pull_request: { labels: [run-ci, dbt], types: [opened, labeled] } }"
BRANCHES = "{ pull_request: { branches: [main, 'release/**', '!release/**-old'] } }"
PATHS = "{ pull_request: { paths: ['dbt/models/**', '!dbt/models/*.md'] } }"
EVERY_PATH = "{ pull_request: { paths: ['**'] } }"
NIGHTLY = "{ schedule: [{ cron: '0 4 * * *' }, { cron: '0 6 * * 1', timezone: Asia/Kolkata }] }"
MERGE = "{ merge: }"
RELEASE = "{ merge: { branches: ['release/*'] } }"
MERGE_PATHS = "{ merge: { paths: ['dbt/**'] } }"
DISPATCHED = "{ dispatch: true }"
CHAINED = "{ job: { name: other, on: [success, error] } }"
SECRET = ", environment: secret"

RUNS: list[tuple[str, Event, tuple[str, ...] | None, str, str]] = [
    (ANY, PR, MODEL, "", "pull request #7 into main (opened)"),
    (ANY, PR, None, "", "which files changed isn't known"),
    (ANY, PR, ("dbt_jobs.yml",), "", "pull request #7"),
    (ANY, PR, ("README.md", "dbt/dbt_project.yml"), "", "pull request #7"),
    (ANY, PR, ("profiles/profiles.yml",), "", "pull request #7"),
    (ANY, pr(action="synchronize"), MODEL, "", "(synchronize)"),
    (BRANCHES, pr(base_ref="release/2/rc"), MODEL, "", "into release/2/rc"),
    (TYPES, pr(action="labeled", label="x"), MODEL, "", "(labeled)"),
    (DRAFTS, pr(draft=True), MODEL, "", "#7"),
    (LABELS, pr(labels=("x", "dbt")), MODEL, "", "#7"),
    (LABELS, pr(labels=("x", "dbt"), action="labeled", label="dbt"), MODEL, "", "#7"),
    (PATHS, PR, ("dbt/models/a.md", "dbt/models/a.sql"), "", "#7"),
    (PATHS, PR, None, "", "isn't known"),
    (EVERY_PATH, PR, ("README.md",), "", "#7"),
    (ANY, PR, MODEL, SECRET, "#7"),
    (ANY, pr(actor="dependabot[bot]"), MODEL, "", "#7"),
    (MERGE, PUSH, MODEL, "", "push to main"),
    (MERGE, PUSH, ("README.md",), "", "push to main"),
    (MERGE, replace(PUSH, actor="dependabot[bot]"), MODEL, "", "push to main"),
    (RELEASE, replace(PUSH, branch="release/1"), MODEL, "", "push to release/1"),
    (MERGE_PATHS, PUSH, MODEL, "", "push to main"),
    (MERGE_PATHS, PUSH, None, "", "push to main"),
    (ANY, GROUP, MODEL, "", "the merge queue of main asks for checks"),
    (DRAFTS, GROUP, None, "", "the merge queue of main"),
    (NIGHTLY, Tick(repository="o/r", schedule="0 4 * * *"), None, "", "the schedule 0 4 * * *"),
    (NIGHTLY, Tick(repository="o/r", schedule="0  6 * * 1 "), None, "", "fired"),
    (DISPATCHED, DISPATCH, None, "", "asked for"),
    (DISPATCHED, replace(DISPATCH, cause="backfill"), None, "", "asked for: backfill"),
    (NIGHTLY, replace(DISPATCH, rerun="17"), None, "", "run 17 is to be run again"),
    (CHAINED, replace(DISPATCH, upstream=Upstream(job="other", ending="error")), None, "",
     "`other` has ended: error"),
]  # fmt: skip
TRIGGERS = {
    PullRequest: "pull_request", Merge: "merge", MergeGroup: "merge_group", Tick: "schedule",
    Dispatch: "dispatch",
}  # fmt: skip


@pytest.mark.parametrize(("triggers", "event", "paths", "extra", "reason"), RUNS)
def test_it_runs(
    triggers: str, event: Event, paths: tuple[str, ...] | None, extra: str, reason: str
) -> None:
    found = verdict(triggers, event, paths, extra)
    assert isinstance(found, Triggered), found
    assert reason in found.reason
    chained = isinstance(event, Dispatch) and event.upstream
    assert found.trigger == ("job" if chained else TRIGGERS[type(event)])


DOES_NOT: list[tuple[str, Event, tuple[str, ...] | None, str, str, str]] = [
    (ANY, PR, MODEL, ", enabled: false", "disabled", "it is disabled in the jobs file"),
    (DISPATCHED, DISPATCH, MODEL, ", enabled: false", "disabled", "disabled"),
    (MERGE, PR, MODEL, "", "trigger", "pull requests don't start it"),
    (ANY, pr(base_ref="topic"), MODEL, "", "branch", "topic is not the default branch (main)"),
    (ANY, pr(default_branch=""), MODEL, "", "branch", "(which isn't known)"),
    (BRANCHES, pr(base_ref="release/1-old"), MODEL, "", "branch", "not one of its branches: main"),
    (ANY, pr(action="labeled"), MODEL, "", "type", "`labeled` is not one of its types: opened"),
    (TYPES, PR, MODEL, "", "type", "`opened` is not one of its types: labeled"),
    (ANY, pr(draft=True), MODEL, "", "draft", "is a draft"),
    (LABELS, pr(labels=("x",)), MODEL, "", "label", "has none of its labels: run-ci, dbt"),
    (LABELS, pr(labels=("x", "dbt"), action="labeled", label="x"), MODEL, "", "label", "was added"),
    (PATHS, PR, ("dbt/models/a.md",), "", "paths", "no changed file is one of its paths: dbt/mod"),
    (PATHS, PR, (), "", "paths", "no changed file"),
    (ANY, PR, ("README.md", "dbtx/a.sql"), "", "no-relevant-change", "no dbt-relevant change"),
    (ANY, PR, (), "", "no-relevant-change", "no dbt-relevant change"),
    (ANY, pr(head_repository="eve/r"), ("x",), "", "no-relevant-change", "no dbt-relevant"),
    (ANY, PullRequestClosed(**vars(PR), merged=True), MODEL, "", "event", "#7 is merged"),
    (ANY, PullRequestClosed(**vars(PR), merged=False), MODEL, "", "event", "#7 is closed"),
    (ANY, PUSH, MODEL, "", "trigger", "merges don't start it"),
    (MERGE, replace(PUSH, branch="topic"), MODEL, "", "branch", "topic is not the default branch"),
    (RELEASE, PUSH, MODEL, "", "branch", "main is not one of its branches: release/*"),
    (MERGE, replace(PUSH, branch=None, ref="refs/tags/v1"), MODEL, "", "event",
     "refs/tags/v1 is not a branch"),
    (MERGE, replace(PUSH, deleted=True), MODEL, "", "event", "main has been deleted"),
    (MERGE_PATHS, PUSH, ("README.md",), "", "paths", "no changed file is one of its paths: dbt/**"),
    (MERGE, replace(PUSH, actor="dependabot[bot]"), MODEL, SECRET, "secrets", "PASSWORD"),
    (MERGE, GROUP, MODEL, "", "trigger", "so the merge queue doesn't"),
    (ANY, replace(GROUP, action="destroyed"), MODEL, "", "event", "the merge group is destroyed"),
    (ANY, replace(GROUP, base_ref="x"), MODEL, "", "branch", "x is not the default branch"),
    (ANY, GROUP, ("README.md",), "", "no-relevant-change", "no dbt-relevant change"),
    (NIGHTLY, Tick(repository="o/r", schedule="0 5 * * *"), None, "", "schedule",
     "0 5 * * * fired, and its schedule is 0 4 * * *, 0 6 * * 1"),
    (MERGE, Tick(repository="o/r", schedule="0 5 * * *"), None, "", "trigger", "has no schedule"),
    (NIGHTLY, DISPATCH, None, "", "trigger", "it doesn't have `dispatch: true`"),
    (DISPATCHED, replace(DISPATCH, job="other"), None, "", "dispatch", "`other` was asked for"),
    (DISPATCHED, replace(DISPATCH, job=""), None, "", "dispatch", "the dispatch names no job"),
    (DISPATCHED, replace(DISPATCH, job="", event_type="deploy"), None, "", "dispatch",
     "the repository_dispatch deploy names no job"),
    (CHAINED, replace(DISPATCH, upstream=Upstream(job="other", ending="cancelled")), None, "",
     "ending", "`other` has ended: cancelled; it starts after success or error"),
    (DISPATCHED, replace(DISPATCH, upstream=Upstream(job="x", ending="success")), None, "",
     "trigger", "`x` doesn't start it"),
    (DISPATCHED, WorkflowRun(repository="o/r", action="completed", run_id=1, event="push", path="",
     conclusion="success", head_sha=SHA, head_branch="", head_repository="o/r"), None, "", "event",
     "another workflow's run starts nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("triggers", "event", "paths", "extra", "code", "reason"), DOES_NOT)
def test_it_does_not_run(
    triggers: str,
    event: Event,
    paths: tuple[str, ...] | None,
    extra: str,
    code: str,
    reason: str,
) -> None:
    found = verdict(triggers, event, paths, extra)
    assert isinstance(found, NotTriggered), found
    assert found.code == code
    assert reason in found.reason


PARSED: list[tuple[Event, str, str]] = [
    (pr(head_repository="eve/r"), "", "its code comes from eve/r"),
    (pr(head_repository=None), SECRET, "a fork that is deleted"),
    (pr(actor="dependabot[bot]"), SECRET, "it needs PASSWORD"),
    (pr(actor="dependabot[bot]"), "", ""),
    (PR, SECRET, ""),
]


@pytest.mark.parametrize(("event", "extra", "why"), PARSED)
def test_a_stranger_s_code_and_a_job_without_its_secrets_are_only_parsed(
    event: Event, extra: str, why: str
) -> None:
    found = verdict(ANY, event, MODEL, extra)
    assert isinstance(found, Triggered), found
    assert why in found.parse_only
    assert bool(why) == bool(found.parse_only) == ("validated and parsed only" in found.reason)


def test_every_job_has_a_verdict() -> None:
    plan = decide(config(ANY), PR, Changes(root=ROOT, paths=MODEL))
    assert [each.job for each in plan.verdicts] == ["job", "other"]
    assert [each.job for each in plan.triggered] == ["job"]
    assert [each.job for each in plan.not_triggered] == ["other"]


def test_a_project_at_the_root_is_touched_by_everything() -> None:
    whole = replace(config(ANY), project=ROOT)
    plan = decide(whole, PR, Changes(root=ROOT, paths=("README.md",)))
    assert [each.job for each in plan.triggered] == ["job"]


def test_a_job_that_only_the_head_has_is_not_run() -> None:
    base, head = config(MERGE), config(ANY)
    jobs = {**head.jobs, "new": replace(head.jobs["job"], name="new")}
    plan = decide(base, PR, Changes(root=ROOT, paths=MODEL), replace(head, jobs=jobs))
    found = {each.job: each for each in plan.not_triggered}
    assert not plan.triggered  # `job` is started by pull requests in the head's file alone
    assert found["new"].code == "not-in-base"
    assert "takes effect when it is merged" in found["new"].reason


def test_a_dispatch_of_a_job_that_is_not_there() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        verdict(ANY, replace(DISPATCH, job="jobb"))
    assert "there is no job 'jobb'" in str(caught.value)
    assert "did you mean `job`?" in str(caught.value)


@pytest.mark.parametrize(("ending", "runs"), [("success", True), ("cancelled", False)])
def test_what_the_end_of_a_job_starts(ending: Ending, runs: bool) -> None:
    plan = after(config(CHAINED), "other", ending)
    assert [each.job for each in plan.triggered] == (["job"] if runs else [])
    assert plan.not_triggered[-1].reason == "`other` doesn't start it"
    with pytest.raises(ConfigInvalid):
        after(config(CHAINED), "none", ending)


def test_a_job_of_another_repository_starts_what_may_be_dispatched() -> None:
    elsewhere = replace(DISPATCH, upstream=Upstream(job="load", ending="success", repository="o/x"))
    assert isinstance(verdict("{ dispatch: true }", elsewhere), Triggered)
    assert isinstance(verdict("{ job: { name: other } }", elsewhere), NotTriggered)
