"""`dbt-gitops plan` with history: ticks, merges, dispatches and chains, against a GitHub over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from runner.config import from_bytes
from runner.durations import format_duration
from runner.history import Entry, History, Outcome
from runner.history_json import HISTORY, entry_from_json, history_from_json, history_to_json
from runner.record import RunStatus
from runner.schedule.due import fingerprint
from tests.conftest import Done, Project
from tests.fake_github import FakeGitHub, Fault
from tests.fake_github.states import zipped
from tests.on_github import OnGitHub

ARTIFACT = "dbt-gitops-history"
HEAD = """\
version: 1
project: dbt
state: github
environments:
  production: { target: prod, github_environment: production, secrets: [PASSWORD] }
defaults: { environment: production, steps: [dbt build] }
"""


def now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def ago(**duration: float) -> datetime:
    """A moment that a cron can name."""
    return (now() - timedelta(**duration)).replace(second=0)


def daily(moment: datetime) -> str:
    return f"{moment.minute} {moment.hour} * * *"


# Ten minutes ago, so that a test that takes a while stays within the same times.
TEN = ago(minutes=10)
FIRST, OTHER = daily(TEN), daily(ago(hours=2))


def scheduled(**jobs: str) -> str:
    """A jobs file of jobs with these crons."""
    lines = [
        f"  {name}: {{ triggers: {{ schedule: {{ cron: '{cron}' }} }} }}\n"
        for name, cron in jobs.items()
    ]
    return f"{HEAD}jobs:\n{''.join(lines)}"


TWO = scheduled(first=FIRST, other=OTHER)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[OnGitHub]:
    project = Project(path=tmp_path / "repository")
    project.write("dbt_jobs.yml", TWO)
    project.write("dbt/dbt_project.yml", "name: tiny\nversion: '1.0'\nprofile: tiny\n")
    project.init()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        yield OnGitHub(project=project, fake=fake, scratch=scratch)


def jobs_file(there: OnGitHub, text: str) -> None:
    there.project.write("dbt_jobs.yml", text)
    there.project.commit()


class Planned:
    """What a plan said and left."""

    def __init__(self, there: OnGitHub, done: Done) -> None:
        self.done, self.outputs = done, there.outputs()
        folder = self.outputs.get("history-folder")
        text = (Path(folder) / HISTORY).read_text() if folder else ""
        self.history = history_from_json(text) if text else History()

    @property
    def started(self) -> list[str]:
        return [leg["job"] for leg in self.legs]

    @property
    def legs(self) -> list[dict[str, Any]]:
        matrices = json.loads(self.outputs["legs"])
        return [leg for matrix in matrices.values() for leg in matrix["include"]]

    def reason(self, job: str) -> str:
        jobs = {each["job"]: each for each in json.loads(self.outputs["jobs"])}
        return str(jobs[job]["reason"])


def plan(there: OnGitHub, *options: str, code: int = 0, upload: bool = True, **env: str) -> Planned:
    """What it has started, with its history uploaded as the action does it."""
    done = there.cli("plan", *options, **env)
    assert done.code == code, done.err
    planned = Planned(there, done)
    if upload and planned.outputs.get("history-artifact"):
        there.upload_history(planned.outputs)
    return planned


def remember(there: OnGitHub, text: str, *entries: Entry, **changes: Any) -> None:
    """A history that an earlier run of the workflow left, which knows the schedules of this file."""
    loaded = from_bytes(Path("/repo/dbt_jobs.yml"), text.encode())
    assert loaded.config, loaded.problems
    jobs = loaded.config.jobs.values()
    plain: dict[str, Any] = {
        "entries": entries,
        "handled_until": ago(minutes=30),
        "schedules": {job.name: fingerprint(job) for job in jobs if job.triggers.schedule},
    }
    content = history_to_json(History(**{**plain, **changes})).encode()
    there.fake.add_artifact(ARTIFACT, zipped({HISTORY: content}))


def entry(
    run_id: str, job: str = "first", status: RunStatus | None = "success", **changes: Any
) -> Entry:
    """A run that took an hour."""
    planned = changes.pop("planned_at", ago(hours=3))
    outcome = None
    if status:
        outcome = Outcome(
            status=status, started_at=planned, finished_at=planned + timedelta(hours=1),
            reason="model a failed" if status == "error" else "",
        )  # fmt: skip
    plain: dict[str, Any] = {
        "job": job, "environment": "production", "trigger": "schedule", "cause": "",
        "planned_at": planned, "workflow_run": 55, "attempt": 1, "outcome": outcome,
    }  # fmt: skip
    return Entry(run_id=run_id, **{**plain, **changes})


def test_the_first_tick_ever_starts_what_fired_and_writes_it_down_first(there: OnGitHub) -> None:
    there.tick(FIRST)
    found = plan(there)
    assert found.started == ["first"]
    [leg] = found.legs
    [started] = found.history.entries
    assert entry_from_json(leg.pop("start")) == started
    assert leg == {
        "job": "first", "environment": "production", "runs_on": ["ubuntu-latest"],
        "github_environment": "production", "config": "dbt_jobs.yml", "timeout_minutes": 360,
        "group": "dbt.job.first",
    }  # fmt: skip
    assert (started.job, started.trigger, started.scheduled_for) == ("first", "schedule", TEN)
    assert (started.workflow_run, started.attempt, started.branch) == (77, 1, "main")
    assert started.run_id.endswith(f"-{started.run_id.split('-')[1]}-{started.run_id[-6:]}")
    assert started.outcome is None
    assert set(found.history.schedules) == {"first", "other"}
    assert found.outputs["history-artifact"] == ARTIFACT
    assert (found.outputs["due"], found.outputs["deploys"]) == ("true", "true")
    assert list(found.outputs)[-2:] == ["history-folder", "history-artifact"]
    late = format_duration(started.late_seconds)
    assert re.search(rf"scheduled for \w{{3}} .* UTC, {late} late", found.reason("first"))
    assert f"{OTHER}" in found.reason("other")
    assert there.fake.count(host="api") <= 4


def test_a_tick_costs_four_requests_at_most(there: OnGitHub, record_property: Any) -> None:
    remember(there, TWO)
    before = there.fake.count(host="api")
    there.tick(FIRST)
    assert plan(there).started == ["first"]
    requests = there.fake.count(host="api") - before
    record_property("requests of a tick", requests)
    assert requests <= 4


def test_two_crons_of_one_minute_and_a_workflow_that_is_run_again_start_a_job_once(
    there: OnGitHub,
) -> None:
    there.tick(FIRST)
    first = plan(there)
    [run] = first.history.entries
    for attempt in ("1", "2"):
        again = plan(there, GITHUB_RUN_ATTEMPT=attempt)
        assert again.started == []
        assert again.outputs["due"] == again.outputs["deploys"] == "false"
        assert again.outputs["legs"] == "{}"
        assert f"is handled already by run {run.run_id}" in again.reason("first")
        assert again.history.entries == first.history.entries


def test_a_history_that_was_not_uploaded_has_started_nothing(there: OnGitHub) -> None:
    there.tick(FIRST)
    assert plan(there, upload=False).started == ["first"]
    assert plan(there, GITHUB_RUN_ATTEMPT="2").started == ["first"]


def test_an_old_tick_that_is_run_again_starts_nothing_and_changes_nothing(there: OnGitHub) -> None:
    remember(there, TWO)
    there.tick(FIRST)
    first = plan(there)
    assert first.started == ["first"]
    old = dict(there.event)
    jobs_file(there, scheduled(first=FIRST, other=daily(ago(minutes=5))))
    there.tick("17 3 * * *")
    assert plan(there).started == []  # knows the new schedule of `other` from now on
    known = plan(there).history
    there.project.git("checkout", "--quiet", "--detach", old["GITHUB_SHA"])
    there.event = old
    requests = there.fake.count()
    again = plan(there, GITHUB_RUN_ATTEMPT="2")
    assert there.fake.count() == requests
    assert again.outputs["due"] == again.outputs["deploys"] == "false"
    assert again.legs == []
    assert "history-artifact" not in again.outputs
    assert "::warning title=dbt-gitops::this run of a schedule is run again" in again.done.err
    assert "starts with the next tick" in again.reason("other")
    there.tick("17 3 * * *")
    found = plan(there)
    assert found.history.schedules == known.schedules
    assert found.history.entries == known.entries


def test_an_old_tick_run_again_leaves_the_next_its_times(there: OnGitHub) -> None:
    there.tick(FIRST)
    old = dict(there.event)
    new = scheduled(first=FIRST, other=daily(ago(minutes=5)))
    jobs_file(there, new)
    remember(there, new)
    there.project.git("update-ref", "refs/remotes/origin/main", "main")
    there.project.git("checkout", "--quiet", "--detach", old["GITHUB_SHA"])
    there.event = old
    assert plan(there, GITHUB_RUN_ATTEMPT="2").legs == []
    there.tick("17 3 * * *")
    assert plan(there).started == ["first", "other"]


def test_whether_the_branch_has_gone_on_has_to_be_known(there: OnGitHub) -> None:
    there.tick(FIRST)
    there.project.git("update-ref", "-d", "refs/remotes/origin/main")
    again = plan(there, GITHUB_RUN_ATTEMPT="2")
    assert again.legs == []
    assert "whether main has gone on isn't known (`fetch-depth: 0`)" in again.done.err
    there.project.git("update-ref", "refs/remotes/origin/main", "main")
    git = Path(there.project.path) / ".git"
    (git / "shallow").write_text(there.project.git("rev-parse", "main") + "\n")
    assert "isn't known" in plan(there, GITHUB_RUN_ATTEMPT="2").done.err
    assert plan(there).started == ["first"]


def test_a_dropped_tick_is_made_good_by_the_next_and_what_is_too_late_is_missed(
    there: OnGitHub,
) -> None:
    hourly = f"{TEN.minute} * * * *"
    text = scheduled(hourly=hourly, once=daily(ago(hours=9)))
    jobs_file(there, text)
    remember(there, text, handled_until=ago(hours=10))
    there.tick("17 3 * * *")
    found = plan(there)
    assert found.started == ["hourly"]
    [started] = found.history.entries
    assert started.scheduled_for == TEN
    assert started.coalesced == 9
    missed = {(each.job, each.why) for each in found.history.missed}
    assert missed == {("hourly", "coalesced"), ("once", "late")}
    assert re.search(
        r"::warning title=dbt-gitops::`once`: .* was missed: noticed 9h 0\dm late", found.done.err
    )
    assert "and its grace is 6h" in there.summary()
    assert "| `hourly` |" in there.summary()
    assert "### dbt: 1 job started" in there.summary()
    assert plan(there).started == []


def test_a_new_job_and_a_new_schedule_begin_with_their_next_time(there: OnGitHub) -> None:
    remember(there, scheduled(first=OTHER), handled_until=ago(hours=5))
    there.tick("17 3 * * *")  # knows `first` with another schedule, and `other` not at all
    assert plan(there).started == []
    there.tick(FIRST)
    found = plan(there)
    assert found.started == []  # known since the last tick, whose window has passed
    assert "passed" not in found.done.err


def test_more_jobs_than_a_matrix_holds_are_two_blocks(there: OnGitHub) -> None:
    jobs_file(there, scheduled(**{f"job-{number}": FIRST for number in range(300)}))
    there.tick(FIRST)
    found = plan(there)
    sizes = {name: len(each["include"]) for name, each in json.loads(found.outputs["legs"]).items()}
    assert sizes == {"production": 256, "production-2": 44}
    assert found.outputs["matrix"] == ""
    assert len(found.history.entries) == 300


def test_more_than_github_passes_on_is_refused(there: OnGitHub) -> None:
    jobs_file(there, scheduled(**{f"job-{number}": FIRST for number in range(2000)}))
    there.tick(FIRST)
    found = plan(there, code=2)
    assert "2000 jobs are due at once" in found.done.err
    assert "history-artifact" not in found.outputs


FAILING = f"""\
{HEAD}jobs:
  first:
    triggers: {{ schedule: {{ cron: '{FIRST}' }}, dispatch: true, merge: }}
    disable_after: 2
