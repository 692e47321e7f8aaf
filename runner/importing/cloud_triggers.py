"""What starts a job of dbt Cloud, as the triggers of the jobs file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.importing.cloud_numbers import CloudJob, Numbers
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.references import Known, why_not_after
from runner.importing.schedules import NoSchedule, dbt_cloud_schedule

STATUSES = {"10": "success", "20": "error", "30": "cancelled"}
ENDINGS = ("success", "error", "cancelled")
CONDITION = "job_completion_trigger_condition"


def triggers_of(
    draft: Draft, fields: Fields, job: CloudJob, to: str, numbers: Numbers
) -> dict[str, Any]:
    """What starts the job but for pull requests; every field of it is told."""
    inside = fields.inner("triggers")
    triggers: dict[str, Any] = {}
    if inside.get("on_merge"):
        triggers["merge"] = branches_of(fields)
    triggers |= _schedule(fields, inside, job, to) | _chain(draft, fields, job, to, numbers)
    for key in ("github_webhook", "git_provider_webhook"):
        if job.pull_requests:
            where = f"jobs.{job.ci_name}.triggers.pull_request"
            inside.translated(key, where, "pull requests start the job")
        else:
            inside.translated(key, f"{to}.triggers", "no pull request starts the job")
    inside.translated(
        "on_merge", f"{to}.triggers", "the job starts on a merge where it has `merge`"
    )
    inside.translated(
        "custom_branch_only",
        f"{to}.triggers",
        "`branches` says it; without any, the default branch",
    )
    fields.translated("job_type", f"{to}.triggers", "what starts a job says what kind it is")
    where = f"jobs.{job.ci_name}.triggers.pull_request.drafts"
    fields.translated("triggers_on_draft_pr", where, "of a job that pull requests start")
    _branch_told(fields, job, to, triggers)
    return triggers


def branches_of(fields: Fields) -> dict[str, Any]:
    place = fields.inner("environment")
    branch = place.get("custom_branch") if place.get("use_custom_branch") else None
    return {"branches": [str(branch)]} if branch else {}


def _branch_told(fields: Fields, job: CloudJob, to: str, triggers: dict[str, Any]) -> None:
    place = fields.inner("environment")
    keys = ("use_custom_branch", "custom_branch")
    if not branches_of(fields):
        for key in keys:
            place.dropped(key, "it has no branch of its own")
        return
    for key in keys:
        if not job.deploys or [*triggers] == ["merge"]:
            place.translated(key, f"{to}.triggers", "`branches` says it")
        else:
            hint = "make it the default branch, or dispatch the job with `git_ref`"
            place.dropped(
                key, "what no pull request or merge starts runs on the default branch", hint
            )


def _schedule(fields: Fields, triggers: Fields, job: CloudJob, to: str) -> dict[str, Any]:
    where = f"{to}.triggers.schedule"
    triggers.translated("schedule", where, "a job with a schedule starts by it")
    if not triggers.get("schedule"):
        fields.dropped("schedule", "the job isn't started by it: `triggers.schedule` is off")
        return {}
    if not job.deploys:
        fields.dropped("schedule", "a job of pull requests has none")
        return {}
    given = fields.get("schedule")
    try:
        found = dbt_cloud_schedule(given if isinstance(given, Mapping) else {})
    except NoSchedule as error:
        hint = error.hint or f"write {where} by hand"
        if "schedule" in fields:
            fields.dropped("schedule", str(error), hint)
        else:
            triggers.dropped("schedule", "there is no `schedule`", hint)
        return {}
    fields.translated("schedule", where, "the same instants as cron, in UTC")
    return {"schedule": found[0] if len(found) == 1 else found}


def _chain(
    draft: Draft, fields: Fields, job: CloudJob, to: str, numbers: Numbers
) -> dict[str, Any]:
    if not isinstance(fields.get(CONDITION), Mapping):
        fields.translated(CONDITION, f"{to}.triggers", "the job comes after no other")
        return {}
    condition = _condition(job)
    statuses = condition.get("statuses")
    listed = statuses if isinstance(statuses, list | tuple) else ()
    given = [STATUSES.get(str(each), str(each)) for each in listed]
    on = [ending for ending in ENDINGS if ending in given]
    other = numbers.jobs.get(str(condition.get("job_id", "")))
    why, hint = _not_after(draft, other, job, on)
    if other is None or why:
        fields.dropped(CONDITION, why, hint)
        return {}
    fields.translated(CONDITION, f"{to}.triggers.job", "numbers are names, and statuses are words")
    return {"job": {"name": other.name, "on": on}}


def _not_after(
    draft: Draft, other: CloudJob | None, job: CloudJob, on: list[str]
) -> tuple[str, str]:
    """Why a job can't come after another, and what to do; "" where it can."""
    if other is None:
        why = "that job isn't among those that are imported"
        return (
            why,
            "import both together; a job of another repository starts others by `dispatches`",
        )
    if not job.deploys:
        return "only pull requests start the job", "make a job of its own of what comes after"
    if not on:
        return "it names no end of that job: success (10), error (20), cancelled (30)", ""
    before = Known(
        name=other.name if other.deploys else other.ci_name,
        environment=other.environment,
        only_pull_requests=not other.deploys,
    )
    circle = "break the circle by hand"
    hint = circle if other.deploys else "let the job start on pull_request itself"
    return why_not_after(draft.jobs, job.name, before), hint


def _condition(job: CloudJob) -> Mapping[str, Any]:
    outer = job.data.get(CONDITION)
    condition = outer.get("condition", outer) if isinstance(outer, Mapping) else {}
    return condition if isinstance(condition, Mapping) else {}
