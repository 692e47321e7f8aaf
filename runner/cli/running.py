"""One run from the command line to its record, told to whoever waits for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from runner.cli.former import Again
from runner.cli.occasion import Occasion
from runner.cli.outputs import Outputs
from runner.cli.stores import fleeting, store_of
from runner.cli.telling import tell, tell_failure
from runner.execution.job import run_job
from runner.execution.request import Overrides, Request, parsing, with_overrides
from runner.execution.surroundings import Surroundings
from runner.git import read_checkout, worktree
from runner.model import Config, Job
from runner.record import Run
from runner.record_json import run_to_json
from runner.reports.lines import LineReporter
from runner.reports.reporter import Reporter
from runner.stopping import Stop


def run_and_tell(
    occasion: Occasion,
    job: Job,
    overrides: Overrides,
    cause: str,
    environ: Mapping[str, str],
    as_json: bool,
    again: Again,
) -> int:
    """The exit code."""
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    outputs = Outputs(environ, occasion.number)
    reporter = _reporter(occasion, on_github)
    occasion.pending(f"starting {', '.join(step.text for step in job.steps)}")
    try:
        with _config(occasion.config, overrides, environ) as config:
            started = occasion.started
            around = Surroundings(
                config=config,
                checkout=read_checkout(config.project, environ, started.default_branch),
                environ=environ,
                cache=cache_folder(environ),
                store=store_of(config, environ, started.default_branch, reporter.say),
                reporter=reporter,
                base=occasion.base,
                began=lambda folder: outputs.began(folder, job.name),
            )
            if lost := fleeting(config, environ):
                reporter.warn(lost)
            request = _request(occasion, config, job, overrides, cause)
            request = replace(request, former=again.former, remark=again.note)
            if not job.enabled:
                reporter.warn(
                    f"`{job.name}` is disabled in the jobs file; it runs because you ask for it"
                )
            ended, folder = run_job(request, around)
        with suppress(BrokenPipeError):  # who reads may have seen enough; the verdict stays
            _print(ended, folder, as_json, reporter if on_github else None)
    except BaseException as error:
        reporter.close()
        if on_github:
            tell_failure(occasion.delivery, job.name, outputs, error)
        raise
    reporter.close()
    if on_github:
        with Stop().listening():  # a cancelled workflow's second signal comes while this goes on
            return tell(ended, folder, occasion, around.store, outputs, environ)
    return ended.exit_code


@contextmanager
def _config(config: Config, overrides: Overrides, environ: Mapping[str, str]) -> Iterator[Config]:
    """With the project of another commit, where one is asked for."""
    if not overrides.git_ref:
        yield config
        return
    with worktree(config.project, overrides.git_ref, environ) as there:
        yield replace(config, project=there)


def _request(
    occasion: Occasion, config: Config, job: Job, overrides: Overrides, cause: str
) -> Request:
    overridden, environment = with_overrides(config, job.name, overrides)
    request = Request(
        job=overridden,
        environment=environment,
        overrides=overrides,
        trigger=occasion.started.trigger,
        cause=cause,
        actor=occasion.started.actor,
        pr_number=occasion.number or occasion.started.pr_number,
        head_branch=occasion.started.head_branch,
    )
    return parsing(request, occasion.parse_only) if occasion.parse_only else request


def _print(run: Run, folder: Path, as_json: bool, fenced: Reporter | None) -> None:
    """The record or the summary; on GitHub the summary goes where the fence is."""
    if as_json:
        sys.stdout.write(run_to_json(run))
        sys.stdout.flush()
        return
    from runner.reports.summary import summary_text

    shown = Path(os.path.relpath(folder))
    if fenced:
        fenced.say(summary_text(run, shown, None))
    else:
        sys.stdout.write(summary_text(run, shown, sys.stdout))
        sys.stdout.flush()


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where installed dbts are kept: DBT_GITOPS_CACHE, or the user's cache folder."""
    if environ.get("DBT_GITOPS_CACHE"):
        return Path(environ["DBT_GITOPS_CACHE"]).expanduser().absolute()
    home = environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "dbt-gitops"


def _reporter(occasion: Occasion, on_github: bool) -> Reporter:
    if sys.stderr.isatty() and not on_github:
        from runner.reports.live import LiveReporter

        return LiveReporter()
    return LineReporter(sys.stderr, on_github=on_github, on_total=occasion.building)
