"""The steps of a run, one after another: which run, which are skipped, what is tried again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

from runner.dbt.argv import WITHOUT_MANIFEST, JobFlags, command, dbt_argv
from runner.dbt.engine import Engine, Outcome
from runner.dbt.positions import failing_line
from runner.execution.folder import Console, RunFolder
from runner.execution.former import Carried
from runner.execution.retries import BY_NODE, Attempt, checked, next_attempt, retry_flags
from runner.masking import Mask
from runner.model import Job
from runner.record import ADVISORY, NodeResult, StepKind, StepResult, StepStatus
from runner.reports.reporter import Reporter
from runner.steps import Step, parse_step
from runner.stopping import Stop, Stopped

TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A command that the run will try, and what it is for."""

    kind: StepKind
    step: Step
    after: Callable[[], None] | None = None

    @property
    def advisory(self) -> bool:
        return self.kind in ADVISORY


def plan_steps(
    job: Job, packages: bool, comparing: tuple[Planned, ...] = ()
) -> tuple[Planned, ...]:
    """`dbt deps` where there are packages, the comparison, source freshness, the job's steps, docs."""
    planned = [Planned(kind="step", step=step) for step in job.steps]
    if job.steps[0].command == "deps":
        planned[0] = replace(planned[0], kind="deps")
    elif packages:
        planned.insert(0, Planned(kind="deps", step=parse_step("dbt deps")))
    after_deps = int(planned[0].kind == "deps")
    if job.source_freshness:
        freshness = Planned(kind="freshness", step=parse_step("dbt source freshness"))
        planned.insert(after_deps, freshness)
    planned[after_deps:after_deps] = comparing
    if job.generate_docs:
        planned.append(Planned(kind="docs", step=parse_step("dbt docs generate")))
    return tuple(planned)


@dataclass(kw_only=True)
class Sequence:
    """Runs the planned steps with one engine.

    ``carried`` are the attempts of an earlier run, from whose failure this one goes on.
    """

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
    carried: Carried = field(default_factory=dict)
    done: list[StepResult] = field(default_factory=list)

    def run(self, planned: tuple[Planned, ...]) -> Iterator[StepResult]:
        """Each attempt's result as it ends; after a failure the rest is skipped."""
        failed = ""
        for index, each in enumerate(planned, start=1):
            before = self.carried.get(index, ())
            self.done.extend(before)
            yield from before
            if before and before[-1].status == "success":
                continue
            if self.stop.asked:
                failed = self.stop.reason
            if failed:
                yield self._skipped(index, each, failed)
                continue
            rest = planned[index:]
            for result in self._attempts(index, each, rest, len(planned)):
                yield result
            if result.status == "error" and each.kind == "compare":
                self.flags = replace(self.flags, state=self.flags.defer_state)
            if result.status != "success" and not each.advisory:
                failed = f"`{each.step.text}` {'failed' if result.status == 'error' else 'stopped'}"

    def _attempts(
        self, index: int, each: Planned, rest: tuple[Planned, ...], steps: int
    ) -> Iterator[StepResult]:
        attempt, flags = self._first(index, each)
        tried, tries = 0, 1 if each.advisory else self.job.retries.attempts + 1
        for number in count(len(self.carried.get(index, ())) + 1):
            self.reporter.step_started(attempt.step.text, index, steps)
            result = self._once(index, replace(each, step=attempt.step), flags, rest, number)
            result, gone = checked(attempt, result)
            if result.status == "success" and each.after:
                each.after()
            self.reporter.step_finished(result)
            self.done.append(result)
            yield result
            tried += not gone
            if result.status != "error" or tried == tries or self.stop.asked:
                return
            if not gone and not self._pause(tried):
                return
            attempt = Attempt(step=each.step) if gone else next_attempt(each.step, result)
            flags = retry_flags(self.flags, self.done, self.scratch)

    def _first(self, index: int, each: Planned) -> tuple[Attempt, JobFlags]:
        """The whole step, or what an earlier run has left of it."""
        before = self.carried.get(index)
        if not before:
            return Attempt(step=each.step), self.flags
        flags = retry_flags(self.flags, self.done, self.scratch)
        return next_attempt(each.step, before[-1]), flags

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
        self,
        index: int,
        each: Planned,
        flags: JobFlags,
        rest: tuple[Planned, ...],
        attempt: int,
    ) -> StepResult:
        into = self.folder.step(index, each.step.command, attempt)
        logs = self.scratch / into.name
        argv = dbt_argv(each.step, flags, logs)
        started_at = now()
        with self.folder.console(into) as console:
            watcher = _Watcher(
                mask=self.mask,
                console=console,
                reporter=self.reporter,
                stop=self.stop,
                log=os.path.relpath(into / "console.log"),
            )
            given = command(argv, each.step, self._following(rest), logs)
            outcome = self.engine.run(given, watcher)
        written = [self.target / name for name in outcome.written]
        self.folder.keep([logs / "dbt.log", *written], into)
        return StepResult(
            index=index,
            kind=each.kind,
            text=each.step.text,
            argv=("dbt", *argv),
            status=self._status(outcome),
            attempt=attempt,
            exit_code=outcome.exit_code,
            started_at=started_at,
            finished_at=now(),
            log=self.folder.relative(into / "console.log"),
            message=_message(each.step, outcome),
            parse=outcome.parse,
            nodes=tuple(self._placed(node) for node in outcome.nodes),
        )

    def _placed(self, node: NodeResult) -> NodeResult:
        return replace(node, line=failing_line(node, self.project)) if node.failed else node

    def _following(self, rest: tuple[Planned, ...]) -> bool:
        again = self.job.retries.attempts > 0
        return again or any(each.step.command not in WITHOUT_MANIFEST for each in rest)

    def _status(self, outcome: Outcome) -> StepStatus:
        if outcome.exit_code == 0:
            return "success"
        return "cancelled" if self.stop.asked else "error"

    def _skipped(self, index: int, each: Planned, reason: str) -> StepResult:
        return StepResult(
            index=index,
            kind=each.kind,
            text=each.step.text,
            argv=(),
            status="skipped",
            message=f"skipped: {reason}",
        )


@dataclass(kw_only=True)
class _Watcher:
    """Keeps what dbt prints, masked, and passes it on; the reporter masks for itself.

    Not the traceback that dbt ends with where it is interrupted: it hides why that was.
    """

    mask: Mask
    console: Console
    reporter: Reporter
    stop: Stop
    log: str
    traced: bool = False

    def line(self, text: str) -> None:
        self.console.write(self.mask.text(text))
        if self.traced:
            return
        self.traced = self.stop.asked and TRACEBACK in text
        self.reporter.line(f"dbt's traceback is in {self.log}" if self.traced else text)

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
    if outcome.exit_code == 0 and step.command in BY_NODE and outcome.written and not outcome.nodes:
        return "the selector matched no nodes"
    return outcome.message
