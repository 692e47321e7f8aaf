"""What a run's record says about how it was asked for, to ask for the same again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from runner.cli.launch.overrides import over
from runner.errors import ConfigInvalid, EventMalformed, StateUnresolved
from runner.events import DispatchOverrides
from runner.events.dispatch import read_overrides
from runner.execution.folder import HOME
from runner.execution.former import Former
from runner.masking import MASK
from runner.record import Run
from runner.record_json import RECORD
from runner.run_id import read_run_id
from runner.state.checks import RUN_ID
from runner.state.latest_record import usable
from runner.state.run_records import read_record


def record_here(root: Path, run_id: str) -> Run | None:
    """The record of a run of this machine; None where there is none. Raises StateUnresolved."""
    file = root / HOME / "runs" / run_id / RECORD
    if not RUN_ID.fullmatch(run_id) or not file.is_file():
        return None
    try:
        return usable(read_record(file))
    except (OSError, ValueError) as error:
        raise StateUnresolved(f"the record {file} can't be read", why=str(error)) from error


def cause_of(former: Former) -> str:
    """Why it runs, where nobody says otherwise."""
    how = "again, from its failure" if former.from_failure else "again"
    return f"run {former.run.run_id} {how}"


def not_the_latest(job: str, run_id: str, newer: str, *, from_failure: bool) -> ConfigInvalid:
    option = " --from-failure" if from_failure else ""
    return ConfigInvalid(
        f"run {run_id} is not the latest of `{job}`",
        why=f"run {newer} is newer: what the older one has left isn't what is there now",
        hint=f"dbt-gitops rerun {newer}{option}",
    )


def newer_here(root: Path, run: Run) -> str:
    """The id of a newer run of the same job on this machine, "" where there is none."""
    own = read_run_id(run.run_id)
    names = [folder.name for folder in (root / HOME / "runs").iterdir()]
    newer = [
        name
        for name in names
        if own and (each := read_run_id(name)) and each.job == run.job and each.time > own.time
    ]
    return max(newer, default="")


def as_it_was(run: Run, asked: DispatchOverrides) -> DispatchOverrides:
    """What the run was asked to do differently, and what this one is; raises ConfigInvalid."""
    return over(recorded_overrides(run, asked.env), asked)


def recorded_overrides(run: Run, env: Mapping[str, str]) -> DispatchOverrides:
    """What the run was asked to do differently; ``env`` gives the values, which no record has.

    Raises ConfigInvalid.
    """
    said = dict(run.overrides)
    names = said.pop("env", [])
    _check_known(run, said)
    _check_env(run, names if isinstance(names, list) else [], env)
    if isinstance(said.get("defer_to"), str):
        said["defer_to"] = said["defer_to"].replace(" ", ":", 1)  # `environment production`
    try:
        return read_overrides({**said, "env": dict(env)})
    except EventMalformed as error:
        raise ConfigInvalid(
            f"what run {run.run_id} did differently can't be read", why=error.why
        ) from error


def _check_known(run: Run, said: Mapping[str, object]) -> None:
    hidden = [name for name, value in said.items() if MASK in json.dumps(value, default=str)]
    if hidden:
        raise ConfigInvalid(
            f"run {run.run_id} can't be run again as it was",
            why=f"its {', '.join(hidden)} held a secret, which no record keeps",
            hint=f"start it anew: dbt-gitops run {run.job}, with the same options",
        )


def _check_env(run: Run, names: list[object], env: Mapping[str, str]) -> None:
    missing = sorted(str(name) for name in names if name not in env)
    other = sorted(set(env) - {str(name) for name in names})
    if missing:
        raise ConfigInvalid(
            f"run {run.run_id} was given {', '.join(missing)} by --env",
            why="a record keeps the names alone, so the values have to be given again",
            hint=" ".join(f"--env {name}=…" for name in missing),
        )
    if other:
        raise ConfigInvalid(
            f"run {run.run_id} wasn't given {', '.join(other)}",
            why="a rerun is given what the run was given, and nothing else",
            hint=f"start it anew: dbt-gitops run {run.job} --env {other[0]}=…",
        )
