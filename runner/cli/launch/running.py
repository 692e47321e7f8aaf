"""One run from the command line to its record, told to whoever waits for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.cli.cache import cache_folder
from runner.cli.launch.chaining import chaining_of
from runner.cli.launch.former import Again
from runner.cli.launch.occasion import Occasion
from runner.cli.launch.outputs import Outputs
from runner.cli.launch.remembering import remember
from runner.cli.launch.starting import left_its_work, planned, replaced_by
from runner.cli.launch.telling import not_started, tell, tell_failure
from runner.cli.stores import fleeting, history_store_of, store_of
from runner.execution.former import failed_in_a_step
from runner.execution.job import run_job
from runner.execution.request import Alongside, Overrides, Request, parsing, with_overrides
from runner.execution.same_place import check_same_place
from runner.execution.surroundings import Surroundings, nothing_after
from runner.git import read_checkout, worktree
from runner.history import Entry
from runner.model import Config, Job
from runner.record import Run
from runner.record_json import run_to_json
from runner.reports.lines import LineReporter
from runner.reports.reporter import Reporter
from runner.reports.text import short_id
from runner.stopping import Stop


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One run that is asked for. ``start`` is None where nobody has planned it."""

    job: Job
    overrides: Overrides
    cause: str
    start: Entry | None = None
    again: Again = field(default_factory=Again)
    alongside: Alongside | None = None


def run_and_tell(
    occasion: Occasion, asked: Asked, environ: Mapping[str, str], as_json: bool
) -> int:
    """The exit code."""
    job, started = asked.job, occasion.started
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    outputs = Outputs(environ, occasion.number)
    reporter = _reporter(occasion, on_github)
    occasion.pending(f"starting {', '.join(step.text for step in job.steps)}")
    try:
        with _config(occasion.config, asked.overrides, environ) as config:
            request = _request(occasion, config, asked, environ, reporter)
            chaining = chaining_of(config, occasion.event, environ, _idle(request))
            around = replace(
                surroundings(config, environ, started.default_branch, reporter),
                base=occasion.base,
                began=lambda folder: outputs.began(folder, job.name),
                ended=chaining.after if chaining else nothing_after,
            )
            check_same_place(request, around.checkout)
            if not job.enabled:
                reporter.warn(
                    f"`{job.name}` is disabled in the jobs file; it runs because you ask for it"
                )
            ended, folder = run_job(request, around)
            remember(ended, config, environ, reporter.warn)
        with suppress(BrokenPipeError):  # who reads may have seen enough; the verdict stays
            _print(ended, folder, as_json, reporter if on_github else None)
    except BaseException as error:
        reporter.close()
        if on_github:
            tell_failure(occasion.delivery, job.name, outputs, error)
        raise
    reporter.close()
    if not on_github:
        return ended.exit_code
    with Stop().listening():  # a cancelled workflow's second signal comes while this goes on
        code = tell(ended, folder, occasion, around.store, outputs, environ)
    refused = not_started(chaining.problems if chaining else [])
    return code or refused


def surroundings(
    config: Config, environ: Mapping[str, str], default_branch: str, reporter: Reporter
) -> Surroundings:
    """What every run of this command is given. ``default_branch`` is "" where it isn't known."""
    if lost := fleeting(config, environ):
        reporter.warn(lost)
    return Surroundings(
        config=config,
        checkout=read_checkout(config.project, environ, default_branch),
        environ=environ,
        cache=cache_folder(environ),
        store=store_of(config, environ, default_branch, reporter.say),
        reporter=reporter,
    )


@contextmanager
def _config(config: Config, overrides: Overrides, environ: Mapping[str, str]) -> Iterator[Config]:
    """With the project of another commit, where one is asked for."""
    if not overrides.git_ref:
        yield config
        return
    with worktree(config.project, overrides.git_ref, environ) as there:
        yield replace(config, project=there)


def _request(
    occasion: Occasion,
    config: Config,
    asked: Asked,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> Request:
    overridden, environment = with_overrides(config, asked.job.name, asked.overrides)
    request = Request(
        job=overridden,
        environment=environment,
        overrides=asked.overrides,
        trigger=occasion.started.trigger,
        cause=asked.cause,
        actor=occasion.started.actor,
        pr_number=occasion.number or occasion.started.pr_number,
        head_branch=occasion.started.head_branch,
        former=asked.again.former,
        remark=asked.again.note,
        alongside=asked.alongside,
    )
    if asked.start:
        branch = occasion.started.default_branch
        history = history_store_of(config, environ, branch, reporter.say)
        newer = replaced_by(
            asked.start,
            asked.job,
            environ,
            history,
            lambda entry: left_its_work(entry, config.root, environ),
            reporter.warn,
        )
        request = replace(planned(request, asked.start, environ), replaced_by=newer)
    return parsing(request, occasion.parse_only) if occasion.parse_only else request


def _idle(request: Request) -> str:
    """Why nothing is started after this run, "" where something may be."""
    if request.replaced_by:
        return f"{request.replaced_by} runs in its place"
    return "" if request.job.deploys else "it is a job of pull requests"


def _print(run: Run, folder: Path, as_json: bool, fenced: Reporter | None) -> None:
    """The record or the summary; on GitHub the summary goes where the fence is."""
    if as_json:
        sys.stdout.write(run_to_json(run))
        sys.stdout.flush()
        return
    from runner.reports.summary import summary_text

    shown = Path(os.path.relpath(folder))
    if fenced:
        fenced.say(summary_text(run, shown, None) + _next(run))
    else:
        sys.stdout.write(summary_text(run, shown, sys.stdout) + _next(run))
        sys.stdout.flush()


def _next(run: Run) -> str:
    """What runs the rest, once it is mended; "" where there is nothing to go on from."""
    stopped = run.status in ("error", "cancelled") and failed_in_a_step(run)
    command = f"dbt-gitops rerun {short_id(run.run_id)} --from-failure"
    return f"to go on from there: {command}\n" if stopped and run.pr_number is None else ""


def _reporter(occasion: Occasion, on_github: bool) -> Reporter:
    if sys.stderr.isatty() and not on_github:
        from runner.reports.live import LiveReporter

        return LiveReporter()
    return LineReporter(sys.stderr, on_github=on_github, on_total=occasion.building)
