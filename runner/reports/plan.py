"""What an event starts, and what it would change in the jobs file: as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from runner.config.difference import Change, Difference, FieldChange
from runner.config.text import printable
from runner.github.fence import defused
from runner.history import Entry
from runner.model import Config, Job
from runner.reports.report import DifferenceLine
from runner.triggers import Plan, Triggered, Verdict, together
from runner.unknown import no_such

# Of a verdict, what is said only where there is something to say.
SELDOM = frozenset({"scheduled_for", "late", "coalesced", "upstream", "waiting"})
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@dataclass(frozen=True, kw_only=True)
class PlanReport:
    """The part of one jobs file.

    ``config`` is the file that decided: on a pull request the base's, None where it has none.
    ``checkout`` is the file that is here. ``difference`` is None where nothing was compared.
    ``notes`` are lines about what isn't known.
    """

    plan: Plan
    config: Config | None
    checkout: Config
    difference: Difference | None = None
    notes: tuple[str, ...] = ()

    def verdict(self, job: str) -> Verdict:
        """Raises ConfigInvalid where neither jobs file has the job."""
        return _verdict(self.plan, job)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A part for each jobs file, and what is started of all.

    ``entries`` are the runs as history has them, none where no history is kept. ``warnings`` is what
    somebody should look after: missed times, runs without an end, jobs that are scheduled too often.
    """

    parts: tuple[PlanReport, ...]
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def plan(self) -> Plan:
        return together(part.plan for part in self.parts)

    def verdict(self, job: str) -> Verdict:
        """Raises ConfigInvalid where no jobs file has the job."""
        return _verdict(self.plan, job)

    def job(self, name: str) -> Job | None:
        """As the file has it that decided."""
        files = (part.config for part in self.parts)
        found = (file.jobs[name] for file in files if file and name in file.jobs)
        return next(found, None)


def _verdict(plan: Plan, job: str) -> Verdict:
    for each in plan.verdicts:
        if each.job == job:
            return each
    raise no_such("job", job, (each.job for each in plan.verdicts))


def difference_lines(difference: Difference | None) -> tuple[DifferenceLine, ...]:
    """For a comment: what the pull request changes in the jobs file; what widens access first."""
    if difference is None:
        return ()
    warned = [
        DifferenceLine(kind="warning", text=f"{each.subject} {each.text}")
        for each in difference.warnings
    ]
    changed = [line for change in difference.changes for line in _lines(change)]
    return (*warned, *changed)


def _lines(change: Change) -> Iterator[DifferenceLine]:
    heading, *details = _change(change)
    kind: Literal["added", "removed", "unchanged"] = (
        "unchanged" if change.change == "changed" else change.change
    )
    yield DifferenceLine(kind=kind, text=heading.strip()[2:])
    if change.change != "changed":
        yield from (DifferenceLine(kind=kind, text=line.strip()) for line in details)
        return
    for field in change.fields:
        if field.before is not None:
            yield DifferenceLine(kind="removed", text=f"  {field.field}: {field.before}")
        if field.after is not None:
            yield DifferenceLine(kind="added", text=f"  {field.field}: {field.after}")
    if change.fires_before or change.fires_after:
        yield DifferenceLine(kind="removed", text=f"  next: {_times(change.fires_before)}")
        yield DifferenceLine(kind="added", text=f"  next: {_times(change.fires_after)}")


def as_text(planned: Planned) -> str:
    """For people: what runs and why, what doesn't and why not, the difference, warnings, notes."""
    lines = list(_verdicts(planned.plan))
    for part in planned.parts:
        lines += _difference(part, several=len(planned.parts) > 1)
    lines += [f"warning: {warning}" for warning in planned.warnings]
    lines += [f"note: {note}" for note in all_notes(planned)]
    return defused("\n".join(printable(line) for line in lines))


