"""``dbt-gitops clean``: drop the schemas of closed pull requests."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cleaned import Cleaned
from runner.cleaning.artifacts import ArtifactRecords
from runner.cleaning.clean import Cleaning
from runner.cleaning.records import Record, local_records
from runner.cli.cache import cache_folder
from runner.cli.config_file import load_config
from runner.cli.connecting import connect
from runner.cli.launch.telling import summarize
from runner.cli.options import config_option
from runner.cli.plans.base_file import load_base
from runner.cli.stores import store_of
from runner.config import default_file
from runner.dbt.profiles import FILE as PROFILES
from runner.errors import ConfigInvalid, ExitCode
from runner.events import PullRequest, PullRequestClosed, read_event, started_by
from runner.execution.surroundings import Surroundings
from runner.execution.variables import secret_mask
from runner.git import read_checkout, repository_root, untracked, worktree
from runner.github.connection import NotConnected
from runner.github.outputs import write_outputs
from runner.model import Config
from runner.reports.cleaned import as_json, as_text
from runner.reports.lines import LineReporter
from runner.reports.markdown import document, fence
from runner.reports.masked import MaskedReporter
from runner.reports.reporter import Reporter
from runner.reports.text import clipped
from runner.state import GITHUB

if TYPE_CHECKING:
    from runner.github.client import GitHub

LONGEST_SUMMARY = 50_000


@click.command()
@config_option
@click.option("--event", metavar="NAME", help="GitHub's name of the event.  [GITHUB_EVENT_NAME]")
@click.option(
    "--event-path",
    type=click.Path(path_type=Path),
    help="The file with the event's payload.  [GITHUB_EVENT_PATH]",
)
@click.option("--pr", type=click.IntRange(min=1), help="Of this pull request alone.")
@click.option("--dry-run", is_flag=True, help="Say what would be dropped, and drop nothing.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
def clean(
    config: Path | None,
    event: str | None,
    event_path: Path | None,
    pr: int | None,
    dry_run: bool,
    json_: bool,
) -> ExitCode:
    """Drop the schemas that the runs of closed pull requests recorded as their own.

    On the event of a pull request that was closed, those of that one; else of all that are closed.
    The records are on GitHub where that is where this runs, or where state is; else in the run
    folders beside the jobs file.
    """
    environ = dict(os.environ)
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    closed = _closed(pr, event, event_path, environ)
    reporter = LineReporter(sys.stderr, on_github=on_github)
    try:
        with ExitStack() as stack:
            cleaned, interrupted = _clean(config, closed, dry_run, environ, reporter, stack)
        if json_ or not on_github:
            click.echo(as_json(cleaned) if json_ else as_text(cleaned))
        else:
            reporter.say(as_text(cleaned))  # where the fence is
        summarize(document(["### Schemas of closed pull requests", _shown(cleaned)]), environ)
    finally:
        reporter.close()
    if environ.get("GITHUB_OUTPUT"):
        status = "error" if cleaned.failed else "success"
        write_outputs(Path(environ["GITHUB_OUTPUT"]), {"status": status})
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.STEP_FAILED if cleaned.failed else ExitCode.SUCCESS


def _shown(cleaned: Cleaned) -> str:
    return fence(clipped(as_text(cleaned).strip(), LONGEST_SUMMARY), "text")


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Whose schemas: of pull request ``number``, or of all closed ones where it is None.

    ``base_sha`` is that of an event, which says itself that it is closed; "" by hand. ``merged`` is
    one that can't be opened again. ``nothing`` says why nothing is cleaned at all.
    """

    number: int | None = None
    base_sha: str = ""
    merged: bool = False
    nothing: str = ""


def _closed(
    pr: int | None, event: str | None, path: Path | None, environ: Mapping[str, str]
) -> Closed:
    name = event or environ.get("GITHUB_EVENT_NAME")
    if pr is not None or name != "pull_request":
        return Closed(number=pr)
    happened = read_event(name, path or Path(environ.get("GITHUB_EVENT_PATH", "")))
    if isinstance(happened, PullRequestClosed):
        return Closed(number=happened.number, base_sha=happened.base_sha, merged=happened.merged)
    assert isinstance(happened, PullRequest)
    return Closed(number=happened.number, nothing=f"pull request {happened.number} is open")


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """The jobs file that decides; where dbt runs; where the run folders lie."""

    config: Config
    folder: Path
    home: Path


