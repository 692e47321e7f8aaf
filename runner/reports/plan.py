"""What an event starts, and what it would change in the jobs file: as text, JSON and a matrix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from runner.config.difference import Change, Difference, FieldChange
from runner.config.text import printable
from runner.errors import ConfigInvalid
from runner.github.fence import defused
from runner.model import Config
from runner.reports.report import DifferenceLine
from runner.triggers import Plan, Triggered, Verdict

MAX_MATRIX = 256  # jobs that GitHub makes of one matrix
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@dataclass(frozen=True, kw_only=True)
class PlanReport:
    """``config`` is the jobs file that decided: on a pull request the base's, None where it has none.

    ``difference`` is None where nothing was compared. ``notes`` are lines about what isn't known.
    """

    plan: Plan
    config: Config | None
    difference: Difference | None = None
    notes: tuple[str, ...] = ()

    def verdict(self, job: str) -> Verdict:
        """Raises ConfigInvalid where neither jobs file has the job."""
        for each in self.plan.verdicts:
            if each.job == job:
                return each
        raise ConfigInvalid(
            f"there is no job `{job}`",
            why=f"the jobs are: {', '.join(each.job for each in self.plan.verdicts)}",
        )


def difference_lines(difference: Difference | None) -> tuple[DifferenceLine, ...]:
    """For a comment: what the pull request changes in the jobs file; what widens access first."""
    if difference is None:
        return ()
    warned = [
        DifferenceLine(kind="warning", text=f"{each.subject} {each.text}")
        for each in difference.warnings
    ]
    changed = [line for change in difference.changes for line in _lines(change)]
    return (*warned, *changed)


def _lines(change: Change) -> Iterator[DifferenceLine]:
    heading, *details = _change(change)
    kind: Literal["added", "removed", "unchanged"] = (
        "unchanged" if change.change == "changed" else change.change
    )
    yield DifferenceLine(kind=kind, text=heading.strip()[2:])
    if change.change != "changed":
        yield from (DifferenceLine(kind=kind, text=line.strip()) for line in details)
        return
    for field in change.fields:
        if field.before is not None:
            yield DifferenceLine(kind="removed", text=f"  {field.field}: {field.before}")
        if field.after is not None:
            yield DifferenceLine(kind="added", text=f"  {field.field}: {field.after}")
    if change.fires_before or change.fires_after:
        yield DifferenceLine(kind="removed", text=f"  next: {_times(change.fires_before)}")
        yield DifferenceLine(kind="added", text=f"  next: {_times(change.fires_after)}")


def as_text(report: PlanReport) -> str:
    """For people: what runs and why, what doesn't and why not, the difference, warnings, notes."""
    lines = [*_verdicts(report.plan), *_difference(report.difference)]
    lines += [f"note: {note}" for note in report.notes]
    return defused("\n".join(printable(line) for line in lines))


def as_json(report: PlanReport) -> str:
    """For programs.

    ``{"jobs": [{"job", "run", "trigger" | "code", "reason"}], "difference": {"changes": [{"kind",
    "name", "change", "fields": [{"field", "before", "after"}], "fires_before", "fires_after"}],
    "warnings": [{"kind", "name", "code", "text"}]} | null, "notes": […]}``. Times are ISO 8601.
    """
    compared = report.difference
    document = {
        "jobs": [_job(verdict) for verdict in report.plan.verdicts],
        "difference": asdict(compared) if compared else None,
        "notes": report.notes,
    }
    return _defused_json(json.dumps(document, indent=2, default=datetime.isoformat))


def as_matrix(report: PlanReport) -> str:
    """A matrix of GitHub's jobs, in one line.

    ``{"include": [{"job": "ci", "environment": "ci", "runs_on": ["ubuntu-latest"],
    "github_environment": ""}]}``. GitHub refuses an empty ``include``: whoever uses it skips its job
    then. Raises ConfigInvalid on more jobs than a matrix can have.
    """
    triggered = report.plan.triggered
    if len(triggered) > MAX_MATRIX:
        raise ConfigInvalid(
            f"{len(triggered)} jobs are due at once",
            why=f"a matrix of GitHub has at most {MAX_MATRIX} jobs",
            hint="spread them over several schedules, or name fewer branches",
        )
    return _defused_json(json.dumps({"include": [_leg(report.config, t) for t in triggered]}))


def as_jobs(report: PlanReport) -> str:
    """``[{"job", "status": "due" | "skipped", "reason"}]`` in one line."""
    jobs = [
        {
            "job": verdict.job,
            "status": "due" if isinstance(verdict, Triggered) else "skipped",
            "reason": verdict.reason,
        }
        for verdict in report.plan.verdicts
    ]
    return _defused_json(json.dumps(jobs))


def _leg(config: Config | None, triggered: Triggered) -> dict[str, object]:
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


def _job(verdict: Verdict) -> dict[str, object]:
    run = isinstance(verdict, Triggered)
    return {"job": verdict.job, "run": run, **asdict(verdict)}


def _defused_json(text: str) -> str:
    """The same JSON without what GitHub would read as a command wherever it stands in a line."""
    return text.replace("##[", "#\\u0023[")


def _verdicts(plan: Plan) -> Iterator[str]:
    width = max((len(verdict.job) for verdict in plan.verdicts), default=0)
    sections = (("jobs to run", plan.triggered), ("jobs not to run", plan.not_triggered))
    for title, verdicts in sections:
        yield f"{title}: {len(verdicts) or 'none'}"
        yield from (f"  {verdict.job:<{width}}  {verdict.reason}" for verdict in verdicts)


def _difference(difference: Difference | None) -> Iterator[str]:
    if difference is None:
        return
    if not difference.changes:
        yield "changes of the jobs file: none"
        return
    yield "changes of the jobs file, in effect when merged:"
    for change in difference.changes:
        yield from _change(change)
    for each in difference.warnings:
        yield f"warning: {each.subject} {each.text}"


def _change(change: Change) -> Iterator[str]:
    name = f" {change.name}" if change.name else ""
    yield f"  {SIGNS[change.change]} {change.kind}{name}"
    for field in change.fields:
        yield f"      {field.field}: {_values(field, change)}"
    if change.fires_before or change.fires_after:
        before, after = _times(change.fires_before), _times(change.fires_after)
        yield f"      next: {after if change.change == 'added' else f'{before} → {after}'}"


def _values(field: FieldChange, change: Change) -> str:
    before, after = field.before or "not set", field.after or "not set"
    if change.change == "changed":
        return f"{before} → {after}"
    return after if change.change == "added" else before


def _times(times: tuple[datetime, ...]) -> str:
    return ", ".join(f"{time:%a %d %b %Y %H:%M %Z}" for time in times) or "never"
