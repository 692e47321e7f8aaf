"""How runs end for the history, what they say together, and how that is shown."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from runner.errors import ExitCode
from runner.github.answers import WorkflowJob, WorkflowStep
from runner.history import Entry, Outcome
from runner.record_json import run_from_json
from runner.reports.ended import Leg, legs_summary
from runner.reports.figures import JobFigures, figures
from runner.reports.runs import runs
from runner.reports.text import short_id
from runner.runs.ending import Attempt, endings
from runner.runs.outcomes import entry_of, job_named, outcome_of, outcome_without_record
from runner.state.cache import Cache
from tests.unit.history_samples import HEADS, NOON, ended, entry, history, missed
from tests.unit.report_samples import RECORDS

FAILED = run_from_json((RECORDS / "ci_failed.json").read_text())


def job(name: str = "daily", conclusion: str = "success", **changes: Any) -> WorkflowJob:
    plain: dict[str, Any] = {
        "started_at": NOON,
        "completed_at": NOON + timedelta(minutes=5),
        "runner_id": 1,
        "html_url": f"https://github.com/acme/jaffle/actions/runs/77/job/{name}",
    }
    return WorkflowJob(
        id=1, name=name, status="completed", conclusion=conclusion, **{**plain, **changes}
    )


def test_an_outcome_is_the_record_in_brief() -> None:
    outcome = outcome_of(FAILED)
    assert (outcome.status, outcome.exit_code) == ("error", 1)
    assert outcome.seconds == FAILED.seconds
    assert sum(outcome.nodes.values()) == len(FAILED.nodes)
    assert outcome.nodes["fail"] == sum(node.status == "fail" for node in FAILED.nodes)
    long = outcome_of(replace(FAILED, reason="x\n" * 1000))
    assert len(long.reason) == 200
    assert "\n" not in long.reason


def test_a_run_that_nobody_planned_was_planned_when_it_was_asked_for() -> None:
    made = entry_of(FAILED)
    assert (made.run_id, made.planned_at, made.workflow_run) == (
        FAILED.run_id,
        FAILED.queued_at,
        0,
    )
    assert made.outcome == outcome_of(FAILED)


@pytest.mark.parametrize(
    ("left", "status", "reason", "code"),
    [
        (None, "cancelled", "GitHub lists no job for it", ExitCode.INTERRUPTED),
        (
            job(conclusion="cancelled", runner_id=0),
            "cancelled",
            "cancelled before it began",
            ExitCode.INTERRUPTED,
        ),
        (job(conclusion="skipped", runner_id=None), "skipped", "skipped", ExitCode.SUCCESS),
        (job(conclusion="failure", runner_id=0), "error", "no machine", ExitCode.STEP_FAILED),
        (job(conclusion="cancelled"), "cancelled", "left no record", ExitCode.INTERRUPTED),
        (job(conclusion="failure"), "error", "the runner was lost", ExitCode.STEP_FAILED),
        (
            job(
                conclusion="failure",
                steps=(
                    WorkflowStep(name="Set up job", status="completed", conclusion="success"),
                    WorkflowStep(name="Run checkout", status="completed", conclusion="failure"),
                ),
            ),
            "error",
            "its step Run checkout failed",
            ExitCode.STEP_FAILED,
        ),
        (job(conclusion="timed_out"), "error", "time limit", ExitCode.TIMED_OUT),
        (job(), "success", "left no record", ExitCode.SUCCESS),
    ],
)
def test_what_left_no_record_ends_by_githubs_word(
    left: WorkflowJob | None, status: str, reason: str, code: ExitCode
) -> None:
    outcome = outcome_without_record(left)
    assert (outcome.status, outcome.exit_code) == (status, code)
    assert reason in outcome.reason
    assert (outcome.started_at is None) == (left is None or not left.began)


def test_a_leg_is_found_by_its_name() -> None:
    legs = [job("plan"), job("report"), job("production daily_2"), job("production report")]
    assert job_named(legs, "report") == legs[-1]
    assert job_named(legs, "daily") is None


FIRST = Attempt(number=1, began=NOON, jobs=(job(),))
AGAIN = Attempt(number=2, began=NOON + timedelta(hours=1), jobs=())


def record(planned: Entry, behind: str = "", **changes: Any) -> Any:
    return replace(FAILED, run_id=f"{planned.run_id}{behind}", job=planned.job, **changes)


def test_a_record_ends_its_entry() -> None:
    planned = entry()
    [end], strange = endings([planned], {"daily": record(planned)}, FIRST)
    assert end.entry.run_id == planned.run_id
    assert (end.outcome.status, end.lost, strange) == ("error", False, ())


def test_what_left_nothing_is_lost() -> None:
    [end], _ = endings([entry()], {}, FIRST)
    assert (end.outcome.status, end.lost) == ("success", True)


def test_a_record_of_another_run_is_passed_over() -> None:
    planned = entry()
    other = {"daily": replace(record(planned), run_id="x")}
    ends, strange = endings([planned], other, FIRST)
    assert [end.lost for end in ends] == [True]
    assert strange == ("the record of `daily` is of another run: x",)


def test_a_second_attempt_has_entries_of_its_own() -> None:
    first = ended(status="error", scheduled_for=NOON)
    untouched = ended("hourly")
    [end], _ = endings([first, untouched], {"daily": record(first, "-2")}, AGAIN)
    assert end.entry.run_id == f"{first.run_id}-2"
    assert (end.entry.attempt, end.entry.planned_at) == (2, AGAIN.began)
    assert (end.entry.scheduled_for, end.lost) == (None, False)


def test_a_second_attempt_that_left_nothing_is_lost_where_github_ran_it() -> None:
    first, other = ended(status="error"), ended("hourly")
    old = {"daily": record(first), "hourly": record(other)}
    late = job(conclusion="failure", started_at=AGAIN.began)
    # GitHub may list the job that wasn't run again, with the times that it had.
    attempt = replace(AGAIN, jobs=(late, job("hourly")))
    lost = [end for end in endings([first, other], old, attempt)[0] if end.lost]
    assert [end.entry.run_id for end in lost] == [f"{first.run_id}-2"]


def test_what_was_planned_in_a_second_attempt_keeps_its_id() -> None:
    planned = entry(attempt=2, planned_at=AGAIN.began)
    [end], _ = endings([planned], {"daily": record(planned, "-2")}, AGAIN)
    assert (end.entry.run_id, end.lost) == (planned.run_id, False)


def test_figures_are_medians_and_a_trend() -> None:
    slow = [ended(number=n, execution=130 + n) for n in range(5)]
    quick = [ended(number=n, execution=100) for n in range(5, 9)]
    others = [
        entry(number=-1),
        ended(number=10, status="error", execution=1),
        ended(number=11, status="cancelled"),
    ]
    told = figures("daily", history(*slow, *quick, *others).entries)
    assert told == JobFigures(
        job="daily",
        runs=12,
        success_rate=0.9,
        wait=20,
        preparation=8,
        execution=130,
        executions=(100, 100, 100, 100, 134, 133, 132, 131, 130),
        trend=132 / 100 - 1,
    )


def test_few_runs_have_no_figures() -> None:
    told = figures("daily", [entry()])
    assert (told.success_rate, told.wait, told.execution, told.trend) == (None,) * 4


def shown(width: int, *entries: Entry, colour: bool = False) -> list[str]:
    console = Console(
        file=StringIO(), width=width or 1000, force_terminal=colour, soft_wrap=True, highlight=False
    )
    told = history(*entries)
    jobs = [figures("daily", told.entries)]
    with console.capture() as captured:
        for part in runs(told.entries, jobs, [missed()], NOON + timedelta(minutes=3), width):
            console.print(part)
    return [line.rstrip() for line in captured.get().splitlines()]


SHOWN = (
    entry(number=0),
    ended(number=1, scheduled_for=NOON - timedelta(hours=1, minutes=12)),
    ended(number=2, status="error"),
    ended(number=3, status="cancelled"),
)


def test_a_wide_table_says_everything() -> None:
    heads, *rows = shown(200, *SHOWN)
    assert heads.split() == HEADS
    assert "under way" in rows[0]
    assert "3m 00s…" in rows[0]
    assert "schedule 12m 00s late" in rows[1]
    assert rows[2].endswith("1 of 30 failed  `dbt build` failed: 1 test of 30 nodes")
    assert max(map(len, (heads, *rows))) <= 200


@pytest.mark.parametrize("width", [70, 80, 100, 120, 160])
def test_a_narrow_table_has_room(width: int) -> None:
    lines = shown(width, *SHOWN, ended("finance_" + "nightly_" * 4, number=4))
    assert max(map(len, lines)) <= width
    assert all(entry.run_id[-6:] in "\n".join(lines) for entry in SHOWN)
    assert lines[0].split()[0] == "run"
    assert all(word in lines[0] for word in ("status", "execution", "nodes"))


def test_a_file_gets_all_columns_and_no_colour() -> None:
    lines = shown(0, *SHOWN)
    assert "reason" in lines[0]
    assert "\x1b" not in "".join(lines)
    assert "\x1b" in "".join(shown(0, *SHOWN, colour=True))


def test_hostile_names_stay_in_their_line() -> None:
    bad = ended("daily", environment="x\x1b[31m\n", trigger="##[error]", commit="\x1b]0;x\x07")
    text = "\n".join(shown(0, bad))
    assert "\x1b" not in text
    assert "##[" not in text
    assert len(text.splitlines()) == len(shown(0, ended()))


@pytest.mark.parametrize(
    ("run_id", "short"),
    [
        ("20261120T041502Z-daily-3f2a9c", "3f2a9c"),
        ("20261120T041502Z-daily-3f2a9c-2", "3f2a9c-2"),
        ("something else", "something else"),
    ],
)
def test_a_run_is_called_by_what_tells_it_from_others(run_id: str, short: str) -> None:
    assert short_id(run_id) == short


def leg(planned: Entry) -> Leg:
    assert planned.outcome
    return Leg(entry=planned, outcome=planned.outcome, page="https://github.com/acme/x/job/1")


def test_the_summary_leads_with_what_failed() -> None:
    never = replace(entry("exports"), outcome=Outcome(status="cancelled", reason="cancelled | x"))
    text = legs_summary([leg(ended()), leg(never), leg(ended("b", status="error"))], ["it's `odd`"])
    lines = text.splitlines()
    assert lines[0] == "### ❌ 3 jobs: 1 failed, 1 cancelled and 1 succeeded"
    assert lines[4].startswith("| ❌ | [`b`](https://github.com/acme/x/job/1) | schedule |")
    assert "cancelled &#124; x" in lines[5]
    assert "> ⚠️ it's `odd`" in lines
    assert text.count("  section ") == 2
    assert "    1m 40s :crit, " in text


def test_a_run_without_legs_says_its_notes() -> None:
    assert legs_summary([], ["nothing"]) == "> ⚠️ nothing\n"


def test_a_cache_keeps_what_is_whole(tmp_path: Path) -> None:
    said: list[str] = []
    cache = Cache(tmp_path / "kept", most=2, say=said.append)
    assert cache.read("a") is None
    cache.write("a", "ä")
    assert cache.read("a") == "ä"
    [path] = (tmp_path / "kept").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.read("a") is None
    cache.write("../a", "x")
    assert said == ["not kept for the next time: '../a' can't name a file"]


def test_a_cache_forgets_what_was_used_longest_ago(tmp_path: Path) -> None:
    import os

    cache = Cache(tmp_path, most=2, say=print)
    for number, name in enumerate("abc"):
        cache.write(name, name)
        os.utime(tmp_path / f"{name}.kept", (number, number))
        if name == "b":
            assert cache.read("a") == "a"  # used now
    assert [cache.read(name) for name in "abc"] == ["a", None, "c"]


def test_a_folder_that_cant_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    Cache(tmp_path / "file" / "kept", most=2, say=said.append).write("a", "a")
    assert len(said) == 1