"""
FAILED = (entry("3-first", status="error"), entry("2-first", status="error"), entry("1-first"))


def test_a_job_that_has_failed_too_often_is_held_back_loudly(there: OnGitHub) -> None:
    jobs_file(there, FAILING)
    remember(there, FAILING, *FAILED)
    there.tick(FIRST)
    found = plan(there)
    assert found.started == []
    [missed] = found.history.missed
    assert (missed.job, missed.why) == ("first", "disabled")
    [status] = there.fake.statuses
    assert (status.state, status.context) == ("failure", "dbt / first")
    assert status.sha == there.project.git("rev-parse", "HEAD")
    assert (status.description or "").startswith("held back: its last 2 runs have failed")
    [issue] = there.fake.issues
    assert issue.title == "`first` is held back: 2 runs failed in a row"
    assert "`dbt-gitops trigger first`" in issue.body
    assert (
        "[`3-first`](https://github.com/octo-org/shop/actions/runs/55): model a failed"
        in issue.body
    )
    assert "::warning title=dbt-gitops::`first` isn't started: its last 2 runs" in found.done.err
    assert "its last 2 runs have failed" in there.summary()


def test_the_issue_is_opened_once_and_again_when_it_was_closed(there: OnGitHub) -> None:
    jobs_file(there, FAILING)
    there.push()
    for closed, issues in ((False, 1), (False, 1), (True, 2)):
        remember(there, FAILING, *FAILED)
        if closed:
            there.fake.issues[0].state = "closed"
        assert plan(there, upload=False).started == []
        assert len(there.fake.issues) == issues


def test_what_github_refuses_to_be_told_holds_up_no_other_job(there: OnGitHub) -> None:
    text = FAILING + f"  sound: {{ triggers: {{ schedule: {{ cron: '{FIRST}' }} }} }}\n"
    jobs_file(there, text)
    remember(there, text, *FAILED)
    there.fake.denied |= {"issues: read", "statuses: write"}
    there.tick(FIRST)
    found = plan(there)
    assert found.started == ["sound"]
    assert found.done.err.count("::warning title=dbt-gitops::not reported") == 2


def test_a_person_starts_it_all_the_same(there: OnGitHub) -> None:
    jobs_file(there, FAILING)
    remember(there, FAILING, *FAILED)
    there.dispatch({"job": "first", "cause": "it is mended"})
    found = plan(there)
    assert found.started == ["first"]
    assert found.history.entries[0].cause == "it is mended"
    assert there.fake.issues == []


CHAIN = f"""\
{HEAD}jobs:
  a: {{ triggers: {{ schedule: {{ cron: '{FIRST}' }} }} }}
  b: {{ triggers: {{ dispatch: true }} }}
  both: {{ triggers: {{ job: {{ all_of: [a, b] }} }} }}
  last: {{ triggers: {{ job: {{ name: both }} }} }}
