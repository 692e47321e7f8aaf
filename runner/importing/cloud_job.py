"""One job of dbt Cloud, as its API has it, into the draft of a jobs file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from runner.durations import spell_duration
from runner.importing.cloud_numbers import CloudJob, Numbers
from runner.importing.cloud_steps import steps_told
from runner.importing.cloud_variables import variables_into
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.schedules import NoSchedule, dbt_cloud_schedule
from runner.reports.text import clean

CI_SCHEMA = "dbt_cloud_pr_{job}_{pr_number}"
STATUSES = {"10": "success", "20": "error", "30": "cancelled"}
ENDINGS = ("success", "error", "cancelled")
OWN = "dbt Cloud's own, of which no job needs to know"
OFF = "it is switched off"
# What a job may say that has no counterpart, and what to do where it says it.
ELSEWHERE = {
    "run_compare_changes": "the pull request's comment shows what was built; audit_helper compares rows",
    "compare_changes_flags": "",
    "run_lint": "run SQLFluff in a workflow of your own on pull_request",
    "errors_on_lint_failure": "",
    "lifecycle_webhooks": "name a `webhook` under `notifications`, and the events in the job's `notify`",
    "lifecycle_webhooks_url": "",
    "cost_optimization_features": "",
    "force_node_selection": "",
    "run_audit_helper": "",
}
PART_OF = {"compare_changes_flags": "run_compare_changes", "errors_on_lint_failure": "run_lint"}


def job_into(draft: Draft, fields: Fields, job: CloudJob, numbers: Numbers) -> None:
    """Add the job; every field of it is told. ``fields`` are of ``job.data``."""
    to = f"jobs.{job.name if job.deploys else job.ci_name}"
    body: dict[str, Any] = {**_about(fields, job, to), "environment": job.environment}
    triggers = _triggers(fields, job, to, numbers)
    body["steps"], settings = steps_told(fields, job, to, numbers)
    body |= settings | _deferral(fields, job, to, numbers) | _flags(fields, to)
    env = variables_into(draft, fields, job.environment, to)
    body["env"] = {**settings.get("env", {}), **env}
    body = {key: value for key, value in body.items() if value not in ({}, None, "")}
    _place(draft, fields, job)
    _tell_rest(fields)
    if job.deploys:
        draft.jobs[job.name] = {**body, "triggers": {**triggers, "dispatch": True}}
    if job.pull_requests:
        _ci_part(draft, fields, job, body)


def _ci_part(draft: Draft, fields: Fields, job: CloudJob, body: dict[str, Any]) -> None:
    pull_request = _branches(fields)
    if fields.get("triggers_on_draft_pr"):
        pull_request["drafts"] = True
    part = {**body, "environment": job.ci_environment, "triggers": {"pull_request": pull_request}}
    if deferral := part.get("defer"):
        to_self = deferral["to"] == "self"
        part["defer"] = {"to": f"job:{job.name}" if to_self else deferral["to"]}
    hooks = fields.inner("triggers")
    if not (hooks.get("github_webhook") or hooks.get("git_provider_webhook")):
        part["enabled"] = False
    draft.jobs[job.ci_name] = part
    draft.environments.setdefault(job.ci_environment, {})["schema"] = CI_SCHEMA


def _place(draft: Draft, fields: Fields, job: CloudJob) -> None:
    """Where it runs. The version of dbt needs an adapter beside it, of which the job knows nothing."""
    to = f"environments.{job.environment}"
    if job.deploys or job.ci_environment == job.environment:
        draft.environments.setdefault(job.environment, {})
    if "environment_id" in fields:
        fields.translated("environment_id", to, "a number there is a name here")
    inside = fields.inner("environment")
    inside.translated("name", to, "as the jobs file writes names")
    _branch(inside, fields, job)
    if inside.get("dbt_project_subdirectory"):
        why = "the folder of the dbt project, where it is that of all jobs"
        inside.translated("dbt_project_subdirectory", "project", why)
    version = fields.get("dbt_version") or inside.get("dbt_version")
    hint = f"pin it: {to}.dbt with `core` and `adapter`"
    for each in (fields, inside):
        if each.get("dbt_version"):
            each.dropped("dbt_version", "dbt is installed with an adapter, which isn't named", hint)
        else:
            each.translated("dbt_version", f"{to}.dbt", "none of its own: the environment's counts")
    if version:
        draft.comments[("environments", job.environment)] = clean(
            f"dbt Cloud ran dbt {version} here: pin `dbt: {{core: …, adapter: …}}`."
        )


def _branch(inside: Fields, fields: Fields, job: CloudJob) -> None:
    if not _branches(fields):
        return
    by_branch = job.pull_requests or fields.inner("triggers").get("on_merge")
    to = f"jobs.{job.name if job.deploys else job.ci_name}.triggers"
    for key in ("custom_branch", "use_custom_branch"):
        if by_branch:
            inside.translated(key, to, "`branches` says it")
        else:
            why = "what GitHub starts by a schedule, or after another job, runs the default branch"
            inside.dropped(key, why, "make it the default branch, or merge it there first")


def _about(fields: Fields, job: CloudJob, to: str) -> dict[str, Any]:
    fields.translated("name", to, "as the jobs file writes names")
    fields.translated("id", to, "a number there is a name here")
    text = clean(str(fields.get("description") or "")).strip()
    if fields.get("description"):
        fields.carried("description", f"{to}.description")
    else:
        fields.translated(
            "description", f"{to}.description", "it is empty: the job's name stands there"
        )
    return {"description": text or clean(job.title).strip()}


def _triggers(fields: Fields, job: CloudJob, to: str, numbers: Numbers) -> dict[str, Any]:
    inside = fields.inner("triggers")
    triggers: dict[str, Any] = {}
    if inside.get("on_merge"):
        triggers["merge"] = _branches(fields)
    triggers |= _schedule(fields, inside, job, to) | _chain(fields, job, to, numbers)
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
    return triggers


def _branches(fields: Fields) -> dict[str, Any]:
    place = fields.inner("environment")
    branch = place.get("custom_branch") if place.get("use_custom_branch") else None
    return {"branches": [str(branch)]} if branch else {}


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


def _chain(fields: Fields, job: CloudJob, to: str, numbers: Numbers) -> dict[str, Any]:
    key = "job_completion_trigger_condition"
    outer = fields.get(key)
    if not isinstance(outer, Mapping):
        fields.translated(key, f"{to}.triggers", "the job comes after no other")
        return {}
    condition = outer.get("condition", outer)
    condition = condition if isinstance(condition, Mapping) else {}
    other = numbers.jobs.get(str(condition.get("job_id", "")))
    statuses = condition.get("statuses")
    given = [STATUSES.get(str(each), str(each)) for each in statuses or ()]
    on = [ending for ending in ENDINGS if ending in given]
    if other is None or not other.deploys or not on or not job.deploys:
        why = "that job isn't among those that are imported" if other is None else ""
        why = why or "no end of that job can start this one"
        hint = (
            "import both jobs together; a job of another repository starts others by `dispatches`"
        )
        fields.dropped(key, why, hint)
        return {}
    if _comes_after(other, job, numbers):
        fields.dropped(key, "the jobs would start each other for ever", "break the circle by hand")
        return {}
    fields.translated(key, f"{to}.triggers.job", "numbers are names, and statuses are words")
    return {"job": {"name": other.name, "on": on}}


def _comes_after(first: CloudJob, then: CloudJob, numbers: Numbers) -> bool:
    """Whether ``first`` starts, over others, only after ``then``."""
    seen: set[str] = set()
    here: CloudJob | None = first
    while here and here.number not in seen:
        if here.number == then.number:
            return True
        seen.add(here.number)
        outer = here.data.get("job_completion_trigger_condition")
        condition = outer.get("condition", outer) if isinstance(outer, Mapping) else {}
        number = condition.get("job_id", "") if isinstance(condition, Mapping) else ""
        here = numbers.jobs.get(str(number))
    return False


def _deferral(fields: Fields, job: CloudJob, to: str, numbers: Numbers) -> dict[str, Any]:
    target, why = numbers.deferral(job)
    for key in ("deferring_job_definition_id", "deferring_environment_id"):
        if fields.get(key) and not target:
            hint = "import what it defers to together with it, or write `defer` by hand"
            fields.dropped(key, why, hint)
        elif fields.get(key):
            fields.translated(key, f"{to}.defer", "a number there is a name here")
        else:
            fields.translated(key, f"{to}.defer", "it names nothing to defer to")
    if not target:
        return {}
    own = job.deploys and target.removeprefix("environment:") in ("self", job.environment)
    # Its first run has nothing to defer to, and would fail for ever.
    return {"defer": {"to": target, "on_missing": "full"} if own else {"to": target}}


def _flags(fields: Fields, to: str) -> dict[str, Any]:
    flags: dict[str, Any] = {}
    fields.carried("generate_docs", f"{to}.generate_docs")
    for key in ("run_generate_sources", "generate_sources"):
        fields.translated(key, f"{to}.source_freshness", "the same under another name")
        if fields.get(key):
            flags["source_freshness"] = True
    if fields.get("generate_docs"):
        flags["generate_docs"] = True
    execution = fields.inner("execution")
    seconds = execution.get("timeout_seconds") or 0
    if isinstance(seconds, int) and seconds > 0:
        flags["timeout"] = spell_duration(timedelta(seconds=seconds))
        execution.translated("timeout_seconds", f"{to}.timeout", "as a duration")
    else:
        execution.translated("timeout_seconds", f"{to}.timeout", "0 is none")
    if fields.get("deactivated"):
        flags["enabled"] = False
    fields.translated(
        "deactivated", f"{to}.enabled", "`enabled: false` is a job that doesn't start"
    )
    fields.translated("state", to, "the job isn't deleted")
    return flags


def _tell_rest(fields: Fields) -> None:
    for key, hint in ELSEWHERE.items():
        if fields.get(key) and fields.get(PART_OF.get(key, key)):
            fields.dropped(key, "dbt-gitops has nothing of the kind", hint)
        else:
            fields.dropped(key, OFF)
    fields.inner("environment").rest(OWN)
    fields.rest(OWN)
