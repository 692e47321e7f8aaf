"""What is due, as the matrices of a workflow's jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from runner.blocks import MOST_LEGS, Block, blocks, by_job
from runner.errors import ConfigInvalid
from runner.events import Event, MergeGroup, PullRequest
from runner.history import Entry
from runner.history_json import entry_to_json
from runner.model import Config
from runner.reports.plan import Planned, PlanReport, defused_json
from runner.triggers import Triggered
from runner.triggers.starting import group

# GitHub's own limit for a job, and what a run takes before and after its timeout counts.
LONGEST_MINUTES = 360
AROUND = timedelta(minutes=15)
# Of all outputs of a job together; GitHub counts two bytes a character.
OUTPUT_LIMIT = 1024 * 1024 // 2
CHECKS = frozenset({"pull_request", "merge_group"})


def as_matrix(planned: Planned) -> str:
    """A matrix of GitHub's jobs, in one line.

    ``{"include": [{"job": "ci", "environment": "ci", "runs_on": ["ubuntu-latest"],
    "github_environment": ""}]}``. GitHub refuses an empty ``include``: whoever uses it skips its job
    then. Raises ConfigInvalid on more jobs than a matrix can have.
    """
    triggered = planned.plan.triggered
    if len(triggered) > MOST_LEGS:
        raise ConfigInvalid(
            f"{len(triggered)} jobs are due at once",
            why=f"a matrix of GitHub has at most {MOST_LEGS} jobs",
            hint="the workflow of `dbt-gitops sync` has several; or spread them over several times",
        )
    legs = [_flat(part.config, each) for part, each in _all(planned)]
    return defused_json(json.dumps({"include": legs}))


def as_jobs(planned: Planned) -> str:
    """``[{"job", "status": "due" | "skipped", "reason"}]`` in one line."""
    jobs = [
        {
            "job": verdict.job,
            "status": "due" if isinstance(verdict, Triggered) else "skipped",
            "reason": verdict.reason,
        }
        for verdict in planned.plan.verdicts
    ]
    return defused_json(json.dumps(jobs))


def as_legs(planned: Planned, event: Event, root: Path) -> tuple[str, bool]:
    """For the compiled workflow: ``{"<block>": {"include": [leg, …]}}``, and whether one deploys.

    A block without legs isn't there. Paths of jobs files are from ``root``. Raises ConfigInvalid where
    that is more than GitHub passes on.
    """
    places = by_job(blocks([part.checkout for part in planned.parts]))
    starts = {entry.job: entry for entry in planned.entries}
    matrices: dict[str, dict[str, list[dict[str, object]]]] = {}
    deploys = False
    for part, each in _all(planned):
        block = places.get((each.job, each.trigger in CHECKS))
        if block is None:
            continue
        entry = starts.get(each.job)
        leg = {
            **_flat(part.config, each),
            "config": _path(part.checkout, root),
            "timeout_minutes": _minutes(part, each.job),
            "group": _group(each.job, entry, event),
            "start": entry_to_json(entry) if entry else "",
        }
        matrices.setdefault(block.name, {"include": []})["include"].append(leg)
        deploys = deploys or block.kind != "checks"
    text = defused_json(json.dumps(matrices, separators=(",", ":")))
    if len(text) > OUTPUT_LIMIT:
        raise ConfigInvalid(
            f"{len(planned.plan.triggered)} jobs are due at once",
            why=f"GitHub passes on {OUTPUT_LIMIT:,} characters, and what they need is {len(text):,}",
            hint="spread them over several times of the schedule",
        )
    return text, deploys


def unplaced(planned: Planned) -> Iterator[str]:
    """The jobs that run in no block of the workflow, compiled from the files that are here."""
    places: dict[tuple[str, bool], Block] = by_job(
        blocks([part.checkout for part in planned.parts])
    )
    for _, each in _all(planned):
        if (each.job, each.trigger in CHECKS) not in places:
            yield each.job


def _all(planned: Planned) -> Iterator[tuple[PlanReport, Triggered]]:
    for part in planned.parts:
        yield from ((part, each) for each in part.plan.triggered)


def _flat(config: Config | None, triggered: Triggered) -> dict[str, object]:
    assert config is not None, "without a jobs file nothing is triggered"
    job = config.jobs[triggered.job]
    environment = config.environment_of(job)
    return {
        "job": job.name,
        "environment": environment.name,
        "runs_on": environment.runs_on,
        # What only parses needs nothing that a deployment environment of GitHub guards.
        "github_environment": "" if triggered.parse_only else environment.github_environment or "",
    }


def _path(config: Config, root: Path) -> str:
    path = config.path.parent.resolve() / config.path.name
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(config.path)


def _minutes(part: PlanReport, job: str) -> int:
    """After which GitHub ends it; the run ends itself before, and says so."""
    assert part.config is not None, "without a jobs file nothing is triggered"
    timeout = part.config.jobs[job].timeout
    return -(-(timeout + AROUND) // timedelta(minutes=1)) if timeout else LONGEST_MINUTES


def _group(job: str, entry: Entry | None, event: Event) -> str:
    """A newer commit of the pull request gives way to none but its own job."""
    if isinstance(event, PullRequest):
        return f"dbt.check.{job}.{event.number}"
    if isinstance(event, MergeGroup):
        return f"dbt.check.{job}.{event.head_sha}"
    return group(job, entry.slot if entry else None)
