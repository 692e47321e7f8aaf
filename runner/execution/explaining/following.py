"""What the end of a job starts, here and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from runner.chain import Dependent, dependents
from runner.config import Loaded
from runner.execution.explaining.timing import quoted, where
from runner.model import Config, Ending, Job
from runner.reports.explanation import Fact, Section

# Of a long chain `dbt-gitops graph` draws the rest.
FURTHER_SHOWN = 10
ENDINGS: tuple[Ending, ...] = get_args(Ending)


def followers(loaded: Loaded, config: Config, job: Job) -> Section:
    facts = tuple(_followers(loaded, config, job)) or (Fact(text="nothing"),)
    return Section(key="starts", title="What it starts", facts=facts)


def _followers(loaded: Loaded, config: Config, job: Job) -> Iterator[Fact]:
    direct = _on(config, job.name)
    for (name, repository), (each, endings) in direct.items():
        others = tuple(other for other in each.all_of if other != job.name)
        wait = (
            f", once {quoted(others)} {'has' if len(others) == 1 else 'have'} too" if others else ""
        )
        text = f"{each} when it has ended: {' or '.join(endings)}{wait}"
        if repository:
            token = f"{text}, by the token in `{each.token.removeprefix('$')}`"
            yield Fact(text=token, where=where(loaded, job, "dispatches"))
        else:
            at = where(loaded, config.jobs[name], "triggers", "job")
            yield Fact(text=text, where=at)
    further = _further(config, job.name, {name for name, repository in direct if not repository})
    if further:
        more = len(further) - FURTHER_SHOWN
        names = f"{', '.join(f'`{name}`' for name in further[:FURTHER_SHOWN])} and {more:,} more"
        yield Fact(text=f"these may start {names if more > 0 else quoted(further)} then")


def _on(config: Config, name: str) -> dict[tuple[str, str], tuple[Dependent, list[Ending]]]:
    """What starts after the job, by name and repository, and after which endings."""
    found: dict[tuple[str, str], tuple[Dependent, list[Ending]]] = {}
    for ending in ENDINGS:
        for each in dependents(config, name, ending):
            found.setdefault((each.job, each.repository), (each, []))[1].append(ending)
    return found


def _further(config: Config, name: str, direct: set[str]) -> tuple[str, ...]:
    """The jobs of this file that follow on those that follow, the nearest first."""
    after: dict[str, list[str]] = {}
    for job in config.jobs.values():
        for trigger in job.triggers.job if job.enabled else ():
            for before in trigger.names:
                after.setdefault(before, []).append(job.name)
    seen, waiting = {name, *direct}, sorted(direct)
    for each in waiting:  # which grows
        new = [other for other in after.get(each, ()) if other not in seen]
        seen.update(new)
        waiting.extend(dict.fromkeys(new))
    return tuple(waiting[len(direct) :])
