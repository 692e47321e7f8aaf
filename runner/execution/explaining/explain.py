"""All that is to be said of one job, together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from runner.config import Loaded
from runner.dbt.project import read_project, target_path
from runner.execution.explaining.building import building
from runner.execution.explaining.counting import Counting, counts, how_to_count
from runner.execution.explaining.following import followers
from runner.execution.explaining.limits import deferral, limits, told
from runner.execution.explaining.origins import values
from runner.execution.explaining.timing import fires_of, schedule, starters, where
from runner.execution.preview import Preview, previews
from runner.execution.project import MANIFEST
from runner.model import Config, Job
from runner.record import StepKind
from runner.reports.explanation import Command, Commands, Explanation

NOTES: dict[StepKind, str] = {
    "deps": "installs the project's packages",
    "compare": "of the commit that the pull request starts from, which may need `dbt deps` before it",
    "clone": "only where production has incremental models, and its adapter can clone tables",
    "freshness": "never fails the job",
    "step": "",
    "docs": "never fails the job",
}


def explanation(
    loaded: Loaded,
    config: Config,
    job: Job,
    environ: Mapping[str, str],
    now: datetime,
    counting: Counting | None = None,
) -> Explanation:
    """``counting`` is None where dbt wasn't asked. Raises ConfigInvalid where there is no dbt project.

    What looks like a password or a token in the file is masked: this is for logs and for pages.
    """
    variables = {**environ, **job.env}
    target = config.project / target_path(read_project(config.project), variables)
    numbers = counts(job, counting, now) if counting else how_to_count(job, target / MANIFEST, now)
    whole = Explanation(
        job=job.name,
        where=loaded.place("jobs", job.name),
        description=job.description,
        fires=fires_of(job, now),
        sections=(
            schedule(loaded, job),
            starters(loaded, job),
            followers(loaded, config, job),
            building(loaded, job, numbers),
            deferral(loaded, config, job),
            limits(loaded, config, job),
            told(loaded, config, job),
        ),
        runs=tuple(_commands(loaded, job, each) for each in previews(config, job, environ)),
        values=tuple(values(loaded, job)),
    )
    return loaded.mask.within(whole)


def _commands(loaded: Loaded, job: Job, preview: Preview) -> Commands:
    return Commands(
        when=preview.when, names=preview.names, commands=tuple(_each(loaded, job, preview))
    )


def _each(loaded: Loaded, job: Job, preview: Preview) -> Iterator[Command]:
    for each in preview.commands:
        index = each.index
        if index is not None:
            yield Command(argv=each.argv, where=where(loaded, job, "steps", index))
        else:
            key = {"freshness": "source_freshness", "docs": "generate_docs"}.get(each.kind)
            at = where(loaded, job, key) if key else ""
            yield Command(argv=each.argv, note=NOTES[each.kind], where=at)
