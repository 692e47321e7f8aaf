"""What became of a run's nodes and commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.record import NodeResult, Run, StepResult
from runner.reports.text import short_id


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run's nodes by what became of them, each node once with its last result.

    ``nodes`` are those that were built or tested, ``failed`` and ``skipped`` are among them.
    ``broken`` are commands that failed as a whole, rather than by a node. ``advisory`` and
    ``broken_advisory`` didn't do well in a step that doesn't count, such as source freshness.
    """

    nodes: tuple[NodeResult, ...]
    failed: tuple[NodeResult, ...]
    warned: tuple[NodeResult, ...]
    skipped: tuple[NodeResult, ...]
    advisory: tuple[NodeResult, ...]
    broken: tuple[StepResult, ...]
    broken_advisory: tuple[StepResult, ...]
    built: tuple[NodeResult, ...]
    tests: Mapping[str, int]


def outcome_of(run: Run) -> Outcome:
    nodes = _last(run, advisory=False)
    broken = _broken(run)
    tests = [node for node in nodes if is_test(node)]
    return Outcome(
        nodes=nodes,
        failed=tuple(sorted((node for node in nodes if node.failed), key=_badness)),
        warned=tuple(node for node in nodes if node.status == "warn"),
        skipped=tuple(node for node in nodes if node.status == "skipped"),
        advisory=tuple(node for node in _last(run, advisory=True) if _stale(node)),
        broken=tuple(step for step in broken if not step.advisory),
        broken_advisory=tuple(step for step in broken if step.advisory),
        built=tuple(node for node in nodes if node.status == "success" and not is_test(node)),
        tests={
            "passed": sum(node.status == "pass" for node in tests),
            "warned": sum(node.status == "warn" for node in tests),
            "failed": sum(node.failed for node in tests),
            "skipped": sum(node.status == "skipped" for node in tests),
        },
    )


def attempted(step: StepResult) -> str:
    """The command, with which attempt at it this is, and of which run where that is an earlier one."""
    attempt = f"attempt {step.attempt}" if step.attempt > 1 else ""
    of = f"of run {short_id(step.from_run)}" if step.from_run else ""
    said = " ".join(filter(None, (attempt, of)))
    return f"{step.text} ({said})" if said else step.text


def is_test(node: NodeResult) -> bool:
    return node.resource_type in ("test", "unit_test")


def _last(run: Run, *, advisory: bool) -> tuple[NodeResult, ...]:
    """Compilations, as of the docs, have results of nodes too; they say nothing of them."""
    last: dict[str, NodeResult] = {}
    for step in run.steps:
        if step.advisory == advisory and (step.writes or step.kind == "freshness"):
            last.update((node.unique_id, node) for node in step.nodes)
    return tuple(last.values())


def _broken(run: Run) -> list[StepResult]:
    """Of a command that was tried again the last attempt counts."""
    last = {step.index: step for step in run.steps}.values()
    return [
        step
        for step in last
        if step.status == "error" and not any(node.failed for node in step.nodes)
    ]


def _stale(node: NodeResult) -> bool:
    return node.failed or node.status == "warn"


def _badness(node: NodeResult) -> tuple[bool, bool, str]:
    """What broke before what a test found; what others are built on before its tests."""
    return (is_test(node), node.status == "fail", node.unique_id)