def _clean(
    path: Path | None,
    closed: Closed,
    dry_run: bool,
    environ: Mapping[str, str],
    reporter: Reporter,
    stack: ExitStack,
) -> tuple[Cleaned, bool]:
    """What became of them, and whether it was interrupted."""
    started = started_by(environ)
    ground = None if closed.nothing else _ground(path, closed.base_sha, environ, stack)
    if ground is None or isinstance(ground, str):
        note = closed.nothing or str(ground)
        reporter.warn(note)
        return Cleaned(pr_number=closed.number, records=0, notes=(note,)), False
    config = ground.config
    mask = secret_mask(config, environ)
    masked = MaskedReporter(reporter, mask)
    around = Surroundings(
        config=config,
        checkout=read_checkout(config.project, environ, started.default_branch),
        environ=environ,
        cache=cache_folder(environ),
        store=store_of(config, environ, started.default_branch, masked.say),
        reporter=masked,
    )
    cleaning = Cleaning(around=around, folder=ground.folder, actor=started.actor)
    records = _records(ground, closed, environ, cleaning.note, stack)
    cleaned = mask.within(cleaning.clean(closed.number, records, dry_run))
    return cleaned, cleaning.stop.asked


def _ground(
    path: Path | None, base_sha: str, environ: Mapping[str, str], stack: ExitStack
) -> _Ground | str:
    """By hand what is checked out; on an event the base's files. A text says why there are none.

    What is checked out on an event may be the pull request's, and that decides nothing here.
    """
    if not base_sha:
        config = load_config(path)
        return _Ground(config=config, folder=config.project, home=config.root)
    path = path or default_file()
    path = path.parent.resolve() / path.name
    root = repository_root(path.parent, environ)
    if root is None:
        raise ConfigInvalid(
            f"{path.parent} is not in a git checkout",
            why="the base's jobs file says what a closed pull request's runs may have made",
        )
    base = load_base(path, root, base_sha, environ)
    if base.config is None:
        return base.note
    there = stack.enter_context(worktree(root, base_sha, environ)).resolve()
    config = load_config(there / base.config.path.relative_to(root))
    _bring_profiles(config, there, root, environ)
    folder = root / os.path.relpath(config.project, there)
    folder = folder if folder.is_dir() else config.project
    return _Ground(config=config, folder=folder, home=path.parent)


def _bring_profiles(config: Config, there: Path, root: Path, environ: Mapping[str, str]) -> None:
    """A profiles.yml that the workflow has written into the checkout, and no pull request."""
    named = (environment.profiles_dir for environment in config.environments.values())
    for folder in {config.project, *filter(None, named)}:
        written = root / os.path.relpath(folder, there) / PROFILES
        if not (folder / PROFILES).exists() and written.is_file() and untracked(written, environ):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(written, folder / PROFILES)


def _records(
    ground: _Ground,
    closed: Closed,
    environ: Mapping[str, str],
    note: Callable[[str], None],
    stack: ExitStack,
) -> Iterator[Record]:
    config = ground.config
    if environ.get("GITHUB_ACTIONS") != "true" and config.state != GITHUB:
        yield from _local(ground, closed, environ, note, stack)
        return
    github = _connected(config, environ, stack)
    jobs = [job.name for job in config.jobs.values() if not job.deploys]
    records = ArtifactRecords(github, jobs, note)
    if closed.number is None:
        yield from records.of_closed()
        return
    if not closed.base_sha:
        _refuse_open(github.pull_request(closed.number).state, closed.number)
    found = list(records.of(closed.number))
    if found and closed.base_sha and not closed.merged:
        # Its event may be long past, and the pull request open again.
        _refuse_open(github.pull_request(closed.number).state, closed.number)
    yield from found


def _local(
    ground: _Ground,
    closed: Closed,
    environ: Mapping[str, str],
    note: Callable[[str], None],
    stack: ExitStack,
) -> Iterator[Record]:
    """GitHub is asked which pull requests are open; a person who names one may know it."""
    found = list(local_records(ground.home, note))
    if closed.number is None:
        if found:
            github = _connected(ground.config, environ, stack)
            still_open = {pull.number for pull in github.pull_requests("open")}
            yield from (each for each in found if each.number not in still_open)
        return
    if not closed.merged:
        try:
            github = _connected(ground.config, environ, stack)
        except NotConnected as error:
            note(f"whether pull request {closed.number} is open wasn't asked: {error.what}")
        else:
            _refuse_open(github.pull_request(closed.number).state, closed.number)
    yield from (each for each in found if each.number == closed.number)


def _connected(config: Config, environ: Mapping[str, str], stack: ExitStack) -> GitHub:
    github = connect(config.root, environ)
    stack.callback(github.close)
    return github


def _refuse_open(state: str, number: int) -> None:
    if state == "open":
        raise ConfigInvalid(
            f"pull request {number} is open",
            why="its next run would find its schemas gone, and only rebuild what changed",
            hint="close it first",
        )
