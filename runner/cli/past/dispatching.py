"""A dispatch of the workflow that runs the jobs, from wherever one has a token."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import click

from runner.cli.connecting import connect
from runner.cli.past.following import Pace, follow
from runner.cli.saying import say
from runner.cli.stores import workflow
from runner.errors import ConfigInvalid, ExitCode, GitHubFailed
from runner.events import DispatchOverrides
from runner.model import Config, Job

# What GitHub answers where the workflow isn't there, can't be dispatched, or knows other inputs.
UNFIT = (404, 422)


def check_dispatch(job: Job, asked: DispatchOverrides) -> None:
    """Raise ConfigInvalid where the workflow would refuse it."""
    trigger = job.triggers.dispatch
    if trigger is None or not job.enabled:
        why = "it doesn't have `dispatch: true`" if job.enabled else "it is disabled"
        raise ConfigInvalid(
            f"`{job.name}` can't be started by a dispatch",
            why=f"{why} in the jobs file",
            hint="`triggers: { dispatch: true }` allows it, once it is on the default branch",
        )
    refused = [name for name in asked.given() if name not in trigger.overrides]
    if refused:
        may = ", ".join(trigger.overrides) or "nothing"
        raise ConfigInvalid(
            f"a dispatch of `{job.name}` can't override {', '.join(refused)}",
            why=f"the jobs file says that it may override {may}",
            hint="`triggers.dispatch.overrides` names them",
        )


def start(
    config: Config,
    inputs: Mapping[str, str],
    environ: Mapping[str, str],
    *,
    ref: str | None = None,
    wait: bool = False,
    pace: Pace | None = None,
) -> int:
    """Prints the address of the workflow's run; with ``wait``, the exit code is the job's."""
    job = inputs["job"]
    with closing(connect(config.root, environ)) as github:
        file, branch = workflow(environ), ref or github.repository().default_branch
        try:
            run_id = github.dispatch(file, branch, inputs)
        except GitHubFailed as error:
            raise _unfit(error, file, branch) from error
        click.echo(github.run(run_id).html_url)
        if not wait:
            return ExitCode.SUCCESS
        ended = follow(github, run_id, job, say, pace)
    click.echo(f"{job}: {ended.status}{f', {ended.why}' if ended.why else ''}")
    return ended.exit_code


def _unfit(error: GitHubFailed, file: str, branch: str) -> GitHubFailed:
    if error.status not in UNFIT:
        return error
    return GitHubFailed(
        f"{file} can't be started on {branch}",
        why=error.why,
        hint="`dbt-gitops sync` writes it; it has to be on the default branch and on that one."
        " DBT_GITOPS_WORKFLOW names another file",
        status=error.status,
    )
