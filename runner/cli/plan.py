"""``dbt-gitops plan``: what an event starts, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import click

from runner.cli.base_file import BaseFile, load_base
from runner.cli.config_file import load_config
from runner.config.difference import Difference, difference
from runner.errors import ConfigInvalid, ExitCode
from runner.events import Dispatch, Event, Merge, MergeGroup, PullRequest, read_event
from runner.git import changed_paths, repository_root
from runner.github.outputs import write_outputs
from runner.model import Config
from runner.reports.plan import PlanReport, as_json, as_matrix, as_text
from runner.triggers import Changes, Plan, decide

RENDERERS = {"text": as_text, "json": as_json, "matrix": as_matrix}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The jobs file.  [dbt_jobs.yml]")
@click.option("--event", metavar="NAME", help="GitHub's name of the event.  [GITHUB_EVENT_NAME]")
@click.option(
    "--event-path",
    type=click.Path(path_type=Path),
    help="The file with the event's payload.  [GITHUB_EVENT_PATH]",
)
@click.option(
    "--base",
    metavar="REF",
    help="Compare with the jobs file of this commit or branch.  [a pull request's base]",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(list(RENDERERS)),
    default="text",
    show_default=True,
    help="text for people, json for programs, matrix for a workflow.",
)
def plan(
    config: Path | None, event: str | None, event_path: Path | None, base: str | None, output: str
) -> ExitCode:
    """Say which jobs an event of GitHub starts and why, and which it doesn't and why not.

    On a pull request the base's jobs file decides, and what the pull request changes in it is shown.
    With --format matrix, `matrix` and `due` (true or false) are outputs of the step too.
    """
    environ = dict(os.environ)
    happened = _event(event, event_path, environ)
    report = _report(_resolved(load_config(config)), happened, base, environ)
    text = RENDERERS[output](report)
    click.echo(text)
    if output == "matrix" and environ.get("GITHUB_OUTPUT"):
        due = "true" if report.plan.triggered else "false"
        write_outputs(Path(environ["GITHUB_OUTPUT"]), {"matrix": text, "due": due})
    return ExitCode.SUCCESS


def _event(name: str | None, path: Path | None, environ: Mapping[str, str]) -> Event:
    name = name or environ.get("GITHUB_EVENT_NAME")
    file = path or environ.get("GITHUB_EVENT_PATH")
    if not name or not file:
        raise ConfigInvalid(
            "no event is given",
            why="on GitHub, GITHUB_EVENT_NAME and GITHUB_EVENT_PATH say what happened",
            hint="elsewhere: dbt-gitops plan --event pull_request --event-path payload.json",
        )
    return read_event(name, Path(file))


def _resolved(config: Config) -> Config:
    """The Config without links in its path, as git names its checkout."""
    return replace(config, path=config.path.parent.resolve() / config.path.name)


@dataclass(frozen=True, kw_only=True)
class _Base:
    """``file`` is None where nothing is compared."""

    file: BaseFile | None
    difference: Difference | None = None


def _report(
    config: Config, event: Event, ref: str | None, environ: Mapping[str, str]
) -> PlanReport:
    root = repository_root(config.root, environ)
    base = _base(config, root, _base_ref(event, ref), environ)
    changes = _changes(event, root or config.root, environ)
    holds: Config | None = config
    proposed = None
    if isinstance(event, PullRequest) and base.file:
        holds, proposed = base.file.config, config
    decided = _decided(holds, event, changes, proposed)
    notes = [
        base.file.note if base.file else "",
        _about_files(event, changes),
        _about_inputs(event),
    ]
    return PlanReport(
        plan=decided,
        config=holds,
        difference=base.difference,
        notes=tuple(filter(None, notes)),
    )


def _base_ref(event: Event, given: str | None) -> str | None:
    return given or (event.base_sha if isinstance(event, PullRequest) else None)


def _base(config: Config, root: Path | None, ref: str | None, environ: Mapping[str, str]) -> _Base:
    if ref is None:
        return _Base(file=None)
    if root is None:
        raise ConfigInvalid(
            f"{config.root} is not in a git checkout",
            why="the jobs file is compared with the base's",
        )
    file = load_base(config.path, root, ref, environ)
    return _Base(file=file, difference=difference(file.config, config, _now()))


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _changes(event: Event, root: Path, environ: Mapping[str, str]) -> Changes:
    paths: tuple[str, ...] | None = None
    if isinstance(event, (PullRequest, MergeGroup)):
        paths = changed_paths(root, event.base_sha, event.head_sha, environ, since_fork=True)
    elif isinstance(event, Merge) and not event.created and not event.deleted:
        paths = changed_paths(root, event.before, event.after, environ, since_fork=False)
        paths = event.changed_paths if paths is None else paths
    return Changes(root=root, paths=paths)


def _decided(holds: Config | None, event: Event, changes: Changes, proposed: Config | None) -> Plan:
    if holds is None:  # a base without a jobs file: what the pull request adds isn't run
        assert proposed is not None
        return decide(replace(proposed, jobs={}), event, changes, proposed)
    return decide(holds, event, changes, proposed)


def _about_files(event: Event, changes: Changes) -> str:
    if changes.paths is not None or not isinstance(event, (PullRequest, MergeGroup, Merge)):
        return ""
    return (
        "which files changed isn't known, so no job is held back by its paths: both commits and all"
        " between them are needed (`fetch-depth: 0`)"
    )


def _about_inputs(event: Event) -> str:
    if not isinstance(event, Dispatch) or not event.unknown:
        return ""
    return f"inputs that mean nothing here: {', '.join(event.unknown)}"
