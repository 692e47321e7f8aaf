"""A run by its id, or by a part of it: from this machine, else from the workflow's run on GitHub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from runner.cli.connecting import connect
from runner.cli.past.histories import cache_of
from runner.cli.past.run_ids import known_runs
from runner.errors import GitHubFailed
from runner.execution.folder import HOME
from runner.execution.recording import DIED
from runner.git import origin
from runner.github.artifact_names import run_artifact
from runner.github.connection import NotConnected, repository_of
from runner.github.download import ArtifactRefused
from runner.history import Entry, History
from runner.model import Config
from runner.record import Run
from runner.record_json import RECORD, run_from_json, run_to_json
from runner.reports.found import Found
from runner.state.cache import Cache
from runner.state.run_records import fetch_record, newest_of, read_record

UNTOLD = "it is under way, or was killed: its record is the one that it began with"


def found_run(
    run_id: str, config: Config, environ: Mapping[str, str], say: Callable[[str], None]
) -> Found:
    """Raises ConfigInvalid where no run has this id, or several have it as a part of theirs.

    Nobody is asked where the run and its record are at hand.
    """
    known = known_runs(run_id, config, environ, say)
    name = known.one(run_id)
    entry = known.entry(name)
    found = Found(
        run_id=name,
        entry=entry,
        endings=_endings(entry, known.history),
        page=_page(entry, config.root, environ),
    )
    local = config.root / HOME / "runs" / name / RECORD
    if local.exists():
        return _from(found, local)
    return _from_github(found, config, environ, cache_of(config, environ, say))


def _endings(entry: Entry | None, history: History) -> dict[str, str]:
    """How those have ended that started it, by their jobs; "" where the history doesn't say it yet."""
    return {
        job: next(
            (e.outcome.status for e in history.of(job) if e.outcome and e.run_id == run_id), ""
        )
        for job, run_id in (entry.upstream.items() if entry else ())
    }


def _from(found: Found, path: Path) -> Found:
    try:
        run = read_record(path)
    except (OSError, ValueError) as error:
        return replace(found, trouble=f"its record {path} can't be read: {error}")
    trouble = UNTOLD if run.reason == DIED else ""
    return replace(found, run=run, place=str(path), trouble=trouble)


def _from_github(
    found: Found, config: Config, environ: Mapping[str, str], cache: Cache | None
) -> Found:
    """Two requests, and one to the storage; none where it was fetched before."""
    entry = found.entry
    if entry is None or not entry.workflow_run:
        return replace(
            found, trouble="its record is on the machine that ran it, and not on this one"
        )
    place = f"artifact {run_artifact(entry.job, None)} of {found.page or entry.workflow_run}"
    kept = _kept(found.run_id, cache)
    if kept:
        return replace(found, run=kept, place=place)
    if entry.outcome is None:
        return replace(found, trouble="it waits or runs, or nobody has told of its end yet")
    try:
        with closing(connect(config.root, environ)) as github:
            newest = newest_of(github, entry.workflow_run, {entry.job}).get(entry.job)
            if newest is None:
                return replace(found, trouble="its record isn't among the artifacts of its run")
            run = fetch_record(github, newest)
    except (ArtifactRefused, ValueError) as error:
        return replace(found, trouble=f"its record can't be used: {' '.join(str(error).split())}")
    except GitHubFailed as error:
        why = f": {error.why}" if error.why else ""
        return replace(found, trouble=f"its record can't be fetched: {error.what}{why}")
    if not _is(run, entry):
        trouble = f"its record has given way to that of {run.run_id}, which ran again"
        return replace(found, trouble=trouble)
    if cache:
        cache.write(found.run_id, run_to_json(run))
    return replace(found, run=run, place=place)


def _kept(run_id: str, cache: Cache | None) -> Run | None:
    text = cache.read(run_id) if cache else None
    try:
        return run_from_json(text) if text else None
    except ValueError:
        return None


def _is(run: Run, entry: Entry) -> bool:
    """What was planned in a later attempt has that attempt's number behind its id."""
    return run.run_id in (entry.run_id, f"{entry.run_id}-{entry.attempt}")


def _page(entry: Entry | None, root: Path, environ: Mapping[str, str]) -> str:
    if entry is None or not entry.workflow_run:
        return ""
    try:
        _, repository = repository_of(environ, origin(root, environ))
    except NotConnected:
        return ""
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    attempt = f"/attempts/{entry.attempt}" if entry.attempt > 1 else ""
    return f"{server}/{repository}/actions/runs/{entry.workflow_run}{attempt}"
