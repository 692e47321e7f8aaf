"""What a plan says of chains, of jobs that are scheduled too often, and of the runs that it starts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from runner.config import from_bytes
from runner.history import Entry, History, Outcome
from runner.model import Config
from runner.reports.chains import chains
from runner.reports.plan import Planned, PlanReport
from runner.reports.plan_summary import plan_summary
from runner.triggers import NotTriggered, Plan, Triggered
from runner.triggers.overscheduled import over_scheduled
from runner.triggers.starting import lost
from tests.unit.test_report_markdown import HOSTILE
from tests.unit.test_report_mermaid import mermaid

NOW = datetime(2026, 11, 21, 4, 3, tzinfo=timezone.utc)


def config(jobs: str) -> Config:
    text = f"""version: 1
environments: {{ production: {{ target: prod }} }}
defaults: {{ environment: production, steps: [dbt build] }}
jobs:
{jobs}"""
    loaded = from_bytes(Path("/repo/dbt_jobs.yml"), text.encode())
    assert loaded.config, loaded.problems
    return loaded.config


CHAIN = config("""\
  a: { triggers: { dispatch: true } }
  b: { triggers: { job: { name: a, on: [success, error] } } }
  c: { triggers: { job: { all_of: [b, x] } } }
  x: { triggers: { dispatch: true } }
  y: { triggers: { job: { name: x } } }
""")


def test_a_graph_has_what_the_started_jobs_start_and_mermaid_reads_it() -> None:
    drawn = chains(CHAIN.jobs.values(), ["a"])
    [read] = mermaid((drawn,))
    assert read["type"].startswith("flowchart")
    assert sorted(read["labels"]) == ["a", "b", "c"]
    assert "|success or error|" in drawn
    assert "y" not in read["labels"]
    assert chains(CHAIN.jobs.values(), ["c"]) == chains(CHAIN.jobs.values(), []) == ""


def ran(minutes: int, count: int = 3) -> History:
    """The job `slow` took so many minutes, so often."""
    starts = [NOW - timedelta(days=number + 1) for number in range(count)]
    return History(
        entries=tuple(
            Entry(
                run_id=f"{number}-slow", job="slow", environment="production", trigger="schedule",
                cause="", planned_at=start,
                outcome=Outcome(
                    status="success", started_at=start,
                    finished_at=start + timedelta(minutes=minutes),
                ),
            )
            for number, start in enumerate(starts)
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("job", "minutes", "said"),
    [
        ("{ cron: '0 * * * *' }", 59, ""),
        ("{ cron: '0 * * * *' }", 60, ""),
        (
            "{ cron: '0 * * * *' }",
            61,
            "takes 1h 01m and is scheduled every 60 minutes: a run that has",
        ),
        ("[{ cron: '0 * * * *' }, { cron: '20 4 * * *' }]", 30, "every 20 minutes"),
        ("{ cron: '0 4 * * *' }", 25 * 60, "takes 1d 1h and is scheduled every 1d"),
        ("{ cron: '0 4 * * 1' }", 25 * 60, ""),
        ("{ cron: '0 4 * * 1' }", 8 * 24 * 60, "every 7d"),
        ("{ cron: '0 4,8 * * *' }", 300, "every 4h"),
    ],
)
def test_what_takes_longer_than_its_pause(job: str, minutes: int, said: str) -> None:
    jobs = config(f"  slow: {{ triggers: {{ schedule: {job} }} }}\n").jobs.values()
    found = [str(each) for each in over_scheduled(jobs, ran(minutes), NOW)]
    assert len(found) == bool(said)
    assert said in "".join(found)
    assert not list(over_scheduled(jobs, ran(minutes, count=2), NOW))  # too few to know


@pytest.mark.parametrize(
    ("concurrency", "effect"),
    [("replace", "replaced by the next"), ("queue", "ever longer"), ("cancel", "before it ends")],
)
def test_what_comes_of_it_depends_on_the_queue(concurrency: str, effect: str) -> None:
    text = f"  slow: {{ triggers: {{ schedule: {{ cron: '0 * * * *' }} }}, concurrency: {concurrency} }}\n"
    [found] = over_scheduled(config(text).jobs.values(), ran(90), NOW)
    assert effect in found.why


def test_a_run_is_lost_an_hour_after_its_timeout() -> None:
    jobs = config("  quick: { timeout: 30m }\n  other: { triggers: { dispatch: true } }\n").jobs

    def waiting(job: str, hours: float) -> History:
        planned = NOW - timedelta(hours=hours)
        return History(
            entries=(
                Entry(
                    run_id="1", job=job, environment="production", trigger="dispatch", cause="",
                    planned_at=planned,
                ),
            )
        )  # fmt: skip

    for job, hours, gone in (
        ("quick", 1.4, 0), ("quick", 1.6, 1), ("other", 6.9, 0), ("other", 7.1, 1),
        ("was-removed", 7.1, 1),
    ):  # fmt: skip
        assert len(lost(waiting(job, hours), jobs, NOW)) == gone


@pytest.mark.parametrize("text", HOSTILE)
def test_a_summary_stays_what_it_is_whatever_is_written_in_it(text: str) -> None:
    plan = Plan(
        verdicts=(
            Triggered(job="a", trigger="dispatch", reason=f"asked for: {text}"),
            NotTriggered(job="b", code="waits", reason=text),
            NotTriggered(job="c", code="trigger", reason=text),
        )
    )
    part = PlanReport(plan=plan, config=CHAIN, checkout=CHAIN, notes=(text,))
    summary = plan_summary(Planned(parts=(part,), warnings=(text,)), NOW)
    assert "\n::" not in summary
    assert "##[" not in summary
    assert "<!--" not in summary
    rows = [line for line in summary.splitlines() if line.startswith("| ")]
    assert [row.count(" | ") for row in rows] == [4, 4, 4, 1, 1, 1]
    assert "1 other job has nothing to do here." in summary
