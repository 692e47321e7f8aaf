"""What a plan says on GitHub: statuses, an issue, annotations, the summary and the step's outputs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from runner.blocks import MOST_LEGS
from runner.cli.connecting import connect
from runner.cli.launch.deliveries import checks, delivery_of, place_here, says_so
from runner.cli.launch.telling import summarize, warn
from runner.cli.plans.base_file import load_base
from runner.cli.plans.hidden import refuse_hidden
from runner.cli.plans.planning import Decided, held_back
from runner.errors import ConfigInvalid
from runner.events import Event, MergeGroup, PullRequest
from runner.git import repository_root
from runner.github.commands import annotation
from runner.github.outputs import write_outputs
from runner.history import Entry, History
from runner.history_readings import counted, failures_in_a_row
from runner.reports.matrices import as_jobs, as_legs, as_matrix
from runner.reports.plan import Planned
from runner.reports.plan_summary import plan_summary
from runner.state.history_store import ARTIFACT

# GitHub shows ten of a step; the rest is in the summary.
MOST_ANNOTATIONS = 10


def tell_skipped(planned: Planned, event: Event, environ: Mapping[str, str]) -> None:
    """A status for each job that a pull request would start, and doesn't: its checks wait for it.

    What GitHub refuses is said, and holds up no job that is due.
    """
    for part in planned.parts:
        root = part.checkout.root
        place = place_here(event, environ, root, part.checkout.project)
        names = {*checks(part.checkout), *checks(part.config)}
        for each in part.plan.not_triggered:
            if each.job in names and says_so(each, event):
                delivery = delivery_of(each.job, event, place, root, environ)
                if delivery:
                    warn(delivery.skipped(each.reason))


def tell_invalid(
    paths: Sequence[Path], event: Event, error: ConfigInvalid, environ: Mapping[str, str]
) -> None:
    """The plan can't be used, so no job runs: the base's checks wait for a status all the same."""
    if not isinstance(event, (PullRequest, MergeGroup)):
        return
    for path in paths:
        root = repository_root(path.parent, environ)
        if root is None:
            continue
        base = load_base(path.parent.resolve() / path.name, root, event.base_sha, environ).config
        place = place_here(event, environ, root)
        for job in checks(base):
            delivery = delivery_of(job, event, place, root, environ)
            if delivery:
                warn(delivery.failed(error.what))


def tell_started(
    decided: Decided, event: Event, folder: Path, environ: Mapping[str, str], now: datetime
) -> None:
    """Of everything but pull requests: the jobs that are held back, the warnings, and the summary."""
    planned = decided.planned
    for text in _told_held_back(decided, event, folder, environ):
        _annotate(f"not reported: {text}")
    shown, more = planned.warnings[: MOST_ANNOTATIONS - 1], planned.warnings[MOST_ANNOTATIONS - 1 :]
    for warning in shown:
        _annotate(warning)
    if more:
        last = more[0] if len(more) == 1 else f"and {len(more)} more: see the summary of this run"
        _annotate(last)
    summarize(plan_summary(planned, now), environ)


def write_plan(planned: Planned, event: Event, root: Path, environ: Mapping[str, str]) -> None:
    """The step's outputs but for the history's, which come last of all. Raises ConfigInvalid."""
    if not environ.get("GITHUB_OUTPUT"):
        return
    legs, deploying = as_legs(planned, event, root)
    deploys = "true" if deploying else "false"
    refuse_hidden(legs, deploys, [part.checkout for part in planned.parts], environ)
    count = len(planned.plan.triggered)
    values = {
        # A matrix that GitHub would refuse is none: the compiled workflow takes the legs.
        "matrix": as_matrix(planned) if count <= MOST_LEGS else "",
        "due": "true" if count else "false",
        "jobs": as_jobs(planned),
        "legs": legs,
        "deploys": deploys,
    }
    write_outputs(Path(environ["GITHUB_OUTPUT"]), values)


def write_history(decided: Decided, environ: Mapping[str, str]) -> None:
    """At the very end: what fails before has started nothing, and the next tick makes it good."""
    if decided.store is None or decided.history is None:
        return
    folder = decided.store.write(decided.history)
    if folder and environ.get("GITHUB_OUTPUT"):
        values = {"history-folder": str(folder), "history-artifact": ARTIFACT}
        write_outputs(Path(environ["GITHUB_OUTPUT"]), values)


def _told_held_back(
    decided: Decided, event: Event, folder: Path, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """What GitHub refused."""
    jobs = held_back(decided.planned.plan)
    if not jobs:
        return ()
    from runner.delivery.held_back import tell_held_back

    place = place_here(event, environ, folder)
    problems: list[str] = []
    with closing(connect(folder, environ)) as github:
        for each in jobs:
            failed = _failed(decided.before, each.job)
            problems += tell_held_back(github, each, failed, place)
    return tuple(problems)


def _failed(history: History, job: str) -> tuple[Entry, ...]:
    """The failures since the last success, newest first."""
    count = failures_in_a_row(history, job)
    failures = (e for e in counted(history, job) if e.outcome and e.outcome.status == "error")
    return tuple(entry for entry, _ in zip(failures, range(count), strict=False))


def _annotate(text: str) -> None:
    with suppress(BrokenPipeError):
        sys.stderr.write(f"{annotation('warning', text, title='dbt-gitops')}\n")
        sys.stderr.flush()