"""


def ends(there: OnGitHub, job: str, run_id: str, after: str = "both") -> None:
    upstream = {"job": job, "ending": "success", "run_id": run_id, "depth": 1}
    there.dispatch({"job": after, "upstream": json.dumps(upstream)})


def test_a_job_after_several_starts_once_all_have_ended(there: OnGitHub) -> None:
    jobs_file(there, CHAIN)
    ends(there, "a", "1-a")
    first = plan(there)
    assert first.started == []
    assert first.history.waiting == {"both": {"a": "1-a"}}
    assert "it waits for `b`" in first.reason("both")
    ends(there, "b", "2-b")
    second = plan(there)
    assert second.started == ["both"]
    assert second.history.waiting == {}
    assert second.history.entries[0].upstream == {"a": "1-a", "b": "2-b"}
    assert second.history.entries[0].trigger == "job"
    assert "mermaid" in there.summary()
    assert "last" in there.summary()
    ends(there, "a", "1-a")
    third = plan(there)
    assert third.started == []
    assert "handled already by run" in third.reason("both")


MIXED = f"{CHAIN}  any: {{ triggers: {{ job: [{{ name: a }}, {{ all_of: [a, b] }}] }} }}\n"


def test_off_the_default_branch_no_job_waits_for_several(there: OnGitHub) -> None:
    jobs_file(there, MIXED)
    waiting = {"both": {"a": "1-a"}, "any": {"b": "2-b"}}
    remember(there, MIXED, waiting=waiting)
    ends(there, "b", "9-b")
    to_topic(there)
    found = plan(there, "--format", "json", code=2)
    why = (
        "`b` has ended: success; it can't be completed off the default branch: only there is it kept"
        " which of `a`, `b` have ended"
    )
    assert found.reason("both") == why
    assert f"error: `both` isn't run\n{why}" in found.done.err
    assert found.started == []
    assert '"code": "off-default"' in found.done.out
    assert why in there.summary().replace("\\", "")
    ends(there, "a", "9-a", after="any")
    to_topic(there)
    alone = plan(there)
    assert alone.started == ["any"]
    assert entry_from_json(alone.legs[0]["start"]).upstream == {"a": "9-a"}
    there.project.git("checkout", "--quiet", "main")
    ends(there, "b", "9-b")
    assert plan(there).started == ["both"]  # the default branch still waited for it


def slotted(number: int, **jobs: str) -> str:
    return scheduled(**jobs).replace("version: 1\n", f"version: 1\nrun_slots: {number}\n")


def test_a_jobs_slot_is_its_place_among_all_jobs(there: OnGitHub) -> None:
    text = slotted(2, a=FIRST, b=FIRST, c=FIRST, d=FIRST, e=FIRST)
    text = text.replace("  d: {", "  d: { concurrency: cancel,")
    jobs_file(there, text)
    remember(there, text)
    there.tick(FIRST)
    found = plan(there)
    groups = {leg["job"]: leg["group"] for leg in found.legs}
    assert groups == {
        "a": "dbt.slot.1", "b": "dbt.slot.2", "c": "dbt.slot.1", "d": "dbt.job.d",
        "e": "dbt.slot.1",
    }  # fmt: skip
    slots = {each.job: each.slot for each in found.history.entries}
    assert slots == {"a": 1, "b": 2, "c": 1, "d": None, "e": 1}


def test_no_history_moves_a_job_to_another_slot(there: OnGitHub) -> None:
    """Neither runs that wait elsewhere, nor one of its own that is taken for lost, nor none at all."""
    text = slotted(2, a=OTHER, b=FIRST, c=OTHER)
    jobs_file(there, text)
    remember(
        there, text,
        entry("1-b", "b", None, slot=1, planned_at=ago(hours=20)),
        entry("2-b", "b", None, slot=1, planned_at=ago(minutes=40)),
        entry("1-a", "a", None, slot=2, planned_at=ago(minutes=30)),
    )  # fmt: skip
    there.tick(FIRST)
    assert {leg["job"]: leg["group"] for leg in plan(there).legs} == {"b": "dbt.slot.2"}


def test_a_run_that_left_no_word_is_said_once(there: OnGitHub) -> None:
    remember(there, TWO, entry("1-other", "other", None, planned_at=ago(hours=8)))
    there.tick(FIRST)
    found = plan(there)
    assert "run 1-other was started 8h 0" in found.done.err
    assert "left no word of its end: https://github.com/octo-org/shop/actions/runs/55" in (
        found.done.err
    )
    lost = found.history.of("other")[0].outcome
    assert lost
    assert lost.status == "cancelled"
    assert "left no word" not in plan(there).done.err


def test_a_job_that_takes_longer_than_its_pause_is_said(there: OnGitHub) -> None:
    text = scheduled(hourly=f"{TEN.minute} * * * *")
    jobs_file(there, text)
    slow = [replace(entry(f"{n}-hourly", "hourly", planned_at=ago(hours=5 - n))) for n in (1, 2, 3)]
    longer = [
        replace(
            each, outcome=replace(each.outcome, finished_at=each.planned_at + timedelta(minutes=80))
        )
        for each in slow
        if each.outcome
    ]
    remember(there, text, *longer)
    there.tick(FIRST)
    found = plan(there)
    said = (
        "`hourly` usually takes 1h 20m and is scheduled every 60 minutes: a run that has to wait is"
    )
    assert said in found.done.err
    assert "slow the schedule down or speed the job up" in there.summary()


def test_only_the_default_branch_writes_the_history(there: OnGitHub) -> None:
    jobs_file(there, FAILING)
    remember(there, FAILING, *FAILED)
    there.dispatch({"job": "first"})
    there.event["GITHUB_REF"] = "refs/heads/topic"
    found = plan(there)
    assert found.started == ["first"]
    assert entry_from_json(found.legs[0]["start"]).branch == "topic"
    assert "history-artifact" not in found.outputs
    assert "only the default branch does it, and this is refs/heads/topic" in found.done.out


def on_branch(there: OnGitHub, inputs: dict[str, str]) -> None:
    """A dispatch on `topic`, with main as the remote has it."""
    git = there.project.git
    git("update-ref", "refs/remotes/origin/main", "main")
    there.dispatch(inputs)
    to_topic(there)


def to_topic(there: OnGitHub) -> None:
    """What is dispatched on main is on `topic`, which is as main is."""
    git = there.project.git
    event = Path(there.event["GITHUB_EVENT_PATH"])
    event.write_text(event.read_text().replace("refs/heads/main", "refs/heads/topic"))
    there.event["GITHUB_REF"] = "refs/heads/topic"
    git("checkout", "--quiet", "-B", "topic")


def test_a_branch_can_t_allow_itself_what_the_default_branch_doesn_t(there: OnGitHub) -> None:
    jobs_file(there, FAILING.replace("dispatch: true", "dispatch: { overrides: [threads] }"))
    on_branch(there, {"job": "first", "schema": "mine"})
    there.project.write("dbt_jobs.yml", FAILING)
    found = plan(there, code=2)
    assert "schema can't be overridden: the default branch's jobs file says that" in found.done.err
    on_branch(there, {"job": "first", "threads": "2"})
    assert plan(there).started == ["first"]


def test_overrides_need_the_default_branch_at_hand(there: OnGitHub) -> None:
    jobs_file(there, FAILING)
    on_branch(there, {"job": "first", "threads": "2"})
    there.project.git("update-ref", "-d", "refs/remotes/origin/main")
    found = plan(there, code=2)
    assert "there is no commit 'refs/remotes/origin/main' here" in found.done.err


def test_a_history_that_can_t_be_read_starts_nothing(there: OnGitHub) -> None:
    there.fake.add_artifact(ARTIFACT, zipped({HISTORY: b"{}"}))
    there.tick(FIRST)
    found = plan(there, code=3)
    assert "can't be read" in found.done.err
    assert found.outputs == {}
    there.fake.artifacts.clear()
    there.fake.faults.append(Fault(path="artifacts", status=403, message="no", times=9))
    assert plan(there, code=3).outputs == {}


def test_a_pull_request_asks_for_no_history(there: OnGitHub) -> None:
    text = HEAD + "jobs:\n  ci: { triggers: { pull_request: } }\n"
    jobs_file(there, text)
    there.project.git("checkout", "--quiet", "-b", "change")
    there.project.append("dbt/dbt_project.yml", "# changed\n")
    there.project.commit()
    there.pull_request()
    found = plan(there)
    assert list(json.loads(found.outputs["legs"])) == ["production-checks"]
    assert (found.outputs["due"], found.outputs["deploys"]) == ("true", "false")
    assert there.fake.count(host="api") == 0


@pytest.mark.parametrize("known", [True, False])
def test_a_merge_that_starts_nothing_writes_no_history(there: OnGitHub, known: bool) -> None:
    if known:
        remember(there, TWO)
    there.push()
    found = plan(there)
    assert "history-artifact" not in found.outputs
    assert found.outputs["legs"] == "{}"


def folder(there: OnGitHub) -> Path:
    """The state store in a folder outside of the checkout, as a machine of one's own has it."""
    state = there.scratch / "state"
    jobs_file(there, TWO.replace("state: github", f"state: {state}"))
    return state


