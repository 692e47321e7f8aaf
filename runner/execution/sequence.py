"""The steps of a run, one after another: which run, which are skipped, what is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from runner.dbt.argv import WITHOUT_MANIFEST, JobFlags, command, dbt_argv
from runner.dbt.engine import Engine, Outcome
from runner.dbt.positions import failing_line
from runner.execution.folder import RunFolder
from runner.masking import Mask
from runner.model import Job
from runner.record import NodeResult, StepKind, StepResult, StepStatus
from runner.reports.reporter import Reporter
from runner.steps import Step, parse_step
from runner.stopping import Stop, Stopped

# The commands that write what they did with each node, and so can be run again on a part.
BY_NODE = frozenset({"build", "run", "seed", "snapshot", "test"})
AGAIN = frozenset({"skipped"})


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A command that the run will try, and what it is for."""

    kind: StepKind
    step: Step

    @property
    def advisory(self) -> bool:
        return self.kind in ("freshness", "docs")


def plan_steps(job: Job, packages: bool) -> tuple[Planned, ...]:
    """`dbt deps` where there are packages, source freshness, the job's own steps, then the docs."""
    planned = [Planned(kind="step", step=step) for step in job.steps]
    if job.source_freshness:
        planned.insert(0, Planned(kind="freshness", step=parse_step("dbt source freshness")))
    if packages and job.steps[0].command != "deps":
        planned.insert(0, Planned(kind="deps", step=parse_step("dbt deps")))
    if job.generate_docs:
        planned.append(Planned(kind="docs", step=parse_step("dbt docs generate")))
    return tuple(planned)


@dataclass(kw_only=True)
class Sequence:
    """Runs the planned steps with one engine."""

    engine: Engine
    flags: JobFlags
    job: Job
    folder: RunFolder
    project: Path
    target: Path
    scratch: Path
    mask: Mask
    reporter: Reporter
    stop: Stop

    def run(self, planned: tuple[Planned, ...]) -> Iterator[StepResult]:
        """Each attempt's result as it ends; after a failure the rest is skipped."""
        failed = ""
        for index, each in enumerate(planned, start=1):
            if self.stop.asked:
                failed = self.stop.reason
            if failed:
                yield self._skipped(index, each, failed)
                continue
            rest = planned[index:]
            for result in self._attempts(index, each, rest, len(planned)):
                yield result
            if result.status != "success" and not each.advisory:
                failed = f"`{each.step.text}` {'failed' if result.status == 'error' else 'stopped'}"

    def _attempts(
        self, index: int, each: Planned, rest: tuple[Planned, ...], steps: int
    ) -> Iterator[StepResult]:
        step = each.step
        for attempt in range(1, self.job.retries.attempts + 2):
            self.reporter.step_started(step.text, index, steps)
            result = self._once(index, replace(each, step=step), rest, attempt)
            self.reporter.step_finished(result)
            yield result
            if result.status != "error" or each.advisory or attempt > self.job.retries.attempts:
                return
            step = self._what_failed(each.step, result)
            if not self._pause(attempt):
                return

    def _what_failed(self, step: Step, result: StepResult) -> Step:
        """The recorded command again, on the failed and skipped nodes where they are known.

        The job's vars, state and deferral are supplied again with it; `dbt retry` drops them.
        """
        again = [node for node in result.nodes if node.failed or node.status in AGAIN]
        if step.command not in BY_NODE or not again or not all(node.fqn for node in again):
            return step
        return step.selecting(tuple(f"fqn:{'.'.join(node.fqn)}" for node in again))

    def _pause(self, attempt: int) -> bool:
        """Wait before the next attempt; False where the job is stopped meanwhile."""
        delay = self.job.retries.delay.total_seconds()
        attempts = self.job.retries.attempts
        self.reporter.say(f"retry {attempt} of {attempts} of what failed, in {delay:g} s")
        try:
            with self.stop.raising():
                time.sleep(delay)
        except Stopped:
            return False
        return True

    def _once(
        self, index: int, each: Planned, rest: tuple[Planned, ...], attempt: int
    ) -> StepResult:
        into = self.folder.step(index, each.step.command, attempt)
        logs = self.scratch / into.name
        argv = dbt_argv(each.step, self.flags, logs)
        started_at = now()
        with self.folder.console(into) as console:
            watcher = _Watcher(mask=self.mask, console=console, reporter=self.reporter)
            outcome = self.engine.run(command(argv, each.step, self._following(rest)), watcher)
        self.folder.keep(
            [logs / "dbt.log", *(self.target / name for name in outcome.written)], into
        )
        return StepResult(
            index=index,
            kind=each.kind,
            text=self.mask.text(each.step.text),
            argv=tuple(self.mask.text(word) for word in ("dbt", *argv)),
            status=self._status(outcome),
            attempt=attempt,
            exit_code=outcome.exit_code,
            started_at=started_at,
            finished_at=now(),
            log=self.folder.relative(into / "console.log"),
            message=self.mask.text(_message(each.step, outcome)),
            parse=outcome.parse,
            nodes=tuple(self._node(node) for node in outcome.nodes),
        )

    def _node(self, node: NodeResult) -> NodeResult:
        line = failing_line(node, self.project) if node.failed else None
        return replace(node, message=self.mask.text(node.message), line=line)

    def _following(self, rest: tuple[Planned, ...]) -> bool:
        again = self.job.retries.attempts > 0
        return again or any(each.step.command not in WITHOUT_MANIFEST for each in rest)

    def _status(self, outcome: Outcome) -> StepStatus:
        if self.stop.asked:
            return "cancelled"
        return "success" if outcome.exit_code == 0 else "error"

    def _skipped(self, index: int, each: Planned, reason: str) -> StepResult:
        return StepResult(
            index=index,
            kind=each.kind,
            text=self.mask.text(each.step.text),
            argv=(),
            status="skipped",
            message=f"skipped: {reason}",
        )


@dataclass(kw_only=True)
class _Watcher:
    """Masks what dbt prints before anything else sees it, and keeps it."""

    mask: Mask
    console: Callable[[str], None]
    reporter: Reporter

    def line(self, text: str) -> None:
        masked = self.mask.text(text)
        self.console(masked)
        self.reporter.line(masked)

    def total(self, nodes: int) -> None:
        self.reporter.total(nodes)

    def started(self, unique_id: str) -> None:
        self.reporter.started(unique_id)

    def finished(self, unique_id: str, status: str) -> None:
        self.reporter.finished(unique_id, status)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(timezone.utc)


def _message(step: Step, outcome: Outcome) -> str:
    if outcome.exit_code == 0 and step.command in BY_NODE and not outcome.nodes:
        return "the selector matched no nodes"
    return outcome.message
