"""``dbt-gitops state``: what the state store holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

import click

from runner.cli.options import config_option
from runner.cli.saying import say
from runner.durations import format_duration
from runner.errors import ExitCode, StateUnresolved
from runner.record import PublishedState
from runner.record_json import published_to_json
from runner.state import StateStore, open_store
from runner.state.checks import format_size

_COLUMNS = ("ENVIRONMENT", "JOB", "RUN", "COMMIT", "AGE", "DBT", "SIZE")

_state = click.option(
    "--state",
    "location",
    metavar="LOCATION",
    help="A folder or a URL in place of the jobs file's `state`. The jobs file isn't read.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def state() -> None:
    """Show and fetch what deployment jobs have published."""


@state.command("ls")
@config_option
@_state
@_json
def list_states(config: Path | None, location: str | None, as_json: bool) -> int:
    """List the newest state of each job."""
    store = _store(config, location)
    states = store.published()
    if as_json:
        click.echo(json.dumps([_members(published) for published in states], indent=2))
    elif states:
        now = datetime.now(timezone.utc)
        _table([_COLUMNS, *(_row(published, now) for published in states)])
    else:
        click.echo(f"No job has published state in {store.location} yet", err=True)
    return ExitCode.SUCCESS


@state.command("show")
@click.argument("name", metavar="ENVIRONMENT_OR_JOB")
@config_option
@_state
@_json
def show(name: str, config: Path | None, location: str | None, as_json: bool) -> int:
    """Show the newest state of an environment, or of a job where no environment has that name."""
    published = _newest(_store(config, location), name)
    if as_json:
        click.echo(json.dumps(_members(published), indent=2))
    else:
        now = datetime.now(timezone.utc)
        _table((label, value) for label, value in _details(published, now))
    return ExitCode.SUCCESS


@state.command("get")
@click.argument("name", metavar="ENVIRONMENT_OR_JOB")
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write manifest.json and run.json to.",
)
@config_option
@_state
def get(name: str, into: Path, config: Path | None, location: str | None) -> int:
    """Fetch the newest manifest and run record of an environment or a job, verified."""
    store = _store(config, location)
    published = _newest(store, name)
    store.fetch(published, into)
    store.fetch_record(published, into)
    for file in ("manifest.json", "run.json"):
        click.echo(into / file)
    click.echo(
        f"Run {published.run_id} of job {published.job} in {published.environment}, "
        f"commit {published.commit[:7]}; the sha256 of its manifest is right",
        err=True,
    )
    return ExitCode.SUCCESS


def _store(config: Path | None, location: str | None) -> StateStore:
    if location is not None:
        return open_store(location, Path.cwd())
    # Late: with --state there is no need for a jobs file, nor for what reads it.
    from runner.cli.config_file import load_config
    from runner.cli.stores import store_of

    return store_of(load_config(config), dict(os.environ), "", say)


def _newest(store: StateStore, name: str) -> PublishedState:
    everything = store.published()
    ofs = [published for published in everything if published.environment == name]
    ofs = ofs or [published for published in everything if published.job == name]
    if ofs:
        return ofs[0]
    names = sorted({name for state in everything for name in (state.environment, state.job)})
    raise StateUnresolved(
        f"there is no state of an environment or job named {name!a} in {store.location}",
        why=f"it holds state of {', '.join(names)}" if names else "no job has published any yet",
        hint="a deployment job publishes its state when it succeeds on the default branch",
    )


def _members(published: PublishedState) -> dict[str, object]:
    members: dict[str, object] = json.loads(published_to_json(published))
    return members


def _row(published: PublishedState, now: datetime) -> tuple[str, ...]:
    return (
        published.environment,
        published.job,
        published.run_id,
        published.commit[:7],
        format_duration(max(0.0, published.age_seconds(now))),
        published.dbt_version,
        _size(published),
    )


def _details(published: PublishedState, now: datetime) -> Iterable[tuple[str, str]]:
    age = format_duration(max(0.0, published.age_seconds(now)))
    yield "environment", published.environment
    yield "job", published.job
    yield "run", published.run_id
    yield "commit", published.commit
    yield "published", f"{published.published_at:%Y-%m-%d %H:%M:%S} UTC, {age} ago"
    yield "dbt", published.dbt_version
    yield "project", published.project
    yield "manifest", f"{_size(published)}, {published.dbt_schema_version}"
    yield "sha256", published.sha256


def _size(published: PublishedState) -> str:
    return format_size(published.size) if published.size else "unknown"


def _table(rows: Iterable[tuple[str, ...]]) -> None:
    """Columns as wide as their longest value, two spaces apart: easy to cut and to grep."""
    lines = [tuple(row) for row in rows]
    widths = [max(len(value) for value in column) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (value.ljust(width) for value, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())