def as_json(planned: Planned) -> str:
    """For programs.

    ``{"jobs": [{"job", "run", "trigger" | "code", "reason"}], "difference": {"changes": [{"kind",
    "name", "change", "fields": [{"field", "before", "after"}], "fires_before", "fires_after"}],
    "warnings": [{"kind", "name", "code", "text"}]} | null, "missed": [{"job", "scheduled_for",
    "noticed_at", "why"}], "warnings": […], "notes": […]}``. Times are ISO 8601. A job that a schedule
    starts has "scheduled_for", "late" in seconds and "coalesced" too, one that is started "run_id".
    """
    plan = planned.plan
    run_ids = {entry.job: entry.run_id for entry in planned.entries}
    document = {
        "jobs": [_job(verdict, run_ids.get(verdict.job, "")) for verdict in plan.verdicts],
        "difference": _all_differences(planned),
        "missed": [asdict(each) for each in plan.window.missed] if plan.window else [],
        "warnings": planned.warnings,
        "notes": all_notes(planned),
    }
    return defused_json(json.dumps(document, indent=2, default=_plain))


def all_notes(planned: Planned) -> tuple[str, ...]:
    """Each once, however many files it is about."""
    notes = (note for part in planned.parts for note in part.notes)
    return tuple(dict.fromkeys([*notes, *planned.notes]))


def _all_differences(planned: Planned) -> dict[str, object] | None:
    compared = [part.difference for part in planned.parts if part.difference]
    if not compared:
        return None
    return asdict(
        Difference(
            changes=tuple(change for each in compared for change in each.changes),
            warnings=tuple(warning for each in compared for warning in each.warnings),
        )
    )


def _job(verdict: Verdict, run_id: str) -> dict[str, object]:
    """What most jobs haven't is left out."""
    run = isinstance(verdict, Triggered)
    said = {
        name: value
        for name, value in vars(verdict).items()
        if name not in SELDOM or value not in (None, 0, {}, timedelta(0))
    }
    if isinstance(verdict, Triggered) and verdict.scheduled_for is None:
        said.pop("late", None)
    more = {"run_id": run_id} if run_id else {}
    return {"job": verdict.job, "run": run, **said, **more}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    assert isinstance(value, timedelta), value
    return value.total_seconds()


def defused_json(text: str) -> str:
    """The same JSON without what GitHub would read as a command wherever it stands in a line."""
    return text.replace("##[", "#\\u0023[")


def _verdicts(plan: Plan) -> Iterator[str]:
    width = max((len(verdict.job) for verdict in plan.verdicts), default=0)
    sections = (("jobs to run", plan.triggered), ("jobs not to run", plan.not_triggered))
    for title, verdicts in sections:
        yield f"{title}: {len(verdicts) or 'none'}"
        yield from (f"  {verdict.job:<{width}}  {verdict.reason}" for verdict in verdicts)


def _difference(part: PlanReport, *, several: bool) -> Iterator[str]:
    difference = part.difference
    file = str(part.checkout.path) if several else "the jobs file"
    if difference is None:
        return
    if not difference.changes:
        yield f"changes of {file}: none"
        return
    yield f"changes of {file}, in effect when merged:"
    for change in difference.changes:
        yield from _change(change)
    for each in difference.warnings:
        yield f"warning: {each.subject} {each.text}"


def _change(change: Change) -> Iterator[str]:
    name = f" {change.name}" if change.name else ""
    yield f"  {SIGNS[change.change]} {change.kind}{name}"
    for field in change.fields:
        yield f"      {field.field}: {_values(field, change)}"
    if change.fires_before or change.fires_after:
        before, after = _times(change.fires_before), _times(change.fires_after)
        yield f"      next: {after if change.change == 'added' else f'{before} → {after}'}"


def _values(field: FieldChange, change: Change) -> str:
    before, after = field.before or "not set", field.after or "not set"
    if change.change == "changed":
        return f"{before} → {after}"
    return after if change.change == "added" else before


def _times(times: tuple[datetime, ...]) -> str:
    return ", ".join(f"{time:%a %d %b %Y %H:%M %Z}" for time in times) or "never"
