"""What `sync` has written, for whoever reads the workflow next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from runner.blocks import Block, blocks, checks_changes
from runner.model import Config, Job, Schedule
from runner.reports.text import secret_command
from runner.schedule.words import in_words
from runner.workflow import PATH, Action, Source, has_pin, pinned_in
from runner.workflow.events import MOST_NAMES
from runner.workflow.needs import block_secrets, cleaned_environments, report_secrets

# More schedules, or secrets, than these are a list that nobody reads.
MOST_LINES = 20


def as_text(sources: Sequence[Source], action: Action, before: str | None, after: str) -> str:
    """``before`` and ``after`` are the texts of the workflow; ``before`` is None without one."""
    files = [source.config for source in sources]
    found = blocks(files)
    parts = [
        f"{'rewrote' if before else 'wrote'} {PATH} from {', '.join(one.path for one in sources)}",
        *_section("started by", _starts(files)),
        *_section("jobs of the workflow", [partial(_block, block) for block in found]),
        *_section("secrets to create", _secrets(found)),
        *(f"note: {note}" for note in _notes(files, action, before, after)),
    ]
    return "\n".join(parts)


def _section(title: str, lines: Sequence[Callable[[], str]]) -> list[str]:
    """Lines that aren't shown aren't made: words for a thousand schedules take their time."""
    shown = [f"  {line()}" for line in lines[:MOST_LINES]]
    more = len(lines) - len(shown)
    return [f"{title}:", *shown, *([f"  … and {more} more"] if more else [])] if lines else []


def _starts(files: Sequence[Config]) -> list[Callable[[], str]]:
    jobs = [job for config in files for job in config.jobs.values() if job.enabled]
    times: dict[Schedule, list[str]] = {}
    for job in jobs:
        for schedule in job.triggers.schedule:
            times.setdefault(schedule, []).append(job.name)
    for config in files:
        if config.watch:
            times.setdefault(config.watch, []).append("looking for what was missed (watch)")
    return [
        *_of("pull requests", [job for job in jobs if checks_changes(job)]),
        *_of("merges", [job for job in jobs if job.triggers.merge]),
        *_of("other jobs", [job for job in jobs if job.triggers.job]),
        *_of("hand, or another system", [job for job in jobs if job.triggers.dispatch]),
        *(partial(_time, schedule, names) for schedule, names in times.items()),
    ]


def _time(schedule: Schedule, names: Sequence[str]) -> str:
    return f"{in_words(schedule)}: {_some(names)}"


def _of(what: str, jobs: Sequence[Job]) -> Iterator[Callable[[], str]]:
    if jobs:
        yield partial("{}: {}".format, what, _some([job.name for job in jobs]))


def _some(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - MOST_NAMES} more" if len(unique) > MOST_NAMES else ""
    return ", ".join(unique[:MOST_NAMES]) + more


def _block(block: Block) -> str:
    count = f"{len(block.jobs)} job{'' if len(block.jobs) == 1 else 's'}"
    machine = ", ".join(block.environment.runs_on)
    return f"{block.name}: {count} of environment {block.environment.name} on {machine}"


def _secrets(found: Sequence[Block]) -> list[Callable[[], str]]:
    """The command for each place that one has to be in; ``plan`` and ``report`` are in no environment."""
    places: dict[str, list[str]] = {}
    for block in found:
        for name in block_secrets(block):
            command = secret_command(name, block.environment.github_environment)
            places.setdefault(name, []).append(command)
    for name in report_secrets(found):
        command = secret_command(name, None)
        if command not in places[name]:
            places[name].append(f"{command}  # of the repository too, for plan or report")
    return [partial(str, command) for named in places.values() for command in dict.fromkeys(named)]


def _notes(
    files: Sequence[Config], action: Action, before: str | None, after: str
) -> Iterator[str]:
    known = before is not None and f"uses: {action.uses}\n" in before
    if action.pinnable and not known and not pinned_in(after, action):
        other = "; its pin was another ref's" if before and has_pin(before, action) else ""
        yield f"{action.name}@{action.ref} is not pinned to a commit{other}: dbt-gitops sync --pin"
    for config in files:
        cleaned = cleaned_environments(config)
        if len({(one.runs_on, one.github_environment) for one in cleaned}) > 1:
            yield (
                f"`clean` runs as environment {cleaned[0].name} does, also for"
                f" {', '.join(one.name for one in cleaned[1:])}"
            )
