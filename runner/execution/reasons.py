"""Why the nodes of a run were selected, once its steps have ended: the build doesn't wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from runner.dbt.explaining import Changes, NotExplained, explain
from runner.execution.project import MANIFEST
from runner.execution.sequence import Planned
from runner.record import StepResult


def reasons(
    results: Iterable[StepResult], planned: Sequence[Planned], base: Path, head: Path
) -> tuple[Changes, str]:
    """What changed from ``base`` to ``head``, the folders of the manifests; and what failed, or "".

    The nodes are those that the steps had results for which compare with state.
    """
    comparing = (result for result in results if planned[result.index - 1].step.needs_state)
    selected = dict.fromkeys(node.unique_id for result in comparing for node in result.nodes)
    try:
        return explain(base / MANIFEST, head / MANIFEST, selected), ""
    except NotExplained as error:
        return Changes(), f"the record doesn't say why nodes were selected: {error}"
