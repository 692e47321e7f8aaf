"""The rules that decide what an event starts: each with a case for and a case against."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.config import from_bytes
from runner.errors import ConfigInvalid
from runner.events import (
    Dispatch,
    DispatchOverrides,
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    PullRequestClosed,
    Tick,
    Upstream,
    WorkflowRun,
)
from runner.history import Entry, History, Missed, Outcome
from runner.model import Config, Ending
from runner.record import RunStatus
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
# A Saturday.
NOW = datetime(2026, 11, 21, 4, 3, tzinfo=timezone.utc)
FOUR = NOW.replace(minute=0)
TICK = Tick(repository="o/r", schedule="0 4 * * *")


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
  third: {{ triggers: {{ dispatch: true }} }}
"""
    loaded = from_bytes(ROOT / "dbt_jobs.yml", text.encode())
    assert loaded.config is not None, loaded.problems
    return loaded.config


def verdict(
    triggers: str,
    event: Event,
    paths: tuple[str, ...] | None = MODEL,
    extra: str = "",
    **known: Any,
) -> Verdict:
    """``known``: the history, and the moment where it isn't that of the tests."""
    changes = Changes(root=ROOT, paths=paths)
    plan = decide(config(triggers, extra), event, changes, **{"now": NOW, **known})
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
POLICY = "{ dispatch: { overrides: [threads, env] } }"
# The end of another repository's job.
FAR = Upstream(job="x", ending="success", repository="o/elsewhere")

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
    (NIGHTLY, TICK, None, "", "scheduled for Sat 21 Nov 2026 04:00 UTC, 3m 00s late"),
    (NIGHTLY, replace(TICK, schedule="0  4 * * * "), None, "", "04:00 UTC"),
    (DISPATCHED, DISPATCH, None, "", "asked for"),
    (DISPATCHED, replace(DISPATCH, cause="backfill"), None, "", "asked for: backfill"),
    (NIGHTLY, replace(DISPATCH, rerun="17"), None, "", "run 17 is to be run again"),
    (CHAINED, replace(DISPATCH, upstream=Upstream(job="other", ending="error")), None, "",
     "`other` has ended: error"),
    (CHAINED, replace(DISPATCH, upstream=Upstream(job="other", ending="error", repository="O/R")), None,
     "", "`other` has ended: error"),
    (DISPATCHED, replace(DISPATCH, upstream=FAR), None, "", "`x` of o/elsewhere has ended: success"),
    (POLICY, replace(DISPATCH, overrides=DispatchOverrides(threads=2)), None, "", "asked for"),
    (DISPATCHED, replace(DISPATCH, overrides=DispatchOverrides(env={"X": "y"})), None, SECRET,
     "asked for"),
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
    (NIGHTLY, replace(TICK, schedule="0 5 * * *"), None, "", "schedule",
     "0 5 * * * fired, and its schedule is 0 4 * * *, 0 6 * * 1"),
    (NIGHTLY, replace(TICK, schedule="0 6 * * 1"), None, "", "schedule",
     "no time of its schedule has come since the last tick"),
    (NIGHTLY, TICK, None, ", enabled: false", "disabled", "disabled"),
    (MERGE, TICK, None, "", "trigger", "has no schedule"),
    (NIGHTLY, DISPATCH, None, "", "trigger", "it doesn't have `dispatch: true`"),
    (DISPATCHED, replace(DISPATCH, job="other"), None, "", "dispatch", "`other` was asked for"),
    (DISPATCHED, replace(DISPATCH, job=""), None, "", "dispatch", "the dispatch names no job"),
    (DISPATCHED, replace(DISPATCH, job="", event_type="deploy"), None, "", "dispatch",
     "the repository_dispatch deploy names no job"),
    (CHAINED, replace(DISPATCH, upstream=Upstream(job="other", ending="cancelled")), None, "",
     "ending", "`other` has ended: cancelled; it starts after success or error"),
    (DISPATCHED, replace(DISPATCH, upstream=Upstream(job="x", ending="success")), None, "",
     "trigger", "`x` doesn't start it"),
    (CHAINED, replace(DISPATCH, upstream=FAR), None, "", "trigger", "doesn't have `dispatch: true`"),
    (CHAINED, replace(DISPATCH, event_type="dbt-job", upstream=Upstream(job="other",
     ending="error")), None, "", "trigger", "doesn't have `dispatch: true`"),
    (CHAINED, replace(DISPATCH, upstream=Upstream(job="other", ending="error", depth=17)), None, "",
     "depth", "17 jobs have started each other until here, and 16 may"),
    (ANY, replace(DISPATCH, rerun="17"), None, "", "trigger", "only pull requests start it"),
    (POLICY, replace(DISPATCH, overrides=DispatchOverrides(schema="x", threads=2)), None, "",
     "override", "schema can't be overridden: a dispatch may override threads, env"),
    (NIGHTLY, replace(DISPATCH, rerun="17", overrides=DispatchOverrides(full=True)), None, "",
     "override", "full can't be overridden: a dispatch may override nothing"),
    (DISPATCHED, replace(DISPATCH, overrides=DispatchOverrides(env={"PASSWORD": "y"})), None, SECRET,
     "override", "PASSWORD can't be overridden: it is a secret of its environment"),
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
    assert [each.job for each in plan.verdicts] == ["job", "other", "third"]
    assert [each.job for each in plan.triggered] == ["job"]
    assert [each.job for each in plan.not_triggered] == ["other", "third"]


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
    assert "there is no job `jobb`" in str(caught.value)
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


