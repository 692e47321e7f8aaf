"""What the jobs of pull requests build, and where."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from runner.config.nodes import Path
from runner.config.rules.examples import WITH_CI
from runner.config.rules.parts import MODELLING, builds, takes_all, without_parents
from runner.config.rules.places import connection, target
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.model import Job
from runner.steps import Step


def _full_builds(subject: Subject) -> Iterator[Found]:
    models = _models(subject)
    for job in subject.of_pull_requests:
        for index, step in enumerate(job.steps):
            if builds(step) and (takes_all(step) or _takes(subject, step, models)):
                yield Found(
                    what=f"each pull request runs all of {shown(step.text)}",
                    hint=f"dbt {step.command} --select state:modified+, with `defer`",
                    at=("jobs", job.name, "steps", index),
                )


def _models(subject: Subject) -> frozenset[str]:
    """All of the project by dbt's answers, where they are at hand; none of fewer than two."""
    nodes = subject.known.builds.nodes.values() if subject.known.builds else ()
    models = [node.unique_id for node in nodes if node.resource_type == "model" and node.enabled]
    return frozenset(models) if len(models) > 1 else frozenset()


def _takes(subject: Subject, step: Step, models: frozenset[str]) -> bool:
    """Whether it builds all the models, by dbt's answer."""
    if not models or step.command not in MODELLING:
        return False
    answer = subject.builds.of(step)
    return answer is not None and models <= (answer.unique_ids or frozenset())


def _undeferred(subject: Subject) -> Iterator[Found]:
    for job in subject.of_pull_requests:
        index = without_parents(job.steps)
        if index is not None and job.defer is None:
            yield Found(
                what=f"{shown(job.name)} builds a part of the project and defers to nothing",
                hint="add `defer: { to: … }` with the environment that production is built in",
                at=("jobs", job.name, "steps", index),
            )


def _full_when_missing(subject: Subject) -> Iterator[Found]:
    for job in subject.of_pull_requests:
        if job.defer and job.defer.on_missing == "full":
            yield Found(
                what=f"{shown(job.name)} builds everything where there is no state to defer to",
                hint="write `on_missing: fail`, which says so, or `skip`",
                at=("jobs", job.name, "defer", "on_missing"),
            )


def _on_productions_target(subject: Subject) -> Iterator[Found]:
    deploying: dict[Hashable, Job] = {}
    for file in (subject, *subject.known.elsewhere):
        for job in file.deploying:
            deploying.setdefault(connection(file, job), job)
    for job in subject.of_pull_requests:
        other = deploying.get(connection(subject, job))
        if other:
            named = target(subject, job)
            yield Found(
                what=f"{shown(job.name)} connects to {_target(named)}, as {shown(other.name)} does",
                hint="give it a target with credentials of its own, which can't write to production",
                at=_place_of_target(subject, job),
            )


def _target(name: str | None) -> str:
    return f"target {shown(name)}" if name else "the profile's default target"


def _place_of_target(subject: Subject, job: Job) -> Path:
    """Where it is written; of one that nothing names, where the job's environment is."""
    if subject.loaded.where("jobs", job.name, "target"):
        return ("jobs", job.name, "target")
    if subject.environment(job).target == job.target:
        return ("environments", job.environment, "target")
    return ("jobs", job.name, "target")


def _several_purposes(subject: Subject) -> Iterator[Found]:
    for job in subject.of_pull_requests:
        triggers = job.triggers
        named = {"schedule": triggers.schedule, "merge": triggers.merge, "job": triggers.job}
        others = " and ".join(f"`{name}`" for name, given in named.items() if given)
        if others:
            yield Found(
                what=f"{shown(job.name)} is started by pull requests and by {others}",
                hint="make two jobs of it: one that checks, and one that deploys",
                at=("jobs", job.name, "triggers", "pull_request"),
            )


RULES = (
    Rule(
        code="full-build-in-ci",
        title="A pull request builds everything",
        why="a check that takes as long as production's build, and costs as much, is waited for or"
        " switched off; what hasn't changed can be read from production",
        bad=WITH_CI.replace(" --select state:modified+", ""),
        good=WITH_CI,
        check=_full_builds,
    ),
    Rule(
        code="ci-without-defer",
        title="A pull request builds a part, and defers to nothing",
        why="what it refers to and doesn't build isn't in the pull request's schema, so dbt finds no"
        " such table, or an old one",
        bad=WITH_CI.replace("state:modified+", "tag:finance").replace(
            "    defer: { to: production }\n", ""
        ),
        good=WITH_CI.replace("state:modified+", "tag:finance"),
        check=_undeferred,
    ),
    Rule(
        code="ci-full-on-missing",
        title="A pull request builds everything where state is missing",
        why="on the day that production's manifest can't be found, each pull request becomes a full"
        " build, which is noticed on the bill",
        bad=WITH_CI.replace("to: production }", "to: production, on_missing: full }"),
        good=WITH_CI.replace("to: production }", "to: production, on_missing: fail }"),
        check=_full_when_missing,
    ),
    Rule(
        code="ci-on-production-target",
        title="A pull request connects as production does",
        why="a schema of its own holds its models alone: its hooks, macros and operations run with"
        " credentials that can write to production's tables, before anyone has reviewed them",
        bad=WITH_CI.replace("target: ci", "target: prod"),
        good=WITH_CI,
        check=_on_productions_target,
    ),
    Rule(
        code="ci-and-deployment",
        title="One job for pull requests and for deployments",
        why="a job that pull requests start never publishes state, so its scheduled runs give nothing"
        " to defer to; and the two want other steps, limits and schemas",
        bad=WITH_CI.replace(
            "{ branches: [main] } }", '{ branches: [main] }, schedule: { cron: "23 2 * * *" } }'
        ),
        good=WITH_CI,
        check=_several_purposes,
    ),
)
