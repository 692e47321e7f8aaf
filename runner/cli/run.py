"""``dbt-gitops run JOB``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.config_file import load_config
from runner.cli.overrides import (
    find_job,
    parse_deferral,
    parse_env,
    parse_step_override,
    parse_vars,
)
from runner.cli.stores import store_of
from runner.events import started_by
from runner.execution.job import run_job
from runner.execution.request import Overrides, Request, with_overrides
from runner.execution.surroundings import Surroundings
from runner.git import read_checkout, worktree
from runner.model import Config
from runner.record import Run
from runner.record_json import run_to_json
from runner.reports.lines import LineReporter
from runner.reports.reporter import Reporter


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
@click.option("--git-sha", metavar="SHA", help="Run another commit, in a temporary worktree.")
@click.option("--cause", default="", help="Why; shown in the record and to dbt.")
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
    git_sha: str | None,
    cause: str,
    as_json: bool,
) -> int:
    """Run JOB of the jobs file on this machine, now.

    What dbt prints goes to standard error, the summary or the record to standard output.
    """
    loaded = load_config(config)
    named = find_job(loaded, job)
    environment = loaded.environment_of(named)
    overrides = Overrides(
        target=target,
        threads=threads,
        vars=parse_vars(vars_),
        env=parse_env(env),
        steps=tuple(parse_step_override(text, named, environment) for text in steps),
        schema=schema,
        defer_to=parse_deferral(loaded, job, defer_to) if defer_to else None,
        full=full,
        git_sha=git_sha,
    )
    environ = dict(os.environ)
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    reporter = _reporter(on_github)
    try:
        ended, folder = _run(loaded, job, overrides, cause, environ, reporter)
        with suppress(BrokenPipeError):  # who reads may have seen enough; the verdict stays
            _print(ended, folder, as_json, reporter if on_github else None)
    finally:
        reporter.close()
    return ended.exit_code


def _print(run: Run, folder: Path, as_json: bool, fenced: Reporter | None) -> None:
    """The record or the summary; on GitHub the summary goes where the fence is."""
    if as_json:
        sys.stdout.write(run_to_json(run))
        sys.stdout.flush()
        return
    from runner.reports.summary import summary_text

    if fenced:
        fenced.say(summary_text(run, folder, None))
    else:
        sys.stdout.write(summary_text(run, folder, sys.stdout))
        sys.stdout.flush()


def _run(
    config: Config,
    name: str,
    overrides: Overrides,
    cause: str,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> tuple[Run, Path]:
    """The run and its folder."""
    started = started_by(environ)
    with ExitStack() as stack:
        if overrides.git_sha:
            there = stack.enter_context(worktree(config.project, overrides.git_sha, environ))
            config = replace(config, project=there)
        job, environment = with_overrides(config, name, overrides)
        if not job.enabled:
            reporter.warn(f"`{name}` is disabled in the jobs file; it runs because you ask for it")
        request = Request(
            job=job,
            environment=environment,
            overrides=overrides,
            trigger=started.trigger,
            cause=cause or "asked for on the command line",
            actor=started.actor,
            pr_number=started.pr_number,
            head_branch=started.head_branch,
        )
        around = Surroundings(
            config=config,
            checkout=read_checkout(config.project, environ, started.default_branch),
            environ=environ,
            cache=cache_folder(environ),
            store=store_of(config, environ, started.default_branch, reporter.say),
            reporter=reporter,
        )
        ended, folder = run_job(request, around)
        return ended, Path(os.path.relpath(folder))


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where installed dbts are kept: DBT_GITOPS_CACHE, or the user's cache folder."""
    if environ.get("DBT_GITOPS_CACHE"):
        return Path(environ["DBT_GITOPS_CACHE"]).expanduser().absolute()
    home = environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "dbt-gitops"


def _reporter(on_github: bool) -> Reporter:
    if sys.stderr.isatty() and not on_github:
        from runner.reports.live import LiveReporter

        return LiveReporter()
    return LineReporter(sys.stderr, on_github=on_github)
