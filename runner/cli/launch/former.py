"""The run that a workflow's run runs again: as a dispatch asks, or by GitHub's own re-run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from runner.cli.connecting import connect
from runner.cli.launch.again import as_it_was, not_the_latest
from runner.cli.launch.occasion import Occasion
from runner.cli.stores import trusted
from runner.errors import GitHubFailed, StateUnresolved
from runner.events import Dispatch, DispatchOverrides, MergeGroup, PullRequest, running
from runner.execution.former import Former, check_again, failed_in_a_step
from runner.execution.same_place import elsewhere
from runner.history import same_run
from runner.model import Job


@dataclass(frozen=True, kw_only=True)
class Again:
    """``former`` is None where all is run; ``note`` says then why, "" where nothing was tried."""

    former: Former | None = None
    note: str = ""


def run_again(
    occasion: Occasion,
    job: Job,
    asked: DispatchOverrides,
    environ: Mapping[str, str],
    planned_attempt: int = 1,
) -> Again:
    """What this run runs again. Raises what stands against a rerun that was asked for.

    ``asked`` is what this run is asked to do differently, beside what the former one was.
    ``planned_attempt`` is the attempt at the workflow's run, counted from 1, that has planned this one:
    in "Re-run all jobs" it is the current one, and then all is run.
    """
    event, attempt = occasion.event, running(environ).attempt
    if environ.get("GITHUB_ACTIONS") != "true" or isinstance(event, (PullRequest, MergeGroup)):
        return Again()
    again = Again()
    if attempt > planned_attempt and job.deploys:
        again = _former_attempt(occasion, job, asked, environ)
    if again.former is not None or not isinstance(event, Dispatch):
        return again
    if not event.rerun or event.job != job.name:
        return again
    return Again(former=_asked_for(occasion, event, job, environ, attempt > 1))


def _asked_for(
    occasion: Occasion, event: Dispatch, job: Job, environ: Mapping[str, str], once_more: bool
) -> Former:
    """Raises StateUnresolved and ConfigInvalid.

    ``once_more``: a former attempt at this rerun, which failed in no step, may stand for the run.
    """
    from runner.state.latest_record import latest_record

    said: list[str] = []
    with closing(connect(occasion.config.root, environ)) as github:
        branch = occasion.started.default_branch
        rules = trusted(github, occasion.config, environ, branch)
        found = latest_record(github, rules, job.name, said.append)
    if found and once_more and found.rerun_of == event.rerun:
        return Former(run=found, from_failure=event.from_failure)
    if found is None or not (same_run(found.run_id, event.rerun) or found.run_id > event.rerun):
        newest = f"the newest that can be believed is of run {found.run_id}" if found else ""
        raise StateUnresolved(
            f"there is no record of run {event.rerun[:100]!a} among this repository's artifacts",
            why="\n".join(filter(None, [newest, *said])),
            hint=f"start the job anew: dbt-gitops trigger {job.name} --cause …"
            if job.triggers.dispatch
            else f"`{job.name}` begins anew with its next start; `dispatch: true` lets you start it",
        )
    if not same_run(found.run_id, event.rerun):
        raise not_the_latest(found.job, event.rerun, found.run_id, from_failure=event.from_failure)
    former = Former(run=found, from_failure=event.from_failure)
    check_again(former)
    return former


def _former_attempt(
    occasion: Occasion, job: Job, asked: DispatchOverrides, environ: Mapping[str, str]
) -> Again:
    """From its failure, where it failed in a step, left its record and built where this one builds.

    Otherwise in full, and the note says why. Raises ConfigInvalid where it can't be run as it was.
    """
    from runner.state.latest_record import left_behind

    in_full = "GitHub runs this again, in full:"
    try:
        with closing(connect(occasion.config.root, environ)) as github:
            found = left_behind(github, running(environ).workflow_run, job.name)
    except (GitHubFailed, StateUnresolved, ValueError) as error:
        return Again(note=f"{in_full} the former attempt's record can't be used: {error}")
    if found is None:
        return Again(note=f"{in_full} the former attempt has left no record")
    if not failed_in_a_step(found):
        return Again(
            note=f"{in_full} run {found.run_id} ended as {found.status} and failed in no step"
        )
    target = as_it_was(found, asked).target or job.target
    if moved := elsewhere(found, job.environment, target):
        return Again(note=f"{in_full} {moved}")
    return Again(former=Former(run=found, from_failure=True))
