"""What a job's steps select, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.config import Loaded
from runner.criterion import Criterion, read_criterion
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
    "resource_type": "what is a {}",
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
# What `dbt build` does besides, as far as the types that it takes have any.
TESTS = frozenset({"test", "unit_test"})
# Of `dbt run-operation`, by its `--help`: what stands behind isn't the macro.
WITH_VALUES = frozenset(
    {
        "--args", "--defer-state", "--indirect-selection", "--log-format", "--log-format-file",
        "--log-level", "--log-level-file", "--log-path", "--printer-width", "--profile",
        "--profiles-dir", "--record-timing-info", "--state", "--target", "--threads", "--vars",
        "--warn-error-options", "-r", "-t",
    }
)  # fmt: skip


def building(loaded: Loaded, job: Job, facts: Iterable[Fact]) -> Section:
    """``facts`` say how many nodes that is, or what would."""
    every = (*_building(loaded, job), *facts)
    return Section(key="builds", title="What it builds", facts=every)


def step_in_words(step: Step) -> str:
    """``builds and tests what has changed and everything after it, but not `x` ``."""
    verb = _verb(step)
    if step.command == "run-operation":
        macro = _macro(step)
        return f"{verb} `{macro}`" if macro else verb
    if not step.selects:
        return verb
    chosen = [_in_words(value) for option, value in step.criteria() if option in SELECT_OPTIONS]
    named = step.option("--selector")
    chosen += [METHODS["selector"].format(named)] if named else []
    left = [_in_words(value) for option, value in step.criteria() if option in EXCLUDE_OPTIONS]
    but = f", but not {listed(left)}" if left else ""
    return ", ".join((f"{verb} {listed(chosen) or 'the whole project'}{but}", *_manner(step)))


def _verb(step: Step) -> str:
    if step.command == "build":
        only, without = _types(step)
        all_of_them = not only or only & {"all", "default"}
        tests = (TESTS if all_of_them else TESTS & only) - without
        if not tests:
            return "builds"
        if only and only <= TESTS:
            return VERBS["test"]
    return VERBS[step.command]


def _types(step: Step) -> tuple[frozenset[str], frozenset[str]]:
    """The resource types that it takes, none where it takes all of its own, and those that it leaves out."""
    only = step.values("--resource-type", "--resource-types")
    without = step.values("--exclude-resource-type", "--exclude-resource-types")
    return frozenset(only), frozenset(without)


def _manner(step: Step) -> Iterator[str]:
    """What options say of how it is done, and of which resource types."""
    for kinds, said in zip(_types(step), ("only", "without"), strict=True):
        if kinds:
            the_type = "the type" if len(kinds) == 1 else "the types"
            yield f"{said} {the_type} {listed([f'`{each}`' for each in sorted(kinds)])}"
    if step.option("--full-refresh", "-f") is not None:
        yield "with a full refresh"
    if step.option("--empty") is not None:
        yield "without any rows"
    if step.option("--sample") is not None:
        yield "on a sample of the rows"


def _macro(step: Step) -> str:
    """The first word that is neither an option nor the value of one."""
    words = iter(step.args)
    for word in words:
        if not word.startswith("-"):
            return word
        if word in WITH_VALUES:
            next(words, "")
    return ""


def _in_words(criterion: str) -> str:
    parts = [_part(each) for each in criterion.split(",")]
    return parts[0] if len(parts) == 1 else f"of {parts[0]}: only {', and only '.join(parts[1:])}"


def _part(text: str) -> str:
    read = read_criterion(text)
    said = _named(read)
    if read.at:
        return f"{said}, everything after it and all that this needs"
    around = [_steps(read.up, "before"), _steps(read.down, "after")]
    return f"{said} and {listed(around)} it" if any(around) else said


def _named(read: Criterion) -> str:
    method, value = read.method, read.value
    if (method, value) == ("fqn", "*"):
        return "the whole project"
    if method == "state":
        state, _, part = value.partition(".")
        said = STATES.get(state, f"what `state:{value}` selects")
        return f"{said} in its {part.replace('_', ' ')}" if part and state in STATES else said
    if method == "config":
        return METHODS["config"].format(f"{read.argument}: {value}")
    return (
        METHODS[method].format(value)
        if method in METHODS
        else f"what `{read.written}:{value}` selects"
    )


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