def test_two_ticks_at_once_start_a_job_once(there: OnGitHub) -> None:
    state = folder(there)
    there.tick(FIRST)
    together = [
        there.project.start(
            "plan", **{**there.environ, "GITHUB_OUTPUT": str(there.scratch / f"output-{n}")}
        )
        for n in range(3)
    ]
    ended = [(each.communicate(timeout=60), each.returncode)[1] for each in together]
    started = [
        (there.scratch / f"output-{number}").read_text().count('"start":"{')
        for number, code in enumerate(ended)
        if code == 0
    ]
    assert sum(started) == 1
    assert set(ended) <= {0, 3}
    history = history_from_json((state / HISTORY).read_text())
    assert [each.job for each in history.entries] == ["first"]


def test_a_history_that_can_t_be_written_fails_the_plan(there: OnGitHub) -> None:
    state = folder(there)
    state.write_text("in the way of the folder")
    there.tick(FIRST)
    done = there.cli("plan")
    assert done.code == 3
    assert "history-folder" not in there.outputs()


def test_several_files_have_one_plan(there: OnGitHub) -> None:
    there.project.write("finance/dbt/dbt_project.yml", "name: other\n")
    there.project.write("finance/dbt_jobs.yml", scheduled(money=FIRST))
    there.project.commit()
    there.tick(FIRST)
    files = ("--config", "dbt_jobs.yml", "--config", "finance/dbt_jobs.yml")
    found = plan(there, *files)
    assert {leg["job"]: leg["config"] for leg in found.legs} == {
        "first": "dbt_jobs.yml",
        "money": "finance/dbt_jobs.yml",
    }
    assert set(found.history.schedules) == {"first", "other", "money"}
    there.dispatch({"job": "money"})
    assert "`money` isn't run" in plan(there, *files, code=2).done.err
    there.dispatch({"job": "monye"})
    assert "did you mean" in plan(there, *files, code=2).done.err


