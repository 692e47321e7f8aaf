"""Where a run's unbuilt refs point: one decision, with its code and its text together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from runner.dbt.project import NotAManifest, manifest_metadata
from runner.durations import format_duration
from runner.errors import StateUnresolved
from runner.execution.former import Former
from runner.model import Config, Deferral, Job
from runner.record import PublishedState
from runner.state import StateStore


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a run does about deferral, and why, in one line.

    ``full`` is a build without deferral that was asked for or declared; ``skip`` does nothing.
    """

    action: Literal["none", "defer", "full", "skip"]
    text: str = ""
    state: PublishedState | None = None


def decide(
    job: Job, found: PublishedState | None, config: Config, location: str, now: datetime
) -> Decision:
    """Pure: from what the job says and what the store has. Raises StateUnresolved on `fail`."""
    if job.defer is None:
        return Decision(action="none")
    if found is not None:
        return Decision(action="defer", text=_deferring(found, now), state=found)
    missing = f"no state of {job.defer.to} in {location}"
    if job.defer.on_missing == "full":
        return Decision(action="full", text=f"full build: {missing} (on_missing: full)")
    if job.defer.on_missing == "skip":
        return Decision(action="skip", text=f"skipped: {missing} (on_missing: skip)")
    raise StateUnresolved(
        missing,
        why=f"job `{job.name}` defers to it, and `on_missing` is `fail`",
        hint=_bootstrap(config, job, job.defer),
    )


def decide_again(job: Job, former: Former, config: Config, now: datetime) -> Decision | None:
    """What the former run did, also where newer state is there; None where it hadn't decided yet.

    Raises StateUnresolved where the state that it used isn't this jobs file's.
    """
    state, as_run = former.run.deferred_to, f"as run {former.run.run_id} did"
    if state is None and not former.ran:
        return None
    if state is None:
        full = job.defer is not None
        return (
            Decision(action="full", text=f"full build, {as_run}")
            if full
            else Decision(action="none")
        )
    declared = config.jobs.get(state.job)
    if declared is None or declared.environment != state.environment:
        raise StateUnresolved(
            f"run {former.run.run_id} deferred to job {state.job!a} of {state.environment!a}",
            why=f"{config.path.name} has no such job, so its state can't be found again",
            hint=_anew(former),
        )
    return Decision(action="defer", text=f"{_deferring(state, now)}, {as_run}", state=state)


def gone(former: Former, state: PublishedState, error: StateUnresolved) -> StateUnresolved:
    """The error where the state that a former run used can't be had: no other takes its place."""
    return StateUnresolved(
        f"the state that run {former.run.run_id} deferred to can't be had: run {state.run_id}",
        why=f"{error.what}{f': {error.why}' if error.why else ''}",
        hint=_anew(former),
    )


def _anew(former: Former) -> str:
    job = former.run.job
    return (
        "start the job anew, which defers to the newest state:"
        f" dbt-gitops run {job}, or on GitHub dbt-gitops trigger {job} --cause …"
    )


def newest(store: StateStore, deferral: Deferral) -> PublishedState | None:
    """The newest state that the deferral points at."""
    return store.newest(environment=deferral.environment, job=deferral.job)


def check_manifest(folder: Path, state: PublishedState, project: str) -> None:
    """Raise StateUnresolved unless the fetched manifest is one of this project."""
    try:
        metadata = manifest_metadata(folder / "manifest.json")
    except NotAManifest as error:
        raise StateUnresolved(
            f"the manifest of run {state.run_id} can't be used", why=str(error)
        ) from error
    if metadata.project and metadata.project != project:
        raise StateUnresolved(
            f"the manifest of run {state.run_id} is of project `{metadata.project}`",
            why=f"this project is `{project}`; its refs would point into another warehouse",
            hint="give each project a `state:` of its own",
        )
    if not re.search(r"/manifest/v\d+(\.json)?$", metadata.schema_version):
        raise StateUnresolved(
            f"the manifest of run {state.run_id} has the unknown schema {metadata.schema_version!r}",
            hint="run the job that it comes from again",
        )


def version_note(state: PublishedState, versions: Mapping[str, str]) -> str:
    """What to say where another dbt wrote the manifest: its nodes may look modified."""
    ours = versions.get("dbt", "")
    if not ours or ours == state.dbt_version:
        return ""
    return (
        f"the state was written by dbt {state.dbt_version}, this run uses {ours}:"
        " `state:modified` may select more than has changed"
    )


def _deferring(state: PublishedState, now: datetime) -> str:
    age = format_duration(max(0.0, state.age_seconds(now)))
    commit = f"commit {state.commit[:7]}, " if state.commit else ""
    return f"deferring to {state.environment} / {state.job}: run {state.run_id}, {commit}{age} old"


def _bootstrap(config: Config, job: Job, deferral: Deferral) -> str:
    """How to make the state that is missing."""
    if deferral.job:
        sources = [deferral.job]
    else:
        jobs = config.jobs.values()
        sources = [j.name for j in jobs if j.environment == deferral.environment and j.deploys]
    sources = [name for name in sources if config.jobs[name].deploys]
    if not sources:
        return (
            "a pull request's job publishes no state: defer to an environment that a job deploys to"
        )
    # A job that defers too would fail the same way, unless it is told to build all.
    independent = [name for name in sources if config.jobs[name].defer is None]
    start = independent[0] if independent else sources[0]
    full = "" if independent else " --full"
    if config.state == "github":
        need = "" if config.jobs[start].triggers.dispatch else "; it needs `dispatch: true`"
        return (
            f"run `{start}` in the workflow on the default branch, which publishes state:"
            f" dbt-gitops trigger {start} --cause …{need}"
        )
    return (
        f"run `dbt-gitops run {start}{full}` once, committed and on the default branch: it publishes"
        " state"
        f" (or build all of it now: dbt-gitops run {job.name} --full)"
    )
