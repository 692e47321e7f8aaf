"""What the jobs of a file build, asked of dbt: for `validate --manifest` and `explain --manifest`."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from runner.builds.facts import Builds
from runner.cli.cache import cache_folder
from runner.dbt.argv import JobFlags, dbt_argv, parse_options
from runner.dbt.install import locate
from runner.dbt.profiles import find_profiles_dir
from runner.dbt.project import NotAManifest, manifest_metadata, read_project
from runner.dbt.selecting import ask, selections_of
from runner.dbt.session import WarmSession
from runner.errors import ConfigInvalid, DbtFailed
from runner.execution.project import Project, open_project
from runner.execution.request import Request, parsing
from runner.execution.variables import dbt_variables, without_secrets
from runner.masking import Mask
from runner.model import Config, Job
from runner.reports.text import counted
from runner.steps import parse_step
from runner.stopping import Stop

WHY = "it is only asked what jobs select"
_NO_MASK = Mask()


def asked(
    config: Config,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    manifest: Path | None = None,
    jobs: Sequence[Job] = (),
    *,
    mask: Mask = _NO_MASK,
) -> Builds:
    """Which nodes each step selects, by the dbt of production; a long time is told about by ``say``.

    ``jobs`` are those that are asked about, all of them where none is named. ``manifest`` is a manifest.json of the project, None parses the checkout. Raises DbtMissing where
    dbt can't be had, DbtFailed where it can't read the project, and ConfigInvalid without deployment
    jobs or where dbt is an executable that can't be asked. dbt connects to nothing, and gets no secret;
    what it says may have those that stand in the file, which ``mask`` hides.
    """
    if manifest:
        _refuse_others(manifest, config.project)
    job = production_job(config)
    request = parsing(Request(job=job, environment=config.environment_of(job)), WHY)
    project = open_project(config.project, environ)
    variables = dbt_variables(config, request, "", "", project.target_path, environ)
    found = find_profiles_dir(request.environment.profiles_dir, config.project, variables)
    flags = JobFlags(target=job.target, vars=job.vars, profiles_dir=found)
    argv = dbt_argv(parse_step("dbt parse"), flags, project.target)
    about = jobs or tuple(config.jobs.values())
    selections = selections_of(about)
    began = time.monotonic()
    session = _session(config, request, project, variables, environ, say)
    try:
        session.ready()
        what = f"reads {manifest}" if manifest else "parses the project"
        as_whom = f"as job `{job.name}` of `{job.environment}` would"
        say(f"dbt {session.versions['dbt']} {what}, {as_whom}")
        options = tuple(parse_options(argv))
        builds = ask(session, selections, options=options, manifest=manifest, say=say)
    except DbtFailed as error:
        raise DbtFailed(
            mask.text(error.what), why=mask.text(error.why), hint=mask.text(error.hint)
        ) from error
    finally:
        session.close()
    say(f"{counted(len(selections), 'selection')} answered in {time.monotonic() - began:.1f} s")
    otherwise = _otherwise(about, job)
    if otherwise:
        say(
            f"note: {_named(otherwise)}, so what is said of {_those(otherwise)} is what `{job.name}` has"
        )
    return replace(builds, otherwise=otherwise)


def _named(jobs: frozenset[str]) -> str:
    first, more = min(jobs), len(jobs) - 1
    have = f"`{first}` and {more:,} more have" if more else f"`{first}` has"
    return f"{have} another environment, target, vars or variables"


def _those(jobs: frozenset[str]) -> str:
    return "these" if len(jobs) > 1 else "it"


def _refuse_others(manifest: Path, project: Path) -> None:
    """Raise ConfigInvalid where there is no manifest, or another project's."""
    if not manifest.is_file():
        raise ConfigInvalid(
            f"there is no manifest at {manifest}",
            why="--manifest takes the word after it for one",
            hint="dbt parse writes target/manifest.json; --manifest as the last word asks dbt itself",
        )
    try:
        of = manifest_metadata(manifest).project
    except NotAManifest as error:
        raise ConfigInvalid(str(error), hint="dbt parse writes target/manifest.json") from error
    name = str(read_project(project).get("name", ""))
    if of and of != name:
        raise ConfigInvalid(
            f"{manifest} is of the project `{of}`",
            why=f"the project of the jobs file is `{name}`",
            hint="name the manifest of this project",
        )


def production_job(config: Config) -> Job:
    """The first of the enabled deployment jobs that are parsed as most of them are.

    Raises ConfigInvalid where there is none.
    """
    jobs = [job for job in config.jobs.values() if job.enabled and job.deploys]
    if not jobs:
        raise ConfigInvalid(
            "there is no deployment job, as which dbt could parse the project",
            why="a job that no pull request starts is one",
            hint="leave --manifest out",
        )
    environment = Counter(job.environment for job in jobs).most_common(1)[0][0]
    there = [job for job in jobs if job.environment == environment]
    usual = Counter(_parsed_with(job) for job in there).most_common(1)[0][0]
    return next(job for job in there if _parsed_with(job) == usual)


def _otherwise(jobs: Sequence[Job], usual: Job) -> frozenset[str]:
    """The jobs that dbt would parse the project in another way for than it does for this one."""
    return frozenset(
        job.name
        for job in jobs
        if _parsed_with(job) != _parsed_with(usual)
        or any([*parse_options(step.words)] for step in job.steps)
    )


def _parsed_with(job: Job) -> str:
    """What of a job decides what a parse gives."""
    return json.dumps([job.environment, job.target, dict(job.vars), dict(job.env)], default=str)


def _session(
    config: Config,
    request: Request,
    project: Project,
    variables: Mapping[str, str],
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> WarmSession:
    stop = Stop()  # never asked: Ctrl-C ends this as it does any command, and the worker with it
    location = locate(
        request.environment.dbt,
        root=config.root,
        cache=cache_folder(environ),
        environ=without_secrets(config, environ),
        stop=stop,
        say=say,
    )
    if location.python is None:
        raise ConfigInvalid(
            f"{location.executable} can't be asked what it selects",
            why="this needs a dbt-core of Python, which is kept warm",
            hint='pin one: `dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }` in the environment',
        )
    return WarmSession(
        python=location.python,
        adapter=location.adapter,
        project=project.folder,
        target=project.target,
        env=variables,
        stop=stop,
    )
