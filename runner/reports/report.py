"""What a page on GitHub shows of a run, besides the run: where it belongs, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from runner.record import Run
from runner.reports.outcome import Outcome, outcome_of
from runner.reports.selected import Selected, selected

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

    @cached_property
    def chosen(self) -> Selected:
        return selected(self.run, self.outcome)
