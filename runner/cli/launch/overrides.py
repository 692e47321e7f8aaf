"""What the command line says differently from the jobs file, checked as the file is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

import yaml

from runner.config.checks.steps import CONFLICTS
from runner.config.schema import schema_text
from runner.config.targets import Target, resolve
from runner.durations import parse_duration
from runner.errors import ConfigInvalid
from runner.events import DispatchOverrides
from runner.execution.request import Overrides
from runner.model import Config, Deferral, Environment, Job, PinnedDbt, VarValue
from runner.steps import FORBIDDEN, NotADbtCommand, Step, parse_step
from runner.unknown import did_you_mean, no_such


def over(first: DispatchOverrides, second: DispatchOverrides) -> DispatchOverrides:
    """Both; what the second says counts."""
    return DispatchOverrides(
        target=second.target or first.target,
        threads=second.threads or first.threads,
        vars={**first.vars, **second.vars},
        env={**first.env, **second.env},
        steps=second.steps or first.steps,
        schema=second.schema or first.schema,
        defer_to=second.defer_to or first.defer_to,
        full=second.full or first.full,
        git_ref=second.git_ref or first.git_ref,
        dbt=second.dbt or first.dbt,
        timeout=second.timeout or first.timeout,
        generate_docs=first.generate_docs if second.generate_docs is None else second.generate_docs,
    )


def asked_overrides(config: Config, job: Job, asked: DispatchOverrides) -> Overrides:
    """What is asked for, checked against the job; raises ConfigInvalid."""
    environment = config.environment_of(job)
    _check_env(asked.env, environment)
    return Overrides(
        target=asked.target,
        threads=asked.threads,
        vars=asked.vars,
        env=asked.env,
        steps=tuple(parse_step_override(text, job, environment) for text in asked.steps),
        schema=asked.schema,
        defer_to=parse_deferral(config, job.name, asked.defer_to) if asked.defer_to else None,
        full=asked.full,
        git_ref=asked.git_ref,
        dbt=check_dbt(asked.dbt, environment) if asked.dbt else None,
        timeout=asked.timeout,
        generate_docs=asked.generate_docs,
    )


def find_job(config: Config, name: str) -> Job:
    """The job of this name; raises ConfigInvalid."""
    if name not in config.jobs:
        raise no_such("job", name, config.jobs, os.path.relpath(config.path))
    return config.jobs[name]


def parse_vars(text: str | None) -> dict[str, VarValue]:
    """`--vars` as dbt takes it: a mapping in YAML or JSON."""
    try:
        values = yaml.safe_load(text) if text else {}
    except yaml.YAMLError as error:
        raise ConfigInvalid(f"--vars {text} is not YAML", why=str(error)) from error
    if not isinstance(values, dict):
        raise ConfigInvalid(f"--vars {text} is not a mapping", hint="write it as '{key: value}'")
    return values


def parse_env(pairs: tuple[str, ...]) -> dict[str, str]:
    """Each `--env NAME=VALUE`."""
    values = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise ConfigInvalid(f"--env {pair} is not NAME=VALUE")
        values[name] = value
    return values


def parse_timeout(text: str | None) -> timedelta | None:
    """`--timeout` as the jobs file writes durations."""
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        raise ConfigInvalid(f"--timeout {text} can't be read", why=str(error)) from error


def check_dbt(version: str, environment: Environment) -> str:
    """`--dbt`: another dbt-core beside the environment's adapter, written as the file writes it."""
    if not isinstance(environment.dbt, PinnedDbt):
        runs = "an executable" if environment.dbt else "the dbt on PATH"
        raise ConfigInvalid(
            f"--dbt {version} can't be had in environment `{environment.name}`",
            why=f"it runs {runs}, whose version isn't ours to choose",
            hint='pin its dbt: `dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }`',
        )
    form = json.loads(schema_text("dbt_jobs.schema.json"))["$defs"]["dbt"]["else"]
    core = form["properties"]["core"]
    if not re.search(core["pattern"], version):
        raise ConfigInvalid(f"--dbt {version} is no version", why=core["patternErrorMessage"])
    return version


def _check_env(env: Iterable[str], environment: Environment) -> None:
    hidden = sorted(set(env) & set(environment.secrets))
    if hidden:
        raise ConfigInvalid(
            f"{', '.join(hidden)} can't be set with --env",
            why=f"it is a secret of environment `{environment.name}`, and --env is recorded",
        )


def parse_step_override(text: str, job: Job, environment: Environment) -> Step:
    """One `--steps`, which may say no more than a step of the file may."""
    try:
        step = parse_step(text)
    except NotADbtCommand as error:
        raise ConfigInvalid(f"--steps {text!r} is not a step", why=str(error)) from error
    for flag, why in _refused(job, environment):
        if step.option(flag) is not None:
            raise ConfigInvalid(f"{flag} can't stand in --steps {text!r}", why=why)
    return step


def _refused(job: Job, environment: Environment) -> Iterator[tuple[str, str]]:
    yield from FORBIDDEN.items()
    for conflict in CONFLICTS:
        ours = any(getattr(job, key) for key in conflict.of_job)
        if ours or any(getattr(environment, key) for key in conflict.of_environment):
            yield from ((flag, conflict.why) for flag in conflict.flags)


def parse_deferral(config: Config, job: str, name: str) -> Deferral:
    """`--defer-to` in the words of the jobs file; what is missing is decided as the job says."""
    target = resolve(name, job, config.environments, config.jobs)
    if not isinstance(target, Target):
        raise ConfigInvalid(
            f"--defer-to {name} is not one environment or job of {config.path}",
            hint=did_you_mean(name, [*config.environments, *config.jobs])
            or "write environment:NAME, job:NAME or self",
        )
    declared = config.jobs[job].defer
    on_missing = declared.on_missing if declared else "fail"
    return Deferral(environment=target.environment, job=target.job, on_missing=on_missing)
