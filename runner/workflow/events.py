"""``on:``, and nothing in it that no job needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runner.blocks import checks_changes, runs_apart
from runner.events.dispatch import EVENT_TYPE
from runner.model import OVERRIDES, Config, Job, Override, Schedule
from runner.schedule.cron import github_cron
from runner.workflow.needs import cleaned_environments
from runner.workflow.writing import Lines, flow, indented, scalar

# More names of jobs behind a time say nothing that the jobs file doesn't.
MOST_NAMES = 3

_OVERRIDES: dict[Override, str] = {
    "steps": 'description: "dbt commands in place of its steps: a JSON list, or one a line"',
    "schema": "description: Write into this schema",
    "dbt": 'description: "Another version of dbt-core, such as 1.11.2"',
    "threads": "description: Another number of threads, type: number",
    "target": "description: Another target of profiles.yml",
    "timeout": 'description: "Another timeout, such as 90m"',
    "generate_docs": 'description: Generate docs or not, type: choice, options: ["", "true", "false"]',
    "git_ref": 'description: "Run another branch, tag or commit"',
    "vars": 'description: "dbt vars, added to the job\'s: a JSON object"',
    "env": 'description: "Environment variables, added to the job\'s: a JSON object"',
    "defer_to": "description: Defer to this environment or job",
    "full": 'description: "Build all: no deferral, no comparison with state", type: boolean',
}


def enabled(files: Iterable[Config]) -> Iterator[Job]:
    return (job for config in files for job in config.jobs.values() if job.enabled)


def events(files: Sequence[Config]) -> Lines:
    """The lines of ``on:``."""
    jobs = list(enabled(files))
    lines = [
        *_schedules(files, jobs),
        *_pull_requests(files, jobs),
        *_pushes(jobs),
        *_dispatches([job for job in jobs if runs_apart(job)]),
    ]
    # GitHub takes no workflow that nothing starts.
    return ["on:", *indented(lines or ["workflow_dispatch: # no job is enabled"])]


def _schedules(files: Sequence[Config], jobs: Sequence[Job]) -> Lines:
    times: dict[tuple[str, str], list[str]] = {}
    for job in jobs:
        for schedule in job.triggers.schedule:
            names = times.setdefault(fired_by(schedule), [])
            names += [] if job.name in names else [job.name]
    for config in files:
        if config.watch:
            times.setdefault(fired_by(config.watch), []).append("watch")
    if not times:
        return []
    return [
        "# GitHub is late with these, and drops some. Whatever has fallen due since it last looked, `plan`",
        "# starts once.",
        "schedule:",
        *(f"  - {_entry(*time)} # {_some(names)}" for time, names in times.items()),
    ]


def fired_by(schedule: Schedule) -> tuple[str, str]:
    """The cron that GitHub is given, and the time zone."""
    return github_cron(schedule.cron), schedule.timezone


def _entry(cron: str, timezone: str) -> str:
    zone = "" if timezone == "UTC" else f", timezone: {scalar(timezone)}"
    return f'{{ cron: "{cron}"{zone} }}'


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _pull_requests(files: Sequence[Config], jobs: Sequence[Job]) -> Lines:
    found = [job.triggers.pull_request for job in jobs if checks_changes(job)]
    triggers = [trigger for trigger in found if trigger]
    if not triggers:
        return []
    types = dict.fromkeys(each for trigger in triggers for each in trigger.types)
    if not all(trigger.drafts for trigger in triggers):
        types["ready_for_review"] = None  # what drafts have held back starts then
    if any(cleaned_environments(config) for config in files):
        types["closed"] = None  # for `clean`
    branches = union(trigger.branches for trigger in triggers)
    filters = [f"branches: {flow(map(scalar, branches))}"] if branches else []
    return [
        "pull_request:",
        *indented([f"types: {flow(types)}", *filters]),
        "merge_group: { types: [checks_requested] }",
    ]


def _pushes(jobs: Iterable[Job]) -> Lines:
    triggers = [job.triggers.merge for job in jobs if job.triggers.merge]
    branches = union(trigger.branches for trigger in triggers)
    if not triggers:
        return []
    if branches:
        return ["push:", f"  branches: {flow(map(scalar, branches))}"]
    return [
        "# A `merge` without branches means the default branch, which can't be said here: every push wakes",
        "# this up, and on other branches nothing is started. Name the branches to spare them.",
        'push: { branches: ["**"] }',
    ]


def default_branch_only(files: Iterable[Config]) -> bool:
    """Whether pushes are for the default branch alone, whatever it is called."""
    triggers = [job.triggers.merge for job in enabled(files) if job.triggers.merge]
    return bool(triggers) and not any(trigger.branches for trigger in triggers)


def union(patterns: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Patterns that take whatever any of them takes, () for every branch; `plan` looks closer.

    A pattern that excludes would exclude for the others too.
    """
    lists = list(dict.fromkeys(patterns))
    if len(lists) == 1 or () in lists:
        return lists[0] if len(lists) == 1 else ()
    return tuple(dict.fromkeys(each for one in lists for each in one if not each.startswith("!")))


def _dispatches(jobs: Sequence[Job]) -> Lines:
    if not jobs:
        return []
    return [
        f"repository_dispatch: {{ types: [{EVENT_TYPE}] }}",
        "workflow_dispatch:",
        "  inputs:",
        *indented([*_choice(jobs), *_inputs(jobs)], 4),
    ]


def _choice(jobs: Sequence[Job]) -> Lines:
    asked = [f"- {scalar(job.name)}" for job in jobs if job.triggers.dispatch]
    others = [f"- {scalar(job.name)}" for job in jobs if not job.triggers.dispatch]
    if others:
        others = ["# These have no `dispatch`: only chains and reruns start them.", *others]
    return [
        "job:",
        "  description: The job to run",
        "  type: choice",
        "  required: true",
        "  options:",
        *indented([*asked, *others], 4),
    ]


def _inputs(jobs: Iterable[Job]) -> Lines:
    allowed = {
        each for job in jobs if job.triggers.dispatch for each in job.triggers.dispatch.overrides
    }
    return [
        'cause: { description: "Why: for the record, and for dbt" }',
        *(f"{name}: {{ {_OVERRIDES[name]} }}" for name in OVERRIDES if name in allowed),
        "# The rest is for dbt-gitops' own commands and chains.",
        "rerun: { description: The id of the run to run again }",
        "from_failure: { description: Only what failed or was skipped, type: boolean }",
        "upstream: { description: The job that has ended }",
    ]
