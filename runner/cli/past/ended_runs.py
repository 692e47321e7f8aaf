"""The last job of the compiled workflow: how what the workflow has started has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from runner.cli.connecting import connect
from runner.cli.launch.chaining import chaining_of
from runner.cli.launch.telling import not_started, summarize
from runner.cli.saying import say
from runner.cli.stores import history_store_of
from runner.delivery.place import head_sha, run_page
from runner.delivery.unended import end_left_pending, end_pending
from runner.errors import ConfigInvalid, ExitCode
from runner.events import Event, Merge, running
from runner.github.commands import annotation
from runner.github.fence import defused
from runner.github.outputs import write_outputs
from runner.history import History
from runner.history_changes import trimmed
from runner.model import Config
from runner.reports.ended import Leg, legs_summary
from runner.runs.ending import Ended
from runner.runs.settling import forgotten, settled, settled_late
from runner.state.history_store import REPORTED, HistoryStore

NOT_HERE = "outside of a workflow on GitHub there is no run of one, whose end could be told"


def report_ended(
    files: Sequence[Config], event: Event | None, environ: Mapping[str, str]
) -> ExitCode:
    """Writes into the history how the runs ended that this run of the workflow has started.

    A status that such a run has left pending on a merged commit is ended, also of a merge on another branch
    than the default one, which has no history. All of it is said in the step's summary. A run whose record
    is there and can't be fetched keeps its place in the history: a later report looks for it again.
    """
    here = running(environ)
    if not here.workflow_run or environ.get("GITHUB_ACTIONS") != "true":
        raise ConfigInvalid("there is no run to report", why=NOT_HERE, hint="see `dbt-gitops runs`")
    number = here.workflow_run
    config = files[0]  # its store holds the history of all
    store = history_store_of(config, environ, event.default_branch if event else "", say)
    history = store.read() or History()
    if not any(entry.workflow_run == number for entry in history.entries):
        return _without_history(config, event, environ, number)
    now = datetime.now(timezone.utc)
    with closing(connect(config.root, environ)) as github:
        told = settled(github, lambda: connect(config.root, environ), history, number, here.attempt)
        notes, later, history = [*told.notes], told.later, told.history
        lost = [*told.lost]
        for other in forgotten(history, number, now):
            found = settled_late(github, lambda: connect(config.root, environ), history, other)
            notes += [*found.notes, *map(_late, found.lost)]
            later, history, lost = later or found.later, found.history, [*lost, *found.lost]
        _write(store, trimmed(history, now), environ)
        notes += end_pending(github, [each.entry for each in lost], environ)
    summarize(legs_summary(told.legs, notes), environ)
    _tell(told.legs, notes)
    refused = not_started(_start_after(files, told.lost, event, environ))
    return ExitCode.GITHUB_FAILED if later or refused else ExitCode.SUCCESS


def _without_history(
    config: Config, event: Event | None, environ: Mapping[str, str], number: int
) -> ExitCode:
    """What there is to end of a merge on another branch than the default one."""
    notes: tuple[str, ...] = ()
    commit = head_sha(event) if isinstance(event, Merge) else ""
    if commit:
        with closing(connect(config.root, environ)) as github:
            notes = end_left_pending(github, commit, run_page(environ, number))
    if notes:
        summarize(legs_summary((), notes), environ)
        _tell((), notes)
    else:
        click.echo("nothing to report: the history holds no run of this run of the workflow")
    return ExitCode.SUCCESS


def _start_after(
    files: Sequence[Config], lost: Sequence[Ended], event: Event | None, environ: Mapping[str, str]
) -> list[str]:
    """The jobs that start after those that left nothing, which nobody else has started; problems.

    What has left no record and succeeded has started them itself.
    """
    problems: list[str] = []
    for each in lost:
        config = next((config for config in files if each.job in config.jobs), None)
        chaining = chaining_of(config, event, environ) if config else None
        if chaining and each.status != "success":
            with TemporaryDirectory(prefix="dbt-gitops-") as folder:
                for said in chaining.after(each, Path(folder)):
                    say(said)
            problems += chaining.problems
    return problems


def _late(each: Ended) -> str:
    return (
        f"run {each.run_id} of `{each.job}` left no record, and nobody told of its end in time:"
        f" {each.outcome.reason}. What starts after it isn't started any more"
    )


def _write(store: HistoryStore, history: History, environ: Mapping[str, str]) -> None:
    folder = store.write(history)
    if environ.get("GITHUB_OUTPUT"):
        values = {
            "history-folder": str(folder) if folder else "",
            "history-artifact": REPORTED if folder else "",
        }
        write_outputs(Path(environ["GITHUB_OUTPUT"]), values)


def _tell(legs: Sequence[Leg], notes: Sequence[str]) -> None:
    for leg in legs:
        reason = f": {leg.outcome.reason}" if leg.outcome.reason else ""
        click.echo(defused(f"{leg.entry.job}: {leg.outcome.status}{reason}"))
    for note in notes:
        click.echo(annotation("warning", note, title="dbt-gitops"), err=True)
