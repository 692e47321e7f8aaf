"""Changed incremental models of a pull request start as a clone of production's table.

Built into a new schema they would start empty, and all of their history be computed again. dbt's own
advice is `dbt clone` first, where the adapter clones without copying.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.dbt.argv import parse_options
from runner.dbt.explaining import Changes, NotExplained, clonable
from runner.errors import StateUnresolved
from runner.execution.project import MANIFEST
from runner.execution.sequence import Planned
from runner.steps import EXCLUDE_OPTIONS, SELECT_OPTIONS, Step, parse_step

BUILDING = frozenset({"build", "run"})
# What was there before, of what the step selects; of a new model there is no table yet.
CLONED = "config.materialized:incremental,state:old"


@dataclass(frozen=True, kw_only=True)
class Cloning:
    """The commands that clone; or what is incremental in production, where it can't be cloned."""

    planned: tuple[Planned, ...] = ()
    missed: frozenset[str] = frozenset()
    adapter: str = ""

    def remark(self, changes: Changes) -> str:
        """What it means for the selected nodes that the adapter can't clone; "" for nothing."""
        missed = sorted({each.unique_id for each in changes.selection} & self.missed)
        if not missed:
            return ""
        names = ", ".join(f"`{unique_id.split('.', 2)[2]}`" for unique_id in missed)
        return (
            f"not cloned from production, because {self.adapter} can't clone tables: {names};"
            " an incremental model that this run's schema doesn't hold yet is built in full"
        )


def plan_cloning(steps: tuple[Step, ...], state: Path) -> Cloning:
    """``state`` is the folder of production's manifest; raises StateUnresolved."""
    try:
        found = clonable(state / MANIFEST)
    except NotExplained as error:
        raise StateUnresolved("production's manifest can't be read", why=str(error)) from error
    if not found.can_clone:
        return Cloning(missed=frozenset(found.incremental), adapter=found.adapter)
    steps = tuple(clone_steps(steps)) if found.incremental else ()
    return Cloning(planned=tuple(Planned(kind="clone", step=step) for step in steps))


def clone_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """One for each step that builds what has changed: the incremental models that it selects."""
    for step in steps:
        fully = step.option("--full-refresh", "-f") is not None
        if step.command in BUILDING and step.needs_state and not fully:
            yield _clone(step)


def _clone(step: Step) -> Step:
    selected = [value for option, value in step.criteria() if option in SELECT_OPTIONS]
    excluded = [value for option, value in step.criteria() if option in EXCLUDE_OPTIONS]
    words = ["dbt", "clone", *parse_options(step.words), "--select"]
    words += [f"{each},{CLONED}" for each in selected] or [CLONED]
    words += ["--exclude", *excluded] if excluded else []
    return parse_step(shlex.join(words))