def test_files_share_no_name_and_all_their_problems_are_said(there: OnGitHub) -> None:
    there.project.write("finance/dbt/dbt_project.yml", "name: other\n")
    there.project.write("finance/dbt_jobs.yml", scheduled(first=FIRST))
    there.tick(FIRST)
    files = ("--config", "dbt_jobs.yml", "--config", "finance/dbt_jobs.yml")
    assert "there is a job `first` already" in plan(there, *files, code=2).done.err
    there.project.write("finance/dbt_jobs.yml", "version: 2\n")
    there.project.write("dbt_jobs.yml", "version: 3\n")
    found = plan(there, *files, code=2)
    assert "finance/dbt_jobs.yml:1" in found.done.err
    assert found.done.err.count("version") >= 2
    assert found.outputs == {}


def test_elsewhere_a_tick_is_only_said(there: OnGitHub) -> None:
    state = folder(there)
    there.tick(FIRST)
    event = there.event["GITHUB_EVENT_PATH"]
    done = there.project.cli("plan", "--event", "schedule", "--event-path", event)
    assert done.code == 0
    assert "jobs to run: 1\n  first  scheduled for " in done.out
    assert not state.exists()


def slow(there: OnGitHub) -> None:
    """An hourly job that takes 80 minutes, with a history at hand."""
    state = there.scratch / "state"
    text = scheduled(hourly=f"{TEN.minute} * * * *").replace("state: github", f"state: {state}")
    jobs_file(there, text.replace("schedule: { cron", "dispatch: true, schedule: { cron"))
    runs = [entry(f"{n}-hourly", "hourly", planned_at=ago(hours=5 - n)) for n in (1, 2, 3)]
    took = timedelta(minutes=80)
    longer = [
        replace(each, outcome=replace(each.outcome, finished_at=each.planned_at + took))
        for each in runs
        if each.outcome
    ]
    known = {"hourly": f"{TEN.minute} * * * * UTC"}
    history = History(entries=tuple(longer), handled_until=ago(minutes=30), schedules=known)
    state.mkdir()
    (state / HISTORY).write_text(history_to_json(history))


