"""The commands that a run of a job will try, before there is one: by the code that runs them.

What a run makes for itself, such as a folder for the state that it fetches, stands there by a name in
angle brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from runner.base_commit import BaseCommit
from runner.dbt.argv import dbt_argv
from runner.dbt.profiles import find_profiles_dir
from runner.dbt.project import has_packages
from runner.dbt.unseen import Unseen
from runner.errors import ConfigInvalid
from runner.execution.cloning import Cloning, clone_steps
from runner.execution.comparison import Comparison, asks_for_changes, compares
from runner.execution.deferral import Decision
from runner.execution.preparation import job_flags, without_state
from runner.execution.request import Request, parsing
from runner.execution.sequence import Planned, plan_steps
from runner.model import Config, Job
from runner.record import StepKind

PROFILES = Path("<profiles>")
STATE = Path("<state>")
BASE = Path("<base>")
BASE_TARGET = Path("<base target>")
LOGS = Path("<logs>")
MEANINGS = {
    PROFILES: "a folder of the run with a copy of profiles.yml that writes into the environment's schema",
    STATE: "a folder of the run with the manifest that it defers to",
    BASE: "the project as it is in the commit that the pull request starts from",
    BASE_TARGET: "a folder of the run with that commit's manifest",
    LOGS: "a folder of the run, one for each command",
}
NOT_FOUND = "where profiles.yml is, which isn't found on this machine"


@dataclass(frozen=True, kw_only=True)
class Command:
    """``argv`` begins with `dbt`. ``index`` is the job's own step, from 0, None of what is added."""

    kind: StepKind
    argv: tuple[str, ...]
    advisory: bool
    index: int | None = None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """``when`` is "" for a run as it should be; ``names`` says what each name in brackets means."""

    commands: tuple[Command, ...]
    when: str = ""
    names: Mapping[str, str]


def previews(config: Config, job: Job, environ: Mapping[str, str]) -> Iterator[Preview]:
    """The run as it should be, and those that other circumstances make. Raises ConfigInvalid."""
    request = Request(job=job, environment=config.environment_of(job))
    usual = Decision(action="defer" if job.defer else "none")
    yield _preview("", request, usual, config, environ)
    if job.defer and job.defer.on_missing == "full" and asks_for_changes(request):
        full = without_state(request)
        when = f"where there is no state of {job.defer.to} yet"
        yield _preview(when, full, Decision(action="full"), config, environ)
    if not job.deploys:
        when = "for a pull request that gets no secrets, such as a fork's"
        yield _preview(when, parsing(request, when), Decision(action="none"), config, environ)


def _preview(
    when: str, request: Request, decision: Decision, config: Config, environ: Mapping[str, str]
) -> Preview:
    job = request.job
    comparison = _comparison(request) if compares(request, decision) else None
    profiles, known = _profiles(request, config, environ)
    flags = job_flags(job, profiles, STATE if decision.action == "defer" else None)
    if comparison:
        flags = replace(flags, state=comparison.target)
    comparing = comparison.planned(config.project) if comparison else ()
    indexes = count()
    commands = tuple(
        Command(
            kind=each.kind,
            argv=("dbt", *dbt_argv(each.step, flags, LOGS)),
            advisory=each.advisory,
            index=next(indexes) if _is_own(each, request) else None,
        )
        for each in plan_steps(job, has_packages(config.project), comparing)
    )
    said = " ".join(word for command in commands for word in command.argv)
    meanings = {**MEANINGS, PROFILES: MEANINGS[PROFILES] if known else NOT_FOUND}
    names = {str(name): text for name, text in meanings.items() if str(name) in said}
    return Preview(when=when, commands=commands, names=names)


def _is_own(planned: Planned, request: Request) -> bool:
    """Whether it is a step of the job; of one that begins with `dbt deps`, that too."""
    if request.parse_only:
        return False
    return planned.kind == "step" or planned.kind == request.job.steps[0].command == "deps"


def _comparison(request: Request) -> Comparison:
    """As :func:`runner.execution.comparison.open_comparison` makes it of a commit that is there."""
    steps = tuple(s for s in request.job.steps if s.needs_state or request.parse_only)
    clones = () if request.parse_only else clone_steps(request.job.steps)
    return Comparison(
        base=BaseCommit(commit="", how=""),
        folder=BASE,
        target=BASE_TARGET,
        packages="shared",
        cloning=Cloning(planned=tuple(Planned(kind="clone", step=step) for step in clones)),
        unseen=Unseen(vars=[], seeds=[]),
        steps=steps,
    )


def _profiles(request: Request, config: Config, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """The folder as dbt is told it, and whether it is known here."""
    if request.environment.schema is not None:
        return PROFILES, True
    variables = {**environ, **request.job.env}
    try:
        return find_profiles_dir(request.environment.profiles_dir, config.project, variables), True
    except ConfigInvalid:
        return PROFILES, False
