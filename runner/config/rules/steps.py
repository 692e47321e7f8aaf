"""The order of a job's steps, and what they leave out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Hashable, Iterator, Sequence

from runner.config.rules.examples import DAILY
from runner.config.rules.places import connection
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.model import Job
from runner.steps import EXCLUDE_OPTIONS, Step

_BUILDING = ("build", "run")
# Macros that bring what is built to where it is read, by their names: tests before them stop bad data.
_PUBLISHING = re.compile("swap|publish|promote|exchange|switch")
Selection = frozenset[tuple[str, str]]


def _out_of_order(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        built = [index for index, step in enumerate(job.steps) if step.command in _BUILDING]
        for index, step in enumerate(job.steps) if built else ():
            why, hint = _misplaced(job, index, step, built)
            if why:
                yield Found(
                    what=f"{shown(step.text)} {why}",
                    hint=hint,
                    at=("jobs", job.name, "steps", index),
                )


def _misplaced(job: Job, index: int, step: Step, built: list[int]) -> tuple[str, str]:
    """What is wrong with the place of a step, and the hint; two empty texts where nothing is."""
    first, last = built[0], built[-1]
    later = [job.steps[each] for each in built if each > index]
    if step.command == "test" and index < first and any(_tested_by(step, each) for each in later):
        return (
            "tests what the step after it builds",
            "test after it, or `dbt build`, which does both",
        )
    if step.command == "docs generate" and index < first:
        return (
            "describes what isn't built yet",
            "last, or `generate_docs: true` instead of the step",
        )
    if step.command == "seed" and index > last:
        return "loads what the step before it has read", "seed first"
    if step.command == "source freshness" and index > last:
        return "comes when all is built on its sources", "first, so that it can stop the job"
    return "", ""


def _tested_by(test: Step, build: Step) -> bool:
    return not _selection(test) or _selection(test) == _selection(build)


def _run_and_test(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        for index, step in enumerate(job.steps):
            at = ("jobs", job.name, "steps", index)
            late = step.command in _BUILDING and _tested_late(step, job.steps[index + 1 :])
            if late and step.command == "run":
                words = shlex.join(("dbt", "build", *step.args))
                yield Found(
                    what=f"{shown(step.text)} builds all, and only then is any of it tested",
                    hint=f"`{words}`, in place of the run",
                    at=at,
                )
            elif late and _leaves_tests_out(step):
                yield Found(
                    what=f"{shown(step.text)} leaves its tests to a later step, which stops nothing",
                    hint="leave them in, so that each model is tested before anything is built on it",
                    at=at,
                )


def _tested_late(build: Step, later: Sequence[Step]) -> bool:
    """Whether a later step tests what it builds, and none publishes it after that."""
    own = _selection(build) - {("exclude", "resource_type:test")}
    every = not any(kind != "exclude" for kind, _ in own)
    for index, step in enumerate(later):
        whole = build.command == "build" and every
        if step.command == "test" and (whole or _selection(step) in (frozenset(), own)):
            return not any(map(_publishes, later[index + 1 :]))
    return False


def _publishes(step: Step) -> bool:
    if step.command != "run-operation":
        return step.command == "clone"
    given = step.option("--args")  # it may be a message that has such a word
    named = (word for word in step.args if given is None or given not in word)
    return any(map(_PUBLISHING.search, named))


def _leaves_tests_out(step: Step) -> bool:
    excluded = step.values("--exclude-resource-type", "--exclude-resource-types")
    included = step.values("--resource-type", "--resource-types")
    without = {value for option, value in step.criteria() if option in EXCLUDE_OPTIONS}
    return (
        "test" in excluded
        or "resource_type:test" in without
        or bool(included and not {"test", "all", "default"} & set(included))
    )


def _selection(step: Step) -> Selection:
    """What it selects; that of a named selector is the name."""
    named = step.option("--selector")
    return frozenset(
        (
            "exclude" if option == "--exclude" else "select",
            criterion,
        )
        for option, criterion in step.criteria()
    ) | ({("selector", named)} if named is not None else set())


def _never_tested(subject: Subject) -> Iterator[Found]:
    # What a pull request builds and tests is its own copy, not what deployments leave.
    tested = {
        job.environment for job in subject.jobs if job.deploys and any(map(_tests, job.steps))
    }
    elsewhere = {there for there, job in _elsewhere(subject) if any(map(_tests, job.steps))}
    for job in subject.deploying:
        built = [index for index, step in enumerate(job.steps) if _builds_models(step)]
        known = job.environment in tested or connection(subject, job) in elsewhere
        if built and not known:
            step = job.steps[built[0]]
            instead = f"`dbt build` in place of {shown(step.text)}"
            yield Found(
                what=f"no job of environment {shown(job.environment)} runs a test",
                hint=instead
                if step.command == "run"
                else "leave the tests in, or `dbt test` after it",
                at=("jobs", job.name, "steps", built[0]),
            )


def _elsewhere(subject: Subject) -> Iterator[tuple[Hashable, Job]]:
    """What deploys by the project's other files, and how it connects."""
    for file in subject.known.elsewhere:
        yield from ((connection(file, job), job) for job in file.jobs if job.deploys)


