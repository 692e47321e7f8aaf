"""``dbt-gitops run JOB``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click
from click.core import ParameterSource

from runner.cli.chain_here import run_chain
from runner.cli.config_file import load_config
from runner.cli.occasion import occasion_of
from runner.cli.overrides import (
    asked_overrides,
    find_job,
    over,
    parse_env,
    parse_timeout,
    parse_vars,
)
from runner.cli.running import Asked, run_and_tell
from runner.cli.starting import start_of
from runner.cli.telling import tell_skipped, tell_unprepared
from runner.config import default_file
from runner.errors import ConfigInvalid, DbtGitopsError
from runner.events import Dispatch, DispatchOverrides
from runner.execution.request import Alongside

# What --chain can stand beside.
WITH_CHAIN = frozenset({"job", "config", "cause", "chain", "as_json"})


@click.command()
@click.argument("job")
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@click.option("--target", help="Another target of profiles.yml.")
@click.option("--threads", type=click.IntRange(min=1), help="Another number of threads.")
@click.option("--vars", "vars_", help="dbt vars as YAML or JSON; added to the job's, key by key.")
@click.option("--env", multiple=True, metavar="K=V", help="An environment variable; repeatable.")
@click.option(
    "--steps", multiple=True, help="A dbt command instead of the job's steps; repeatable."
)
@click.option("--schema", help="Write into this schema.")
@click.option("--defer-to", metavar="NAME", help="Defer to this environment or job, or self.")
@click.option("--full", is_flag=True, help="Build all: no deferral, no comparison with state.")
@click.option(
    "--git-ref",
    metavar="REF",
    help="Run another commit, branch or tag, in a temporary worktree; origin's branch where there is"
    " none of that name here.",
)
@click.option(
    "--dbt", metavar="VERSION", help="Another version of dbt-core, with the adapter that is pinned."
)
@click.option("--timeout", metavar="DURATION", help="Another timeout, such as 90m.")
@click.option(
    "--generate-docs/--no-generate-docs", default=None, help="Whether docs come after the steps."
)
@click.option("--cause", default="", help="Why; shown in the record and to dbt.")
@click.option(
    "--start",
    default="",
    metavar="JSON",
    help="The run as `plan` has planned it: its id, when, why.",
)
@click.option(
    "--chain",
    is_flag=True,
    help="Then run the jobs that start after it, and so on, on this machine.",
)
@click.option("--beside", type=click.Path(path_type=Path), hidden=True)
@click.option("--installed", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to standard output.")
def run(
    job: str,
    config: Path | None,
    target: str | None,
    threads: int | None,
    vars_: str | None,
    env: tuple[str, ...],
    steps: tuple[str, ...],
    schema: str | None,
    defer_to: str | None,
    full: bool,
    git_ref: str | None,
    dbt: str | None,
    timeout: str | None,
    generate_docs: bool | None,
    cause: str,
    start: str,
    chain: bool,
    beside: Path | None,
    installed: bool,
    as_json: bool,
) -> int:
    """Run JOB of the jobs file, now.

    What dbt prints goes to standard error, the summary or the record to standard output. In a
    workflow on GitHub the event decides with it: a pull request's job runs as its base declares it,
    posts a commit status and the pull request's comment, annotates files and writes the summary.
    """
    environ = dict(os.environ)
    if chain:
        _only_what_a_chain_takes(click.get_current_context(), environ)
        return run_chain(load_config(config), job, cause, environ, as_json)
    try:
        occasion = occasion_of(load_config(config), job, environ)
        entry = start_of(start, job, occasion)
    except DbtGitopsError as error:
        tell_unprepared(job, (config or default_file()).parent, environ, error)
        raise
    if occasion.skipped:
        return tell_skipped(occasion, job, environ)
    asked = DispatchOverrides(
        target=target,
        threads=threads,
        vars=parse_vars(vars_),
        env=parse_env(env),
        steps=steps,
        schema=schema,
        defer_to=defer_to,
        full=full,
        git_ref=git_ref,
        dbt=dbt,
        timeout=parse_timeout(timeout),
        generate_docs=generate_docs,
    )
    if isinstance(occasion.event, Dispatch) and occasion.event.job in ("", job):
        asked = over(occasion.event.overrides, asked)
    found = find_job(occasion.config, job)
    overrides = asked_overrides(occasion.config, found, asked)
    asked_for = Asked(
        job=found,
        overrides=overrides,
        cause=cause or (entry.cause if entry else occasion.cause),
        start=entry,
        alongside=Alongside(target=beside, installed=installed) if beside else None,
    )
    return run_and_tell(occasion, asked_for, environ, as_json)


def _only_what_a_chain_takes(context: click.Context, environ: Mapping[str, str]) -> None:
    if environ.get("GITHUB_ACTIONS") == "true":
        raise ConfigInvalid(
            "--chain is for one's own machine",
            why="on GitHub each job of a chain is a workflow run of its own",
        )
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name not in WITH_CHAIN
        and context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    if given:
        raise ConfigInvalid(
            f"{', '.join(given)} can't stand beside --chain",
            why="every job of a chain runs as it is declared",
            hint="run the job alone to change something",
        )
