"""What a job's steps select, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.config import Loaded
from runner.execution.explaining.timing import where
from runner.model import Job
from runner.reports.explanation import Fact, Section
from runner.reports.text import counted, listed
from runner.steps import EXCLUDE_OPTIONS, SELECT_OPTIONS, Step

VERBS = {
    "build": "builds and tests",
    "clean": "removes what dbt has made",
    "clone": "clones",
    "compile": "compiles",
    "debug": "checks the connection",
    "deps": "installs the project's packages",
    "docs generate": "documents",
    "list": "lists",
    "ls": "lists",
    "parse": "parses the project",
    "retry": "runs again what failed in dbt's last command",
    "run": "builds the models of",
    "run-operation": "runs the macro",
    "seed": "loads the seeds of",
    "show": "shows",
    "snapshot": "takes the snapshots of",
    "source freshness": "checks the freshness of the sources of",
    "source snapshot-freshness": "checks the freshness of the sources of",
    "test": "tests",
}
# By dbt's names of selector methods.
METHODS = {
    "access": "what has the access `{}`",
    "config": "what has the config `{}`",
    "exposure": "exposure `{}`",
    "file": "what is in the file `{}`",
    "fqn": "`{}`",
    "group": "the group `{}`",
    "metric": "metric `{}`",
    "package": "the package `{}`",
    "path": "what is in `{}`",
    "resource_type": "every {}",
    "result": "what ended as `{}` in the run that it compares with",
    "saved_query": "saved query `{}`",
    "selector": "the selector `{}` of selectors.yml",
    "semantic_model": "semantic model `{}`",
    "source": "source `{}`",
    "source_status": "sources that are `{}`",
    "tag": "what has the tag `{}`",
    "test_name": "tests called `{}`",
    "test_type": "{} tests",
    "unit_test": "unit test `{}`",
    "version": "versions that are `{}`",
}
STATES = {
    "modified": "what has changed",
    "new": "what is new",
    "old": "what was there before",
    "unmodified": "what hasn't changed",
}
CRITERION = re.compile(
    r"(?P<at>@)?((?P<up>\d*)\+)?((?P<method>[a-z_]+)(?P<sub>\.[\w.]+)?:)?(?P<value>.*?)(\+(?P<down>\d*))?"
)


def building(loaded: Loaded, job: Job, facts: Iterable[Fact]) -> Section:
    """``facts`` say how many nodes that is, or what would."""
    every = (*_building(loaded, job), *facts)
    return Section(key="builds", title="What it builds", facts=every)


def step_in_words(step: Step) -> str:
    """``builds and tests what has changed and everything after it, but not `x` ``."""
    verb = VERBS[step.command]
    if step.command == "run-operation":
        return f"{verb} `{step.args[0]}`" if step.args else verb
    if not step.selects:
        return verb
    chosen = [_in_words(value) for option, value in step.criteria() if option in SELECT_OPTIONS]
    named = step.option("--selector")
    chosen += [METHODS["selector"].format(named)] if named else []
    left = [_in_words(value) for option, value in step.criteria() if option in EXCLUDE_OPTIONS]
    but = f", but not {listed(left)}" if left else ""
    return f"{verb} {listed(chosen) or 'the whole project'}{but}"


def _in_words(criterion: str) -> str:
    parts = [_part(each) for each in criterion.split(",")]
    return parts[0] if len(parts) == 1 else f"of {parts[0]}: only {', and only '.join(parts[1:])}"


def _part(text: str) -> str:
    found = CRITERION.fullmatch(text)
    assert found is not None, "every part of it may be missing"
    said = _named(found["method"], found["sub"] or "", found["value"])
    if found["at"]:
        return f"{said}, everything after it and all that this needs"
    around = [_steps(found["up"], "before"), _steps(found["down"], "after")]
    return f"{said} and {listed(around)} it" if any(around) else said


def _named(method: str | None, sub: str, value: str) -> str:
    if method is None:
        looks_like_a_path = "/" in value or value.endswith((".sql", ".csv", ".py", ".yml"))
        every = "the whole project" if value == "*" else ""
        return every or METHODS["path" if looks_like_a_path else "fqn"].format(value)
    if method == "state":
        state, _, part = value.partition(".")
        said = STATES.get(state, f"what `state:{value}` selects")
        return f"{said} in its {part.replace('_', ' ')}" if part and state in STATES else said
    if method == "config":
        return METHODS["config"].format(f"{sub.lstrip('.')}: {value}")
    return METHODS.get(method, f"what `{method}{sub}:{{}}` selects").format(value)


def _steps(depth: str | None, side: str) -> str:
    """What is said of one side, nothing where the criterion doesn't reach there."""
    if depth is None:
        return ""
    return f"up to {counted(int(depth), 'step')} {side}" if depth else f"everything {side}"


def _building(loaded: Loaded, job: Job) -> Iterator[Fact]:
    for index, step in enumerate(job.steps):
        text = f"`{step.text}` {step_in_words(step)}"
        yield Fact(text=text, where=where(loaded, job, "steps", index))
    if job.source_freshness:
        text = "before that it checks the freshness of the sources, which never fails the job"
        yield Fact(text=text, where=where(loaded, job, "source_freshness"))
    if job.generate_docs:
        text = "then it generates the docs, which never fails the job"
        yield Fact(text=text, where=where(loaded, job, "generate_docs"))
