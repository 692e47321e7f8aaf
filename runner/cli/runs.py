"""``dbt-gitops runs``: what ran, how it ended, and how long it took."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timezone
from pathlib import Path
from typing import get_args

import click

from runner.cli.config_file import load_config
from runner.cli.options import config_option
from runner.cli.past.histories import history_of
from runner.cli.past.kept_runs import found_run
from runner.cli.saying import say
from runner.durations import parse_duration
from runner.errors import ConfigInvalid, ExitCode
from runner.github.fence import defused
from runner.history import Entry, History
from runner.model import Config
from runner.record_json import plain
from runner.triggers.plan import Trigger
from runner.unknown import no_such

SHOWN = 20
UNFINISHED = "unfinished"
STATUSES = ("success", "error", "cancelled", "skipped", UNFINISHED)

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Runs(click.Group):
    """``runs`` alone, or with a job's name, is ``runs list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks = args[:1] and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if asks else ["list", *args])


@click.group(cls=Runs)
def runs() -> None:
    """Show what ran, how it ended and how long it took.

    `runs` and `runs JOB` are short for `runs list`.
    """


@runs.command("list")
@click.argument("job", required=False)
@click.option(
    "--since",
    metavar="WHEN",
    help="Planned since then: 7d, 12h, or a date such as 2026-11-20, UTC.",
)
@click.option(
    "--status", type=click.Choice(STATUSES), multiple=True, help="Ended like this; repeatable."
)
@click.option(
    "--trigger", multiple=True, metavar="NAME", help="Started by this, as schedule; repeatable."
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, help="So many runs."
)
@config_option
@_json
def list_runs(
    job: str | None,
    since: str | None,
    status: tuple[str, ...],
    trigger: tuple[str, ...],
    limit: int,
    config: Path | None,
    as_json: bool,
) -> int:
    """List the newest runs of all jobs, or of JOB, and what the runs of each listed job say together.

    The medians, the rate of success and the trend, which is the newest 5 against the 5 before, are
    of all runs that fit, whether they are listed or not. With --json it is a list, of a run each.
    """
    now = datetime.now(timezone.utc)
    after = _time(since, now) if since else None
    loaded = load_config(config)
    history = history_of(loaded, dict(os.environ), say) or History()
    fitting = [each for each in history.entries if _fits(each, job, after, status, trigger)]
    _check_job(job, loaded, history)
    _check_triggers(trigger, history)
    if as_json:
        click.echo(_as_json(fitting[:limit]))
        return ExitCode.SUCCESS
    missed = [
        each
        for each in history.missed
        if job in (None, each.job) and (after is None or each.scheduled_for >= after)
    ]
    if not fitting and not missed:
        what = f"`{job}` has no run" if job else "There is no run"
        click.echo(f"{what} {'that fits' if history.entries else 'in the history yet'}", err=True)
        return ExitCode.SUCCESS
    from runner.reports.figures import figures_of_all
    from runner.reports.runs import runs_text

    shown = {entry.job for entry in fitting[:limit]}
    text = runs_text(
        fitting[:limit],
        figures_of_all([entry for entry in fitting if entry.job in shown]),
        missed,
        now,
        more=len(fitting) - limit,
        stream=sys.stdout,
    )
    _page(text)
    return ExitCode.SUCCESS


@runs.command("show")
@click.argument("run_id", metavar="ID")
@config_option
@_json
def show(run_id: str, config: Path | None, as_json: bool) -> int:
    """Show a run: its steps, what failed and where, its schemas, its notes and its state.

    A part of the ID will do where it is that of one run alone. The record comes from this machine,
    or from the run of the workflow.
    """
    loaded = load_config(config)
    found = found_run(run_id, loaded, dict(os.environ), say)
    if as_json:
        if found.run is None:
            raise ConfigInvalid(f"the record of {found.run_id} can't be had", why=found.trouble)
        from runner.record_json import run_to_json

        click.echo(run_to_json(found.run), nl=False)
        return ExitCode.SUCCESS
    from runner.reports.found import found_text

    _page(found_text(found, sys.stdout))
    return ExitCode.SUCCESS


def _fits(
    entry: Entry,
    job: str | None,
    after: datetime | None,
    status: Sequence[str],
    trigger: Sequence[str],
) -> bool:
    ended = entry.outcome.status if entry.outcome else UNFINISHED
    return (
        job in (None, entry.job)
        and (after is None or entry.planned_at >= after)
        and (not status or ended in status)
        and (not trigger or entry.trigger in trigger)
    )


def _time(since: str, now: datetime) -> datetime:
    try:
        return now - parse_duration(since)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.combine(date.fromisoformat(since), time())
    except ValueError as error:
        raise ConfigInvalid(
            f"--since {since!a} is neither a duration nor a date",
            hint="write it as 7d, 12h or 2026-11-20",
        ) from error
    return moment.replace(tzinfo=timezone.utc)


def _check_job(job: str | None, config: Config, history: History) -> None:
    """A name that nobody knows is a mistake in typing."""
    names = {*config.jobs, *(entry.job for entry in history.entries)}
    if job is not None and job not in names:
        raise no_such("job", job, sorted(names))


def _check_triggers(asked: Iterable[str], history: History) -> None:
    """Neither ours nor that of a run, which may have been started by another event of GitHub's."""
    known = sorted({"manual", *get_args(Trigger), *(entry.trigger for entry in history.entries)})
    for name in asked:
        if name not in known:
            raise no_such("trigger", name, known)


def _as_json(entries: Iterable[Entry]) -> str:
    text = json.dumps([_members(entry) for entry in entries], default=plain, indent=2)
    return defused(text)


def _members(entry: Entry) -> dict[str, object]:
    """An entry as JSON, with all its keys and what is reckoned from them."""
    outcome = entry.outcome
    return {
        **vars(entry),
        "wait_seconds": entry.wait_seconds,
        "late_seconds": entry.late_seconds,
        "outcome": {**vars(outcome), "seconds": outcome.seconds} if outcome else None,
    }


def _page(text: str) -> None:
    """Page by page where somebody reads it and it is longer than the screen."""
    screen = os.get_terminal_size().lines if sys.stdout.isatty() else 0
    if screen and text.count("\n") >= screen:
        click.echo_via_pager(text.removesuffix("\n"), color=True)
    else:
        click.echo(text, nl=False)