def entry(run_id: str, status: RunStatus | None = "success", **changes: Any) -> Entry:
    plain: dict[str, Any] = {
        "job": "job", "environment": "plain", "trigger": "schedule", "cause": "",
        "planned_at": FOUR, "outcome": Outcome(status=status) if status else None,
    }  # fmt: skip
    return Entry(run_id=run_id, **{**plain, **changes})


KNOWN = {"job": "0 4 * * * UTC, 0 6 * * 1 Asia/Kolkata"}


def history(*entries: Entry, hours: float = 24, **changes: Any) -> History:
    """The last tick was so many hours ago, and knew the schedule of NIGHTLY."""
    until = NOW - timedelta(hours=hours)
    return History(**{"entries": entries, "handled_until": until, "schedules": KNOWN, **changes})


def test_a_tick_makes_good_what_the_last_ones_dropped() -> None:
    found = verdict(NIGHTLY, replace(TICK, schedule="17 9 * * *"), history=history(hours=72))
    assert isinstance(found, Triggered), found
    assert found.scheduled_for == FOUR
    assert found.late == timedelta(minutes=3)
    assert found.coalesced == 2
    assert found.reason.endswith("3m 00s late; stands for 2 earlier times too")


def test_the_time_is_said_in_the_zone_of_its_schedule() -> None:
    monday = datetime(2026, 11, 23, 0, 30, 20, tzinfo=timezone.utc)
    found = verdict(NIGHTLY, replace(TICK, schedule="0 6 * * 1"), now=monday)
    assert found.reason == "scheduled for Mon 23 Nov 2026 06:00 IST, on time"


def test_a_time_that_is_too_late_is_missed() -> None:
    evening = NOW + timedelta(hours=7)
    plan = decide(
        config(NIGHTLY), TICK, Changes(root=ROOT, paths=None), history=history(), now=evening
    )
    [found, *_] = plan.not_triggered
    assert (found.code, found.reason) == (
        "missed",
        "Sat 21 Nov 2026 04:00 UTC was missed: noticed 7h 03m late, and its grace is 6h",
    )
    assert plan.window
    assert [each.why for each in plan.window.missed] == ["late"]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (
            history(entry("1-job", scheduled_for=FOUR), hours=0),
            "Sat 21 Nov 2026 04:00 UTC is handled already by run 1-job",
        ),
        (
            history(
                hours=0,
                missed=(Missed(job="job", scheduled_for=FOUR, noticed_at=NOW, why="disabled"),),
            ),
            "Sat 21 Nov 2026 04:00 UTC passed by: its last runs have failed; that was noticed",
        ),
    ],
)
def test_a_time_is_handled_once(known: History, reason: str) -> None:
    found = verdict(NIGHTLY, TICK, history=known)
    assert isinstance(found, NotTriggered)
    assert found.code == "handled"
    assert reason in found.reason


