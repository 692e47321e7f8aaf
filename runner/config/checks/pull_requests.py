"""Where the jobs of pull requests write, and where state is kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from runner.config.nodes import Mapping
from runner.config.text import shown
from runner.config.written import Written, WrittenJob
from runner.model import Problem

# With one of these a schema is one pull request's alone.
OWN = ("{pr_number}", "{branch}", "{sha7}")
GITHUB = "github"


def schemas_of_pull_requests(written: Written) -> Iterator[Problem]:
    """Jobs of pull requests that share their schema, at worst with production."""
    for job in written.jobs.values():
        if job.deploys or job.environment not in written.environments:
            continue
        environment = written.environment_of(job)
        schema = environment.text("schema") or ""
        if any(field in schema for field in OWN):
            continue
        deploying = None if schema else _deploys_there(written, environment)
        yield _shared(written, job, environment, deploying)


def _deploys_there(written: Written, environment: Mapping) -> WrittenJob | None:
    """A deployment job with the same target, where nothing tells the two apart.

    A profile may choose its default target by the environment: of that nothing is known.
    """
    target = environment.text("target")
    if target is None or environment.get("env"):
        return None
    for job in written.jobs.values():
        other = written.environment_of(job)
        known = job.environment in written.environments
        # What nothing starts is tried by hand, and may be meant for where pull requests write.
        if job.deploys and job.triggers.entries and known and other.text("target") == target:
            return job
    return None


def _shared(
    written: Written, job: WrittenJob, environment: Mapping, deploying: WrittenJob | None
) -> Problem:
    node = job.body.get("environment")
    hint = f'give environment `{job.environment}` a `schema: "dbt_ci_pr_{{pr_number}}"`'
    if deploying:
        what = f"pull requests would write over what {shown(deploying.name)} deploys"
        why = f"both have the target {shown(environment.text('target') or '')}"
        return written.source.problem(
            (node or job.key).span, "ci-in-production", what, why=why, hint=hint
        )
    what = f"all pull requests of {shown(job.name)} write into one schema"
    why = "two of them overwrite each other's tables, and none is dropped when it is closed"
    return written.source.problem(
        (node or job.key).span, "shared-schema", what, why=why, hint=hint, severity="warning"
    )


def state_location(written: Written) -> Iterator[Problem]:
    """A folder whose name is nearly `github`."""
    node = written.root.scalar("state")
    if node is None or node.text == GITHUB or not node.text.isalpha():
        return
    if difflib.get_close_matches(node.text.lower(), [GITHUB], cutoff=0.7):
        what = f"{shown(node.text)} would be a folder"
        hint = f"write `state: github` for GitHub's artifacts, or `./{node.text}` for the folder"
        yield written.source.problem(node.span, "wrong-value", what, hint=hint)
