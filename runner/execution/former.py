"""A run that is run again: what of it stands, and what it says about the new run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.errors import ConfigInvalid
from runner.record import Run, StepKind, StepResult

if TYPE_CHECKING:
    from runner.execution.sequence import Planned

# What the rest of a run needs on another machine; whether it succeeded before or not, it runs.
NEEDED: frozenset[StepKind] = frozenset({"deps", "compare", "clone"})
# The results of former attempts at each planned command, by its place, counted from 1.
Carried = Mapping[int, tuple[StepResult, ...]]


@dataclass(frozen=True, kw_only=True)
class Former:
    """The run that is run again; ``from_failure`` only what failed in it or was skipped."""

    run: Run
    from_failure: bool = False

    @property
    def ran(self) -> bool:
        """Whether a command of it began, so that its deferral had been decided."""
        return any(step.argv for step in self.run.steps)


def check_again(former: Former) -> None:
    """Raise ConfigInvalid where this run can't be run again so."""
    run = former.run
    if run.pr_number is not None:
        raise ConfigInvalid(
            f"run {run.run_id} is of pull request {run.pr_number}",
            why="its code isn't what is checked out here, and its merge may be another by now",
            hint="run it again on GitHub: Re-run jobs, on the page of its workflow run",
        )
    if former.from_failure and run.status in ("success", "skipped"):
        raise no_failure(run.run_id, run.status, run.reason)


def no_failure(run_id: str, status: str, reason: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"run {run_id} has no failure to go on from",
        why=f"it ended as {status}: {reason}",
        hint="run all of it again, without --from-failure",
    )


def notes(former: Former, commit: str) -> Iterator[str]:
    """What is run again, and what of the former run doesn't hold any more; ``commit`` is today's."""
    run = former.run
    if not former.from_failure:
        yield f"this is run {run.run_id} again"
    elif failed_in_a_step(run):
        yield f"this goes on from the failure of run {run.run_id}: what succeeded there isn't run"
        for what, told in (("target", run.target), ("schema", run.target_schema)):
            if told is None:
                yield f"the record of run {run.run_id} doesn't say its {what}, which is taken to be this one's"
    else:
        yield f"no step of run {run.run_id} had begun, so all are run"
    if commit != run.commit:
        then = f"was of commit {run.commit[:7]}" if run.commit else "was of no commit"
        yield f"run {run.run_id} {then}, this one is of {commit[:7] or 'none'}"


def failed_in_a_step(run: Run) -> bool:
    """Whether there is a failure to go on from: a command of the job began and didn't end well."""
    last = {step.index: step for step in run.steps}.values()
    return any(step.argv and step.status != "success" and not step.advisory for step in last)


def standing(former: Run) -> Iterator[StepResult]:
    """What stands where the new run ends before its first step: it can be gone on from as well."""
    for result in former.steps:
        yield _carried(result, result.index, former)


def carried(planned: Iterable[Planned], former: Run) -> Carried:
    """What stands of the former run, for each of the new run's commands.

    Commands that were skipped have nothing, and those that others need are run anew. Raises
    ConfigInvalid where the job's steps aren't those of the former run.
    """
    places = [(n, each) for n, each in enumerate(planned, start=1) if _counts(each)]
    attempts = _by_place(former)
    now = [each.step.text for _, each in places]
    before = [results[0].text for results in attempts]
    if before and now != before:
        _refuse(former, now, before)
    return {
        place: tuple(_carried(result, place, former) for result in results if result.argv)
        for (place, _), results in zip(places, attempts, strict=False)
    }


def _counts(each: Planned) -> bool:
    return each.kind not in NEEDED and each.step.command != "deps"


def _by_place(former: Run) -> list[list[StepResult]]:
    """Every attempt at each of the former run's commands that count, in their order."""
    found: dict[int, list[StepResult]] = {}
    for result in former.steps:
        if result.kind not in NEEDED and result.text.split()[:2] != ["dbt", "deps"]:
            found.setdefault(result.index, []).append(result)
    return [found[index] for index in sorted(found)]


def _carried(result: StepResult, place: int, former: Run) -> StepResult:
    """Its console's output stays with the run that it is of."""
    return replace(result, index=place, from_run=result.from_run or former.run_id, log="")


def _refuse(former: Run, now: list[str], before: list[str]) -> None:
    def texts(steps: list[str]) -> str:
        return ", ".join(f"`{step}`" for step in steps)

    raise ConfigInvalid(
        f"the steps of `{former.job}` have changed since run {former.run_id}",
        why=f"they were {texts(before)}, and are {texts(now)}: its failure can't be gone on from",
        hint="run all of it again, without --from-failure",
    )