FAILED = (entry("3", "error"), entry("2", "cancelled"), entry("1", "error"))
STOPS = ", disable_after: 2"
AFTER_OTHER = replace(DISPATCH, upstream=Upstream(job="other", ending="success", run_id="7"))


@pytest.mark.parametrize(
    ("triggers", "event", "starts"),
    [
        (NIGHTLY, TICK, False),
        (MERGE, PUSH, False),
        (CHAINED, AFTER_OTHER, False),
        (DISPATCHED, DISPATCH, True),
        (NIGHTLY, replace(DISPATCH, rerun="3"), True),
    ],
)
def test_what_has_failed_too_often_starts_by_a_person_s_word_alone(
    triggers: str, event: Event, starts: bool
) -> None:
    found = verdict(triggers, event, extra=STOPS, history=history(*FAILED))
    assert isinstance(found, Triggered) == starts
    if isinstance(found, NotTriggered):
        assert found.code == "disabled_after"
        assert "its last 2 runs have failed" in found.reason
        assert "`dbt-gitops trigger job` starts it" in found.reason
    sound = history(entry("4"), *FAILED)
    again = replace(event, rerun="4") if isinstance(event, Dispatch) and event.rerun else event
    assert isinstance(verdict(triggers, again, extra=STOPS, history=sound), Triggered)


UNDER_WAY = replace(entry("4"), outcome=None)
LOST = Outcome(status="error", reason="no record: its step Run dbt failed")
IN_VAIN = replace(entry("4"), outcome=LOST, rerun_of="3")


@pytest.mark.parametrize(
    ("known", "rerun", "reason"),
    [
        (history(*FAILED), "3", ""),
        (history(*FAILED), "3-2", ""),
        (history(), "3", ""),
        (history(*FAILED), "1", "its latest run is 3, and only that can be run again"),
        (history(UNDER_WAY, *FAILED), "4", "run 4 hasn't ended yet"),
        (history(entry("4"), *FAILED), "4", "run 4 has no failure to go on from"),
        (history(IN_VAIN, *FAILED), "3", ""),
        (history(IN_VAIN, *FAILED), "2", "its latest run is 3, and only that can be run again"),
    ],
)
def test_only_the_latest_run_is_run_again(known: History, rerun: str, reason: str) -> None:
    event = replace(DISPATCH, rerun=rerun, from_failure=True)
    found = verdict(NIGHTLY, event, history=known)
    assert isinstance(found, NotTriggered) == bool(reason)
    if isinstance(found, NotTriggered):
        assert (found.code, found.reason) == ("rerun", reason)


def test_what_is_due_and_held_back_is_missed() -> None:
    plan = decide(
        config(NIGHTLY, STOPS), TICK, Changes(root=ROOT, paths=None),
        history=history(*FAILED), now=NOW,
    )  # fmt: skip
    assert plan.window
    assert plan.window.due == ()
    assert [(each.job, each.why) for each in plan.window.missed] == [("job", "disabled")]


ALL_OF = "{ job: { all_of: [other, third] } }"


def ends(job: str, run_id: str, **changes: Any) -> Dispatch:
    return replace(DISPATCH, upstream=Upstream(job=job, ending="success", run_id=run_id, **changes))


def test_a_job_after_several_waits_for_all() -> None:
    first = verdict(ALL_OF, ends("other", "o1"), history=history())
    assert isinstance(first, NotTriggered)
    assert (first.code, dict(first.waiting)) == ("waits", {"other": "o1"})
    assert first.reason == "`other` has ended: success; it waits for `third`"
    again = verdict(ALL_OF, ends("other", "o2"), history=history(waiting={"job": {"other": "o1"}}))
    assert isinstance(again, NotTriggered)
    assert dict(again.waiting) == {"other": "o2"}
    both = verdict(ALL_OF, ends("third", "t1"), history=history(waiting={"job": {"other": "o1"}}))
    assert isinstance(both, Triggered)
    assert dict(both.upstream) == {"other": "o1", "third": "t1"}


