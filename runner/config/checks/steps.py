"""Steps that are not dbt commands, and flags that contradict what the file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runner.config.compose import parse
from runner.config.nodes import Mapping, Scalar
from runner.config.text import Source, printable, shown
from runner.config.written import Written, WrittenJob
from runner.model import Problem
from runner.steps import COMMANDS, FORBIDDEN, NotADbtCommand, Step, parse_step
from runner.unknown import nearest


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Flags of a step that can't stand beside these keys of the job or of its environment."""

    flags: tuple[str, ...]
    of_job: tuple[str, ...] = ()
    of_environment: tuple[str, ...] = ()
    why: str


CONFLICTS = (
    Conflict(
        flags=("--defer", "--no-defer", "--state", "--defer-state"),
        of_job=("defer",),
        why="`defer` fetches the state and passes these flags itself",
    ),
    Conflict(
        flags=("--target", "-t"),
        of_job=("target",),
        of_environment=("target",),
        why="the runner passes --target itself",
    ),
    Conflict(
        flags=("--profiles-dir",),
        of_environment=("profiles_dir", "schema"),
        why="the runner passes --profiles-dir itself",
    ),
    Conflict(flags=("--threads",), of_job=("threads",), why="the runner passes --threads itself"),
)


def step_of(text: str) -> Step | None:
    """The step, or None where it isn't a dbt command."""
    try:
        return parse_step(text)
    except NotADbtCommand:
        return None


def steps(written: Written) -> Iterator[Problem]:
    """Each step that isn't a dbt command, and those that name another project."""
    for _, body in written.bodies():
        for node in body.scalars("steps"):
            try:
                step = parse_step(node.text)
            except NotADbtCommand as error:
                yield _not_dbt(written, node, str(error))
                continue
            for flag, why in FORBIDDEN.items():
                if step.option(flag) is not None:
                    said = "can't stand in a step"
                    yield _flag_problem(written, node, flag, said, why, "remove it")


def flags(written: Written) -> Iterator[Problem]:
    """Flags of a job's steps that contradict the job or its environment."""
    for job in written.jobs.values():
        found = _conflicts_of(written, job)
        if not found:
            continue
        for node in job.settings.scalars("steps"):
            step = step_of(node.text)
            for conflict, setter in found if step else ():
                for flag in conflict.flags:
                    if step and step.option(flag) is not None:
                        said = f"contradicts {setter}"
                        hint = f"remove {flag} from the step, or the key"
                        yield _flag_problem(written, node, flag, said, conflict.why, hint)


def step_variables(written: Written) -> Iterator[Problem]:
    """``--vars`` that is no mapping, or that says again what ``vars`` says."""
    for job in written.jobs.values():
        for node in job.settings.scalars("steps"):
            step = step_of(node.text)
            text = step.option("--vars") if step else None
            if text is not None:
                yield from _variables(written, job, node, text)


def _variables(written: Written, job: WrittenJob, node: Scalar, text: str) -> Iterator[Problem]:
    given = parse(Source(file=written.source.file, text=text)).root
    if not isinstance(given, Mapping):
        said = f"has {shown(text)}, which is not a mapping"
        hint = "write it as --vars '{name: value}'"
        yield _flag_problem(written, node, "--vars", said, "", hint)
        return
    owners = (
        (f"environment {shown(job.environment or '')}", written.environment_of(job)),
        (f"job {shown(job.name)}", job.settings),
    )
    for owner, mapping in owners:
        for name in given.entries.keys() & mapping.mapping("vars").entries.keys():
            said = f"sets {shown(name)}, and so does `vars` of {owner}"
            why = "one of the two would be lost"
            hint = f"remove {printable(name)[:60]} from one of them"
            yield _flag_problem(written, node, "--vars", said, why, hint)


def _conflicts_of(written: Written, job: WrittenJob) -> list[tuple[Conflict, str]]:
    """Each conflict whose keys the job or its environment sets, and the words for the first."""
    set_by = ((conflict, _set_by(written, job, conflict)) for conflict in CONFLICTS)
    return [(conflict, setter) for conflict, setter in set_by if setter]


def _set_by(written: Written, job: WrittenJob, conflict: Conflict) -> str:
    for key in conflict.of_job:
        if _is_set(job.settings, key):
            owner = f"job {shown(job.name)}" if key in job.body.entries else "`defaults`"
            return f"`{key}` of {owner}"
    for key in conflict.of_environment:
        if _is_set(written.environment_of(job), key):
            return f"`{key}` of environment {shown(job.environment or '')}"
    return ""


def _is_set(mapping: Mapping, key: str) -> bool:
    node = mapping.get(key)
    if isinstance(node, Scalar):
        return node.value is not False
    return isinstance(node, Mapping) and bool(node.entries)


def _flag_problem(
    written: Written, node: Scalar, flag: str, said: str, why: str, hint: str
) -> Problem:
    at = written.source.narrowed(node.span, flag)
    return written.source.problem(at, "flag-conflict", f"`{flag}` {said}", why=why, hint=hint)


def _not_dbt(written: Written, node: Scalar, why: str) -> Problem:
    what = f"{shown(node.text)} is not a step"
    hint = _meant(node.text)
    return written.source.problem(node.span, "not-a-dbt-command", what, why=why, hint=hint)


def _meant(text: str) -> str:
    first, *rest = text.split()[:2] or [""]
    commands = sorted({command.split()[0] for command in COMMANDS})
    if any(sign in text for sign in ("&&", "||", ";", "|")):
        return "make each dbt command a step of its own"
    if first in commands:
        return f"write `dbt {printable(text)[:60]}`"
    if first != "dbt" or not rest or rest[0] in commands:
        return "" if rest else "for example `dbt build`"
    near = nearest(rest[0], commands)
    return f"did you mean `dbt {near}`?" if near else ""