TOO_OFTEN = "`hourly` usually takes 1h 20m and is scheduled every 60 minutes"


def test_without_an_event_it_says_what_starts_each_job(there: OnGitHub) -> None:
    slow(there)
    done = there.project.cli("plan")
    assert done.code == 0, done.err
    assert re.search(
        r"^  hourly\n    .*(past the|every) hour.*\(UTC\)\n    next: \w{3} ", done.out, re.M
    )
    assert "by hand or the API, which may override everything\n" in done.out
    assert "    due now: scheduled for " in done.out
    assert f"warning: {TOO_OFTEN}" in done.out
    document = json.loads(there.project.cli("plan", "--format", "json").out)
    [job] = document["jobs"]
    assert len(job["next"]) == 3
    assert job["due"]["scheduled_for"] == TEN.isoformat()
    assert job["dispatch"]["overrides"][0] == "steps"
    done = there.project.cli("plan", "--format", "matrix")
    assert (done.code, "there is no matrix without an event" in done.err) == (2, True)


def test_without_a_history_at_hand_nothing_is_said_to_be_due(there: OnGitHub) -> None:
    done = there.project.cli("plan")
    assert done.code == 0
    assert "due now" not in done.out
    assert "note: the history isn't read: it is kept in github, not on this machine" in done.out
    assert there.fake.count() == 0


