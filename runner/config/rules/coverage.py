"""What all jobs together build, by dbt's own answers: what none builds, and what two build at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from runner.builds.facts import never_built
from runner.config.rules.examples import DAILY, JOB
from runner.config.rules.places import surroundings, work
from runner.config.rules.rule import MANIFEST, Found, Rule, Subject
from runner.config.text import shown
from runner.model import Job
from runner.schedule.together import Together, built_together

# So many names show what kind of thing it is.
NAMED = 5


def _unbuilt(subject: Subject) -> Iterator[Found]:
    elsewhere = _built_elsewhere(subject)
    models = [
        node
        for node in never_built(subject.builds, subject.config.jobs.values())
        if node.unique_id not in elsewhere
    ]
    if models:
        names = _named([node.name for node in models])
        yield Found(
            what=f"no job builds {'this model' if len(models) == 1 else f'{len(models):,} models'}: {names}",
            hint="select them in a job, disable them, or remove them",
            at=("jobs",),
        )


def _built_elsewhere(subject: Subject) -> frozenset[str]:
    """What the jobs of the project's other files build, or may build."""
    built = (
        file.builds.may_be_built_by(job)
        for file in subject.known.elsewhere
        if file.known.builds
        for job in file.jobs
        if job.deploys
    )
    return frozenset().union(*built)


def _at_once(subject: Subject) -> Iterator[Found]:
    """Of two jobs that do the same at the same times another rule tells."""
    places: dict[Hashable, dict[Hashable, tuple[Subject, Job]]] = {}
    for file in subject.everywhere:
        for job in file.deploying if file.known.builds else ():
            does = work(file, job), job.triggers.schedule
            places.setdefault(surroundings(file, job), {}).setdefault(does, (file, job))
    for there in places.values():
        jobs = [job for _, job in there.values()]
        built = {job.name: file.builds.built_by(job) for file, job in there.values()}
        turns = frozenset(job.name for file, job in there.values() if _takes_turns(file, job))
        for found in built_together(jobs, built, subject.known.now, turns):
            if found.job in subject.config.jobs:  # no two files have a job of one name
                yield _together(subject, found)


def _takes_turns(subject: Subject, job: Job) -> bool:
    """Whether it waits for the one slot; what a newer run cancels waits for none."""
    return subject.config.run_slots == 1 and job.concurrency != "cancel"


def _together(subject: Subject, found: Together) -> Found:
    names = _named([subject.builds.nodes[each].name for each in sorted(found.nodes)])
    return Found(
        what=f"{shown(found.job)} builds {names} at the same minute as {_named(found.others)},"
        f" first at {found.at:%a %H:%M} UTC",
        hint="another minute for one of them, a `job` trigger, or `--exclude`",
        at=("jobs", found.job),
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
