"""What an event starts, with the history that says what was started before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runner.cli.past.histories import history_at_hand
from runner.cli.plans.deciding import Known, plan_report
from runner.cli.plans.old_code import nothing_of, old_code
from runner.cli.stores import fleeting, history_store_of
from runner.delivery.place import run_page
from runner.durations import format_duration
from runner.events import Dispatch, Event, Merge, Tick, running
from runner.history import Entry, History, Missed
from runner.model import Config, Job
from runner.reports.matrices import unplaced
from runner.reports.plan import Planned
from runner.run_id import new_run_id
from runner.state.history_store import HistoryStore
from runner.triggers import NotTriggered, Plan, together
from runner.triggers.overscheduled import over_scheduled
from runner.triggers.starting import Origin, entries, lost, planned, without_lost
from runner.triggers.ticks import missed_text

HEADS = "refs/heads/"


@dataclass(frozen=True, kw_only=True)
class Decided:
    """``history`` is what is to be written into ``store``; both are None where nothing is.

    ``before`` is the history that decided, without what it has lost.
    """

    planned: Planned
    before: History
    history: History | None = None
    store: HistoryStore | None = None


def decided(
    files: Sequence[Config],
    event: Event,
    base: str | None,
    environ: Mapping[str, str],
    now: datetime,
    *,
    starts: bool,
) -> Decided:
    """``starts``: a workflow's run, which starts what is due; otherwise it is only said what would be."""
    if starts and (why_not := old_code(event, files[0].root, environ)):
        return Decided(planned=nothing_of(files, why_not), before=History())
    jobs = {name: job for config in files for name, job in config.jobs.items()}
    kept = isinstance(event, (Tick, Merge, Dispatch))
    notes: list[str] = []
    expired: list[str] = []
    store, there = None, None
    if kept:
        store, there = _read(files[0], event, environ, notes, expired, starts=starts)
    there = there or History()
    gone = lost(there, jobs, now)
    before = without_lost(there, gone)
    known = Known(history=before, now=now, elsewhere=frozenset(jobs))
    parts = tuple(plan_report(config, event, base, environ, known) for config in files)
    plan = together(part.plan for part in parts)
    origin = _origin(environ, now)
    new: tuple[Entry, ...] = ()
    if kept and starts:
        new = entries(files, plan, event, origin, lambda job: new_run_id(job, now))
    report = Planned(
        parts=parts,
        entries=new,
        warnings=(*expired, *_warnings(plan, jobs, before, gone, environ, now)),
        notes=tuple(dict.fromkeys(notes)),
    )
    report = replace(report, notes=(*report.notes, *_notes(report, starts=starts)))
    after = planned(before, plan, new, now)
    if store is None or not (isinstance(event, Tick) or after != there):
        return Decided(planned=report, before=before)
    return Decided(planned=report, before=before, history=after, store=store)


def held_back(plan: Plan) -> tuple[NotTriggered, ...]:
    """The jobs that have failed too often, and would have started."""
    return tuple(each for each in plan.not_triggered if each.code == "disabled_after")


def _read(
    config: Config,
    event: Event,
    environ: Mapping[str, str],
    notes: list[str],
    expired: list[str],
    *,
    starts: bool,
) -> tuple[HistoryStore | None, History | None]:
    """The store where it is to be written, and what it holds.

    On one's own machine only what is at hand is read, and nothing is written.
    """
    if not starts:
        history, why_not = history_at_hand(config, environ)
        notes += [why_not] if why_not else []
        return None, history
    store = history_store_of(config, environ, event.default_branch, notes.append)
    history = store.read()
    expired += [store.lost] if store.lost else []
    if lost_with_machine := fleeting(config, environ):
        notes.append(lost_with_machine)
    if elsewhere := _not_on_default(event, environ):
        notes.append(elsewhere)
        return None, history
    return store, history


def _not_on_default(event: Event, environ: Mapping[str, str]) -> str:
    """Why this run of the workflow writes no history, "" where it does."""
    ref = environ.get("GITHUB_REF", "")
    if isinstance(event, Tick) or ref == f"{HEADS}{event.default_branch}":
        return ""
    return (
        f"the history isn't written: only the default branch does it, and this is {ref or 'none'}"
    )


def _origin(environ: Mapping[str, str], now: datetime) -> Origin:
    ref, here = environ.get("GITHUB_REF", ""), running(environ)
    return Origin(
        now=now,
        actor=environ.get("GITHUB_ACTOR", ""),
        commit=environ.get("GITHUB_SHA", ""),
        branch=ref.removeprefix(HEADS) if ref.startswith(HEADS) else "",
        workflow_run=here.workflow_run,
        attempt=here.attempt,
    )


def _warnings(
    plan: Plan,
    jobs: Mapping[str, Job],
    history: History,
    gone: Sequence[Entry],
    environ: Mapping[str, str],
    now: datetime,
) -> Iterator[str]:
    yield from _missed(plan, jobs)
    for each in held_back(plan):
        yield f"`{each.job}` isn't started: {each.reason}"
    for entry in gone:
        ago = format_duration((now - entry.planned_at).total_seconds())
        page = run_page(environ, entry.workflow_run) or "its workflow's run isn't known"
        yield (
            f"`{entry.job}`: run {entry.run_id} was started {ago} ago, and left no word of its end:"
            f" {page} (a workflow without `dbt-gitops report` never says it)"
        )
    if plan.window:
        due = [jobs[each.job] for each in plan.triggered]
        yield from map(str, over_scheduled(due, history, now))


def _missed(plan: Plan, jobs: Mapping[str, Job]) -> Iterator[str]:
    """Of each job the newest, and how many there are."""
    missed: dict[str, list[Missed]] = {}
    for each in plan.window.missed if plan.window else ():
        missed.setdefault(each.job, []).append(each)
    for name, times in missed.items():
        newest = max(times, key=lambda each: each.scheduled_for)
        more = f" ({len(times) - 1} more before)" if len(times) > 1 else ""
        yield f"`{name}`: {missed_text(jobs[name], newest)}{more}"


def _notes(report: Planned, *, starts: bool) -> Iterator[str]:
    """What the compiled workflow can't run of what is due."""
    jobs = sorted(unplaced(report)) if starts else []
    if jobs:
        names = ", ".join(f"`{job}`" for job in jobs)
        yield (
            f"the workflow that is compiled from the jobs file here runs {names} nowhere: the file that"
            " decides has them in another environment, or as another kind of job"
        )
