"""One job of dbt Cloud, as its API has it, into the draft of a jobs file."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

from runner.durations import spell_duration
from runner.importing.cloud_folders import SUBDIRECTORY
from runner.importing.cloud_numbers import CloudJob, Numbers
from runner.importing.cloud_steps import steps_into
from runner.importing.cloud_triggers import branches_of, triggers_of
from runner.importing.cloud_variables import variables_into
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.reports.text import clean

MOST_SECONDS = 365 * 24 * 60 * 60
CI_SCHEMA = "dbt_cloud_pr_{job}_{pr_number}"
OWN = "dbt Cloud's own, of which no job needs to know"
OWN_FIELDS = (
    "account_id", "project_id", "project", "raw_dbt_version", "created_at", "updated_at", "is_system",
    "is_deferrable", "run_failure_count", "cron_humanized", "next_run", "next_run_humanized",
    "most_recent_run", "most_recent_completed_run", "environment", "account",
)  # fmt: skip
OFF = "it is switched off"
# What a job may say that has no counterpart, and what to do where it says it.
ELSEWHERE = {
    "run_compare_changes": "the pull request's comment shows what was built; audit_helper compares rows",
    "compare_changes_flags": "",
    "run_lint": "run SQLFluff in a workflow of your own on pull_request",
    "errors_on_lint_failure": "",
    "lifecycle_webhooks": "name a `webhook` under `notifications`, and the events in the job's `notify`",
    "lifecycle_webhooks_url": "",
    "cost_optimization_features": "select `source_status:fresher+ state:modified+` in a job with `defer`",
    "force_node_selection": "",
    "run_audit_helper": "",
}
PART_OF = {"compare_changes_flags": "run_compare_changes", "errors_on_lint_failure": "run_lint"}


def job_into(draft: Draft, fields: Fields, job: CloudJob, numbers: Numbers) -> None:
    """Add the job; every field of it is told. ``fields`` are of ``job.data``."""
    to = f"jobs.{job.name if job.deploys else job.ci_name}"
    body: dict[str, Any] = {**_about(fields, job, to), "environment": job.places[0]}
    if not fields.get("description"):
        draft.proposed |= {("jobs", name, "description") for name in (job.name, job.ci_name)}
    _place(draft, fields, job)
    triggers = triggers_of(draft, fields, job, to, numbers)
    steps_into(draft, fields, job, body, numbers, to)
    body |= _deferral(fields, job, to, numbers) | _flags(fields, to)
    env = variables_into(draft, fields, body["environment"], to)
    body["env"] = {**env, **body.get("env", {})}
    body = {key: value for key, value in body.items() if value not in ({}, None, "")}
    _tell_rest(fields, job, numbers)
    if job.deploys:
        draft.jobs[job.name] = {**body, "triggers": {**triggers, "dispatch": True}}
    if job.pull_requests:
        _ci_part(draft, fields, job, body)


def _ci_part(draft: Draft, fields: Fields, job: CloudJob, body: dict[str, Any]) -> None:
    pull_request = branches_of(fields)
    if fields.get("triggers_on_draft_pr"):
        pull_request["drafts"] = True
    triggers = {"pull_request": pull_request}
    part = {**deepcopy(body), "environment": job.ci_environment, "triggers": triggers}
    if deferral := part.get("defer"):
        to_self = deferral["to"] == "self"
        part["defer"] = {"to": f"job:{job.name}" if to_self else deferral["to"]}
    hooks = fields.inner("triggers")
    if not (hooks.get("github_webhook") or hooks.get("git_provider_webhook")):
        part["enabled"] = False
    draft.jobs[job.ci_name] = part
    place = draft.environments.setdefault(job.ci_environment, {})
    place["schema"] = CI_SCHEMA
    if folder := draft.environments.get(body["environment"], {}).get("profiles_dir"):
        place.setdefault("profiles_dir", folder)


def _place(draft: Draft, fields: Fields, job: CloudJob) -> None:
    """Where it runs. The version of dbt needs an adapter beside it, of which the job knows nothing."""
    to = f"environments.{job.places[0]}"
    draft.environments.setdefault(job.places[0], {})
    if "environment_id" in fields:
        fields.translated("environment_id", to, "a number there is a name here")
    inside = fields.inner("environment")
    inside.translated("name", to, "as the jobs file writes names")
    hint = f"pin it: {to}.dbt with `core` and `adapter`"
    for each in (fields, inside):
        if each.get("dbt_version"):
            each.dropped("dbt_version", "dbt is installed with an adapter, which isn't named", hint)
        else:
            each.translated("dbt_version", f"{to}.dbt", "none of its own: the environment's counts")


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
    flags |= _timeout(fields, to)
    if fields.get("deactivated"):
        flags["enabled"] = False
    fields.translated(
        "deactivated", f"{to}.enabled", "`enabled: false` is a job that doesn't start"
    )
    fields.translated("state", to, "the job isn't deleted")
    return flags


def _timeout(fields: Fields, to: str) -> dict[str, str]:
    execution = fields.inner("execution")
    seconds = execution.get("timeout_seconds") or 0
    if type(seconds) is int and 0 < seconds <= MOST_SECONDS:
        execution.translated("timeout_seconds", f"{to}.timeout", "as a duration")
        return {"timeout": spell_duration(timedelta(seconds=seconds))}
    if seconds:
        why = "it is no number of seconds from 1 to those of a year"
        execution.dropped("timeout_seconds", why, f"write `{to}.timeout` by hand")
    else:
        execution.translated("timeout_seconds", f"{to}.timeout", "0 is none")
    return {}


def _tell_rest(fields: Fields, job: CloudJob, numbers: Numbers) -> None:
    for key, hint in ELSEWHERE.items():
        if fields.get(key) and fields.get(PART_OF.get(key, key)):
            fields.dropped(key, "dbt-gitops has nothing of the kind", hint)
        else:
            fields.dropped(key, OFF)
    place = fields.inner("environment")
    if job.folder == numbers.project:
        place.translated(SUBDIRECTORY, "project", "the folder of the dbt project")
    else:
        why = f"most steps are of the project in {numbers.project}"
        place.dropped(SUBDIRECTORY, why, "a project has a jobs file of its own")
    place.rest(OWN)
    for key in OWN_FIELDS:
        if not fields.told(key):
            fields.dropped(key, OWN)
    fields.rest()
