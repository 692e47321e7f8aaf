"""Why the nodes of a run were selected, once its steps have ended: the build doesn't wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from runner.dbt.explaining import Changes, NotExplained, explain
from runner.execution.project import MANIFEST
from runner.execution.sequence import Planned
from runner.record import StepResult
from runner.steps import SELECT_OPTIONS, Step

BY_STATE = ("state:modified", "state:new")


def reasons(
    results: Iterable[StepResult],
    planned: Sequence[Planned],
    base: Path,
    head: Path,
    parsed_only: bool,
) -> tuple[Changes, str]:
    """What changed from ``base`` to ``head``, the folders of the manifests; and what failed, or "".

    The nodes are those that the steps had results for which compare with state; ``parsed_only``:
    those that a build would have them for.
    """
    selected: dict[str, bool] | None = None if parsed_only else {}
    for result in results:
        step = planned[result.index - 1].step
        if step.needs_state and selected is not None:
            selected |= {node.unique_id: _by_state_alone(step) for node in result.nodes}
    try:
        return explain(base / MANIFEST, head / MANIFEST, selected), ""
    except NotExplained as error:
        return Changes(), f"the record doesn't say why nodes were selected: {error}"


def _by_state_alone(step: Step) -> bool:
    """Whether it selects what changed and what is downstream of it, and nothing besides."""
    selected = [value for option, value in step.criteria() if option in SELECT_OPTIONS]
    return bool(selected) and all(value.startswith(BY_STATE) for value in selected)
