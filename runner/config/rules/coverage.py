"""What all jobs together build, by dbt's own answers: what none builds, and what two build at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from runner.builds.facts import never_built
from runner.config.rules.examples import DAILY, JOB
from runner.config.rules.rule import MANIFEST, Found, Rule, Subject
from runner.config.text import shown
from runner.model import Job
from runner.schedule.together import Together, built_together

# So many names show what kind of thing it is.
NAMED = 5


def _unbuilt(subject: Subject) -> Iterator[Found]:
    models = [
        node
        for node in never_built(subject.builds, subject.config.jobs.values())
        if node.unique_id not in subject.known.elsewhere
    ]
    if models:
        names = _named([node.name for node in models])
        yield Found(
            what=f"no job builds {'this model' if len(models) == 1 else f'{len(models):,} models'}: {names}",
            hint="select them in a job, disable them, or remove them",
            at=("jobs",),
        )


def _at_once(subject: Subject) -> Iterator[Found]:
    """Of two jobs that do the same at the same times another rule tells."""
    places: dict[Hashable, dict[Hashable, Job]] = {}
    for job in subject.deploying:
        does = (tuple(step.words for step in job.steps), job.triggers.schedule)
        places.setdefault(_place(subject, job), {}).setdefault(does, job)
    for jobs in places.values():
        built = {job.name: subject.builds.built_by(job) for job in jobs.values()}
        for found in built_together(jobs.values(), built, subject.known.now):
            yield _together(subject, found)


def _place(subject: Subject, job: Job) -> Hashable:
    """The same for jobs that write into the same schema, as far as the file says."""
    around = subject.environment(job)
    return job.target, around.schema, around.profiles_dir, around.github_environment, str(job.env)


def _together(subject: Subject, found: Together) -> Found:
    names = _named([subject.builds.nodes[each].name for each in sorted(found.nodes)])
    return Found(
        what=f"{shown(found.job)} builds {names} at the same minute as {_named(found.others)},"
        f" first at {found.at:%a %H:%M} UTC",
        hint="another minute for one of them, a `job` trigger, or `--exclude`",
        at=("jobs", found.job, "triggers", "schedule"),
    )


def _named(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - NAMED
    said = ", ".join(map(shown, names[:NAMED]))
    return f"{said} and {more:,} more" if more > 0 else said


_OTHER = JOB.replace("daily", "ingestion").replace("dbt build", "dbt build --select tag:ingestion")

RULES = (
    Rule(
        code="unbuilt-model",
        title="Models that no job builds",
        why="their tables are missing, or stay as somebody once left them, and look like the others",
        bad=DAILY.replace("dbt build", "dbt build --select tag:ingestion"),
        good=DAILY,
        check=_unbuilt,
        needs=MANIFEST,
    ),
    Rule(
        code="built-together",
        title="Two jobs that build the same at the same minute",
        why="what two runs write at once costs twice, and in most warehouses one of them fails at"
        " random or undoes what the other has done",
        bad=DAILY + _OTHER,
        good=DAILY + _OTHER.replace("17 4", "47 3"),
        check=_at_once,
        needs=MANIFEST,
    ),
)