def test_a_run_that_waits_gives_way_to_a_newer_one_of_its_job() -> None:
    """Monday's `other` succeeds and `third` fails; on Tuesday `third` ends while `other` runs."""
    monday = entry("1-other", job="other", planned_at=FOUR - timedelta(days=1))
    tuesday = entry("2-other", None, job="other")
    waiting = {"job": {"other": "1-other"}}
    third = ends("third", "2-third")
    first = verdict(ALL_OF, third, history=history(tuesday, monday, waiting=waiting))
    assert isinstance(first, NotTriggered)
    assert (first.code, dict(first.waiting)) == ("waits", {"third": "2-third"})
    assert first.reason.endswith("; it waits for `other` (run 2-other hasn't ended yet)")
    both = verdict(
        ALL_OF, ends("other", "2-other"), history=history(tuesday, waiting={"job": first.waiting})
    )
    assert isinstance(both, Triggered)
    assert dict(both.upstream) == {"other": "2-other", "third": "2-third"}
    failed = replace(tuesday, outcome=Outcome(status="error"))
    last = verdict(ALL_OF, third, history=history(failed, monday, waiting=waiting))
    assert last.reason.endswith("`other` (a run after 2-other, which has ended: error)")


@pytest.mark.parametrize("waits", ["1-other", "1-other-2"])
def test_a_run_that_waits_counts_while_it_is_the_newest(waits: str) -> None:
    """Its second attempt may be told of later."""
    known = history(entry("1-other", job="other"), waiting={"job": {"other": waits}})
    assert isinstance(verdict(ALL_OF, ends("third", "1-third"), history=known), Triggered)
    known = history(entry("1-other-2", job="other"), waiting={"job": {"other": waits}})
    assert isinstance(verdict(ALL_OF, ends("third", "1-third"), history=known), Triggered)


@pytest.mark.parametrize("triggers", [ALL_OF, CHAINED])
def test_an_upstream_run_starts_a_job_once(triggers: str) -> None:
    known = history(entry("9-job", upstream={"other": "o1", "third": "t1"}))
    found = verdict(triggers, ends("other", "o1"), history=known)
    assert isinstance(found, NotTriggered)
    assert found.code == "handled"
    assert "handled already by run 9-job" in found.reason
    found = verdict(triggers, ends("other", "o2"), history=known)
    assert isinstance(found, Triggered) == (triggers == CHAINED)


def test_the_end_of_another_repository_s_job_starts_a_job_once() -> None:
    far = replace(DISPATCH, event_type="dbt-job", upstream=replace(FAR, job="other", run_id="f1"))
    found = verdict(DISPATCHED, far, history=history())
    assert isinstance(found, Triggered)
    assert dict(found.upstream) == {"other of o/elsewhere": "f1"}
    known = history(
        entry("9-job", upstream=found.upstream), entry("8-job", upstream={"other": "f2"})
    )
    assert "handled already by run 9-job" in verdict(DISPATCHED, far, history=known).reason
    assert far.upstream
    second = replace(far, upstream=replace(far.upstream, run_id="f2"))
    assert isinstance(verdict(DISPATCHED, second, history=known), Triggered)


def test_the_default_branch_says_what_may_be_overridden() -> None:
    event = replace(DISPATCH, ref="refs/heads/topic", overrides=DispatchOverrides(schema="x"))
    found = verdict(DISPATCHED, event, policy=config(POLICY))
    assert isinstance(found, NotTriggered)
    assert found.reason == (
        "schema can't be overridden: the default branch's jobs file says that a dispatch may"
        " override threads, env"
    )
    hidden = replace(DISPATCH, overrides=DispatchOverrides(env={"PASSWORD": "x"}))
    found = verdict(DISPATCHED, hidden, policy=config(POLICY, SECRET))
    assert "PASSWORD can't be overridden" in found.reason


def test_a_job_of_another_file_is_no_mistake() -> None:
    found = verdict(NIGHTLY, replace(DISPATCH, job="there"), elsewhere={"there"})
    assert found.reason == "`there` was asked for"
