"""What a step's next attempt runs again, and whether it did.

Not `dbt retry`: that drops deferral and vars, and doesn't work across machines. The step's own
command is replayed on the failed and skipped nodes, with the job's vars and state supplied again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from runner.dbt.argv import JobFlags
from runner.dbt.rewriting import without_nodes
from runner.record import NodeResult, StepResult
from runner.steps import Step

# The commands that say what they did with each node, and that can be told to run just some.
BY_NODE = frozenset({"build", "run", "seed", "snapshot", "test"})
# What `fqn:` selects; hooks, for one, are in the results and can't be selected.
SELECTABLE = frozenset(
    {"exposure", "function", "model", "saved_query", "seed", "snapshot", "test", "unit_test"}
)
# dbt splits a criterion at spaces and commas and reads some signs; a name with those isn't asked for.
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A step as it is tried, and the unique ids of the nodes that it has to run; none: all."""

    step: Step
    nodes: frozenset[str] = frozenset()


def next_attempt(step: Step, last: StepResult) -> Attempt:
    """The whole step again where a failed node can't be selected, or not all are known."""
    again = [node for node in last.nodes if node.failed or node.status == "skipped"]
    again.sort(key=lambda node: node.unique_id)  # threads end in any order
    unknown = last.interrupted or not again
    if step.command not in BY_NODE or unknown or not all(map(_selectable, again)):
        return Attempt(step=step)
    criteria = tuple(f"fqn:{'.'.join(node.fqn)}" for node in again)
    return Attempt(step=step.selecting(criteria), nodes=frozenset(n.unique_id for n in again))


def checked(attempt: Attempt, result: StepResult) -> tuple[StepResult, bool]:
    """The result, but no success where the attempt ran less than it was asked for; and whether it did.

    What failed may have another name since, or be gone, in what a rerun has before it: a model, or a
    test, whose arguments are a part of its name. Only the whole step has what took its place.
    """
    missed = sorted(attempt.nodes - {node.unique_id for node in result.nodes})
    if not missed or result.status not in ("success", "error"):
        return result, False
    message = f"{', '.join(missed)}: not among what this step runs now, so the whole step is run"
    return replace(result, status="error", message=message), True


def retry_flags(flags: JobFlags, results: Iterable[StepResult], scratch: Path) -> JobFlags:
    """The job's flags, deferring to a manifest without the nodes that this run has built.

    With `--favor-state`, a ref to them would point at production again although they are here.
    """
    built = {node.unique_id for step in results for node in step.nodes if node.status == "success"}
    if flags.defer_state is None or not built:
        return flags
    into = scratch / "state-without-built"
    into.mkdir(exist_ok=True)
    without_nodes(flags.defer_state / "manifest.json", built, into / "manifest.json")
    return replace(flags, defer_state=into)


def _selectable(node: NodeResult) -> bool:
    named = node.fqn and all(PLAIN.fullmatch(part) for part in node.fqn)
    return bool(named) and node.resource_type in SELECTABLE
