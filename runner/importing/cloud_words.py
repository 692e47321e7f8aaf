"""What dbt Cloud decides of a job, and by which fields, those of its API and of the files for it alike."""

from __future__ import annotations

from collections.abc import Sequence

from runner.importing.cloud_numbers import CloudJob
from runner.importing.draft import Draft
from runner.importing.owning import speaks_of
from runner.importing.rows import Row

WORDS = {
    "triggers.schedule": (
        "schedule", "triggers", "triggers.schedule", "schedule_type", "schedule_days",
        "schedule_hours", "schedule_interval", "schedule_cron",
    ),
    "triggers.job": ("job_completion_trigger_condition", "dbtcloud_job_completion_trigger"),
    "triggers.merge": ("triggers", "triggers.on_merge"),
    "triggers.pull_request": ("triggers",),
    "triggers.pull_request.drafts": ("triggers_on_draft_pr",),
    "defer": (
        "deferring_job_definition_id", "deferring_environment_id", "deferring_job_id",
        "self_deferring",
    ),
    "target": ("settings", "target_name"),
    "threads": ("settings", "num_threads"),
    "generate_docs": ("generate_docs",),
    "source_freshness": ("run_generate_sources", "generate_sources"),
    "timeout": ("execution", "timeout_seconds"),
    "enabled": ("deactivated",),
}  # fmt: skip


def decided(draft: Draft, job: CloudJob, rows: Sequence[Row]) -> None:
    """Note what the job has none of; ``rows`` are its own, in whose words ever."""
    for name in {job.name, job.ci_name}:
        speaks_of(draft, name, WORDS, rows)
