"""What of a project steps build, by the words of their selections: everything, or a part with its parents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.criterion import Criterion, read_criterion
from runner.steps import EXCLUDE_OPTIONS, SELECT_OPTIONS, Step

_UNCHANGED = frozenset({"state:unmodified", "state:old"})
# What builds models, and so what others are built on.
MODELLING = ("build", "run")
BUILDING = (*MODELLING, "test", "snapshot")


def builds(step: Step) -> bool:
    """Whether it builds for real: with `--empty` dbt builds all tables without their rows."""
    return step.command in BUILDING and step.option("--empty") is None


def takes_all(step: Step) -> bool:
    """Whether it names everything, by saying nothing or by a star; not what a selector does.

    What leaves out all that hasn't changed takes what has.
    """
    named = _selection(step)
    by_selector = step.option("--selector") is not None
    everything = not named or any(map(_is_all, named))
    changed = any({*each.split(",")} <= _UNCHANGED for each in _excluded(step))
    return everything and not changed and not by_selector and _of_all_types(step)


def _of_all_types(step: Step) -> bool:
    """Whether its resource types leave what it is there for in: `dbt build` of seeds is as `dbt seed`."""
    only = {*step.values("--resource-type", "--resource-types")}
    without = {*step.values("--exclude-resource-type", "--exclude-resource-types")}
    return (not only or bool(only & {"model", "all", "default"})) and "model" not in without


def without_parents(steps: Sequence[Step]) -> int | None:
    """The first step that builds on what nothing before it builds, nor it itself; None without one.

    What is built before may be without rows: a model can be built on it.
    """
    there: set[Criterion] = set()
    for index, step in enumerate(steps):
        if step.command in MODELLING and takes_all(step):
            return None
        named = _selection(step)
        deferring = step.option("--defer") is not None
        if builds(step) and not (deferring or all(_has_parents(each, there) for each in named)):
            return index
        if step.command in MODELLING:
            there.update(core for each in named for core in _built_with_parents(each))
    return None


def _excluded(step: Step) -> list[str]:
    return [criterion for option, criterion in step.criteria() if option in EXCLUDE_OPTIONS]


def _selection(step: Step) -> list[str]:
    return [criterion for option, criterion in step.criteria() if option in SELECT_OPTIONS]


def _has_parents(criterion: str, there: set[Criterion]) -> bool:
    """What several parts have in common has its parents where each has, or where it is there already."""
    parts = [read_criterion(part) for part in criterion.split(",")]
    return all(map(_is_whole, parts)) or any(
        _is_root(part) or _core(part) in there for part in parts
    )


def _is_whole(part: Criterion) -> bool:
    """Whether it takes all that it is built on, too."""
    return part.at or part.up == "" or _is_star(part)


def _is_root(part: Criterion) -> bool:
    """Whether it takes sources and seeds alone, which are built on nothing: seeds stand in `seeds`, where dbt_project.yml doesn't say otherwise."""
    kinds = part.method == "resource_type" and part.value in ("seed", "source")
    seeds = part.method in ("path", "fqn") and part.value.partition("/")[0] == "seeds"
    return part.down is None and (kinds or seeds or part.method == "source")


def _is_star(part: Criterion) -> bool:
    return (part.method, part.value) == ("fqn", "*")


def _is_all(criterion: str) -> bool:
    return all(_is_star(read_criterion(part)) for part in criterion.split(","))


def _built_with_parents(criterion: str) -> Iterator[Criterion]:
    """The cores of what this builds together with all that it is built on."""
    part = read_criterion(criterion)
    if "," in criterion or not _is_whole(part):
        return
    core = _core(part)
    yield from (core, replace(core, down=None))
    if part.at:
        yield replace(core, down="")


def _core(part: Criterion) -> Criterion:
    """It without its parents: of `2+orders+` it is `orders+`."""
    return replace(part, at=False, up=None)
