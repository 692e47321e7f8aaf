"""What a page on GitHub shows of a run, besides the run: where it belongs, and what it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from runner.record import NodeResult, Run, StepResult

Verdict = Literal["passed", "warned", "failed", "errored", "cancelled", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where on GitHub a run belongs.

    ``head_sha`` is the event's, ``current_sha`` the pull request's at the time of reporting, "" where
    that isn't known. ``folder`` is the dbt project's in the repository, "" at its root.
    ``workflow_run`` and ``attempt`` are GitHub's, 0 and 1 elsewhere; ``summary_url`` leads to the page
    of that run.
    """

    repository: str
    head_sha: str
    server_url: str = "https://github.com"
    current_sha: str = ""
    folder: str = ""
    workflow_run: int = 0
    attempt: int = 1
    summary_url: str = ""

    @property
    def superseded(self) -> bool:
        return bool(self.current_sha) and self.current_sha != self.head_sha


@dataclass(frozen=True, kw_only=True)
class History:
    """How long production takes, in seconds: the nodes that this run built, and the whole project.

    None is not known.
    """

    same_nodes: float | None = None
    project: float | None = None


def history_of(run: Run, production: Run) -> History:
    """``production`` is the run that this one deferred to; a node that isn't in it has no time."""
    seconds = {node.unique_id: node.seconds for node in production.nodes if node.seconds}
    known = [seconds[node.unique_id] for node in run.nodes if node.unique_id in seconds]
    return History(same_nodes=sum(known) if known else None, project=production.seconds)


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """One line of what the pull request changes in the jobs file; a warning is about access."""

    kind: Literal["added", "removed", "unchanged", "warning"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a rendering may show."""

    run: Run
    place: Place
    history: History = History()
    difference: tuple[DifferenceLine, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``failed`` is dbt's word about the project; ``errored`` is about anything else."""
        if self.run.status == "success":
            outcome = self.outcome
            warned = outcome.warned or outcome.advisory or outcome.broken_advisory
            return "warned" if warned else "passed"
        if self.run.status == "error":
            return "failed" if self.outcome.failed else "errored"
        return self.run.status

    @cached_property
    def outcome(self) -> Outcome:
        return outcome_of(self.run)


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
    built: int
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
        built=sum(node.status == "success" for node in nodes if not is_test(node)),
        tests={
            "passed": sum(node.status == "pass" for node in tests),
            "warned": sum(node.status == "warn" for node in tests),
            "failed": sum(node.failed for node in tests),
            "skipped": sum(node.status == "skipped" for node in tests),
        },
    )


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