def test_validate_says_it_too(there: OnGitHub) -> None:
    slow(there)
    done = there.project.cli("validate")
    assert done.code == 0
    assert TOO_OFTEN in done.out
    assert "hint: slow the schedule down or speed the job up" in done.out
    (there.scratch / "state" / HISTORY).write_text("{")
    done = there.project.cli("validate")
    assert done.code == 0
    assert "how long jobs take isn't known" in done.err


def test_times_in_both_zones_and_what_else_starts_a_job(there: OnGitHub) -> None:
    environment = '{ target: prod, schema: "pr_{pr_number}",'
    text = f"""{HEAD.replace("{ target: prod,", environment)}jobs:
  early: {{ triggers: {{ schedule: {{ cron: "30 23 * * *", timezone: America/New_York }} }} }}
  ci: {{ triggers: {{ pull_request: }} }}
  deploy: {{ triggers: {{ merge: {{ branches: [release] }}, dispatch: {{ overrides: [threads] }} }} }}
  after: {{ triggers: {{ job: {{ all_of: [early, deploy] }} }}, enabled: false }}
  idle: {{}}
"""
    jobs_file(there, text)
    done = there.project.cli("plan")
    assert done.code == 0, done.err
    out = done.out
    assert "at 23:30 (America/New_York)" in out
    assert re.search(
        r"next: \w{3} \d\d \w{3} \d{4} 23:30 E[SD]T \(\w{3} \d\d \w{3} 0[34]:30 UTC\); ", out
    )
    assert "  ci\n    pull requests into the default branch\n" in out
    assert "merges into release\n    by hand or the API, which may override threads\n" in out
    assert (
        "  after\n    disabled: nothing starts it\n    after `early` and `deploy`: success\n" in out
    )
    assert "  idle\n    by hand alone" in out