def _tests(step: Step) -> bool:
    return step.command == "test" or (step.command == "build" and not _leaves_tests_out(step))


def _builds_models(step: Step) -> bool:
    kinds = step.values("--resource-type", "--resource-types")
    every = not kinds or bool({"model", "all", "default"} & set(kinds))
    return step.command == "run" or (step.command == "build" and every)


def _never_refreshed(subject: Subject) -> Iterator[Found]:
    elsewhere = {
        there
        for there, job in _elsewhere(subject)
        if _can_be_asked(job) or any(map(_refreshes, job.steps))
    }
    for job in subject.deploying:
        if connection(subject, job) in elsewhere:
            continue
        built = [index for index, step in enumerate(job.steps) if step.command in _BUILDING]
        there = [each for each in subject.jobs if each.environment == job.environment]
        if built and _builds_increments_alone(subject, job) and _lacks_refresh(subject, job, there):
            yield Found(
                what=f"no job ever builds the incremental models of {shown(job.name)} anew",
                hint="a job with `dbt build --full-refresh`, or `dispatch: true` to ask for one",
                at=("jobs", job.name, "steps", built[0]),
            )


def _builds_increments_alone(subject: Subject, job: Job) -> bool:
    """By the manifest, where it is at hand; else by what the steps say."""
    builds = subject.known.builds
    if builds is None or not builds.is_known(job):
        return all(_is_incremental(step) for step in job.steps if step.command in _BUILDING)
    nodes = [builds.nodes[each] for each in builds.built_by(job)]
    return bool(nodes) and all(node.materialized == "incremental" for node in nodes)


def _lacks_refresh(subject: Subject, job: Job, jobs: list[Job]) -> bool:
    """Whether none of these jobs builds all of it anew; with the manifest, any of its models."""
    if any(_can_be_asked(each) for each in jobs):
        return False
    refreshing = [step for each in jobs for step in each.steps if _refreshes(step)]
    builds = subject.known.builds
    if builds is None or not builds.is_known(job):
        return not refreshing
    answers = [builds.of(step) for step in refreshing]
    if any(answer and not answer.is_known for answer in answers):
        return False
    anew = frozenset().union(*(answer.unique_ids or () for answer in answers if answer))
    return not builds.built_by(job) <= anew


def _is_incremental(step: Step) -> bool:
    selected = [value for kind, value in _selection(step) if kind == "select"]
    return bool(selected) and all("config.materialized:incremental" in each for each in selected)


def _can_be_asked(job: Job) -> bool:
    """Whether a person may give it other steps."""
    dispatch = job.triggers.dispatch
    return dispatch is not None and "steps" in dispatch.overrides


def _refreshes(step: Step) -> bool:
    return step.option("--full-refresh", "-f") is not None


_HOURLY = """\
  hourly:
    environment: production
    triggers: { schedule: { cron: "23 * * * *" } }
    steps: ["dbt build --select config.materialized:incremental"]
    timeout: 1h
"""

RULES = (
    Rule(
        code="steps-out-of-order",
        title="Steps in an order that undoes their sense",
        why="tests before the build look at the last run's tables, docs before it describe them, seeds"
        " after it are read by the next run only, and freshness that is checked after it stops nothing",
        bad=DAILY.replace("[dbt build]", "[dbt build, dbt seed]"),
        good=DAILY.replace("[dbt build]", "[dbt seed, dbt build]"),
        check=_out_of_order,
    ),
    Rule(
        code="run-and-test",
        title="A run and then a test, where a build would stop bad data",
        why="`dbt build` tests each model before anything is built on it; after `dbt run` a test finds"
        " what has reached every table already",
        bad=DAILY.replace("[dbt build]", "[dbt run, dbt test]"),
        good=DAILY,
        check=_run_and_test,
    ),
    Rule(
        code="never-tested",
        title="A deployment whose tests never run",
        why="what is wrong with the data is found by those who read it",
        bad=DAILY.replace("[dbt build]", "[dbt run]"),
        good=DAILY,
        check=_never_tested,
    ),
    Rule(
        code="never-refreshed",
        title="Incremental models that are never built anew",
        why="late rows, deleted rows and changed logic stay wrong in an incremental model until a full"
        " refresh",
        bad=DAILY + _HOURLY,
        good=DAILY.replace('* *" } }', '* *" }, dispatch: true }') + _HOURLY,
        check=_never_refreshed,
    ),
)
