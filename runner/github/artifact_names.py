"""What a run folder is called as an artifact: the workflow uploads it, others find it by its name."""

from __future__ import annotations

import re

_OF_PULL_REQUEST = re.compile(r"dbt-gitops-pr\.([1-9][0-9]{0,9})\.([a-z0-9][a-z0-9_-]*)")


def run_artifact(job: str, number: int | None) -> str:
    """``number`` is the pull request's. No dot can stand in a job's name, so no two share one."""
    return f"dbt-gitops-run.{job}" if number is None else f"dbt-gitops-pr.{number}.{job}"


def pull_request_and_job(name: str) -> tuple[int, str] | None:
    """What the name of a pull request's run folder says; None for any other name."""
    match = _OF_PULL_REQUEST.fullmatch(name)
    return (int(match[1]), match[2]) if match else None
