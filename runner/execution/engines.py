"""The engine that a run's commands go to: found, installed where it has to be, and started."""

from __future__ import annotations

from runner.dbt.engine import Engine
from runner.dbt.install import locate
from runner.dbt.plain import PlainDbt
from runner.dbt.session import WarmSession
from runner.execution.project import Project
from runner.execution.request import Request
from runner.execution.surroundings import Surroundings
from runner.execution.variables import dbt_variables, without_secrets
from runner.stopping import Stop


def start_engine(
    request: Request, around: Surroundings, project: Project, run_id: str, stop: Stop
) -> Engine:
    """A warm session imports dbt from here on, while the caller prepares the rest."""
    env = dbt_variables(
        around.config, request, run_id, around.checkout.commit, project.target_path, around.environ
    )
    location = locate(
        request.environment.dbt,
        root=around.config.root,
        cache=around.cache,
        environ=without_secrets(around.config, around.environ),
        stop=stop,
        say=around.reporter.say,
    )
    around.reporter.say(f"dbt: {location.how}")
    if location.executable:
        return PlainDbt(
            executable=location.executable,
            project=project.folder,
            target=project.target,
            env=env,
            stop=stop,
        )
    assert location.python is not None
    return WarmSession(
        python=location.python,
        adapter=location.adapter,
        project=project.folder,
        target=project.target,
        env=env,
        stop=stop,
    )
