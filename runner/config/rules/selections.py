"""What steps select, by dbt's own answers: names that nothing has, and steps that run on nothing."""

from __future__ import annotations

from collections.abc import Iterator

from runner.builds.facts import nothing_selected
from runner.builds.misses import Miss, misses
from runner.config.rules.examples import DAILY
from runner.config.rules.rule import MANIFEST, Found, Rule, Subject
from runner.config.text import shown
from runner.steps import Step

# dbt's messages may be pages long, and the first line says what it is.
LONGEST_MESSAGE = 200


def _unmatched(subject: Subject) -> Iterator[Found]:
    for miss in misses(subject.builds, subject.jobs):
        if not _is_refused(subject, _step(subject, miss)):
            yield Found(what=_missing(miss), hint=_instead(miss), at=_place(miss.job, miss.step))


def _missing(miss: Miss) -> str:
    whole = "" if miss.part in ("", miss.criterion) else f" of {shown(miss.criterion)}"
    if miss.disabled:
        return f"what {shown(miss.part)}{whole} names is disabled"
    if not miss.part:
        return f"nothing matches all of {shown(miss.criterion)} at once"
    return f"nothing in the project matches {shown(miss.part)}{whole}"


def _instead(miss: Miss) -> str:
    if miss.nearest:
        return f"did you mean {shown(miss.nearest)}?"
    return "enable it, or remove it here" if miss.disabled else "remove it, or name what is there"


def _nothing(subject: Subject) -> Iterator[Found]:
    """Of a name that nothing has the other rule tells."""
    for job, index in nothing_selected(subject.builds, subject.jobs):
        answer = subject.builds.of(job.steps[index])
        if answer and not answer.unmatched:
            yield Found(
                what=f"{shown(job.steps[index].text)} selects nothing at all",
                hint="another command or selection, or no such step: each part of it matches something,"
                " and all of it nothing of what the command runs",
                at=_place(job.name, index),
            )


def _refused(subject: Subject) -> Iterator[Found]:
    found = misses(subject.builds, subject.jobs)
    near = {(miss.job, miss.step): miss.nearest for miss in found if miss.nearest}
    for job in subject.jobs:
        for index, step in enumerate(job.steps):
            if _is_refused(subject, step):
                nearest = near.get((job.name, index))
                yield Found(
                    what=f"dbt refuses {shown(step.text)}: {_message(subject, step)}",
                    hint=f"did you mean {shown(nearest)}?" if nearest else "`dbt ls` says the same",
                    at=_place(job.name, index),
                )


def _message(subject: Subject, step: Step) -> str:
    answer = subject.builds.of(step)
    words = " ".join(answer.error.split()) if answer else ""
    return words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"


def _is_refused(subject: Subject, step: Step) -> bool:
    answer = subject.builds.of(step)
    return answer is not None and answer.error != ""


def _step(subject: Subject, miss: Miss) -> Step:
    return subject.config.jobs[miss.job].steps[miss.step]


def _place(job: str, index: int) -> tuple[str | int, ...]:
    return ("jobs", job, "steps", index)


_HOURLY = """\
  hourly:
    environment: production
    triggers: { schedule: { cron: "23 * * * *" } }
    steps: [dbt build --select tag:ingestion]
    timeout: 1h
"""
_GOOD = DAILY + _HOURLY

RULES = (
    Rule(
        code="unmatched-name",
        title="A tag, a path or a name that nothing has",
        why="dbt only warns of a criterion that matches nothing, so the job succeeds and leaves out what"
        " it is there for, or does what `--exclude` was to leave out",
        bad=_GOOD.replace("tag:ingestion", "tag:ingestoin"),
        good=_GOOD,
        check=_unmatched,
        needs=MANIFEST,
    ),
    Rule(
        code="nothing-selected",
        title="A step that runs on nothing",
        why="dbt succeeds where there is nothing to do, so nobody sees that nothing is done",
        bad=_GOOD.replace("dbt build --select tag:ingestion", "dbt seed --select tag:ingestion"),
        good=_GOOD,
        check=_nothing,
        needs=MANIFEST,
    ),
    Rule(
        code="refused-selection",
        title="A selection that dbt refuses",
        why="the step ends as soon as it has begun, in each run",
        severity="error",
        bad=_GOOD.replace("--select tag:ingestion", "--selector ingestion"),
        good=_GOOD,
        check=_refused,
        needs=MANIFEST,
    ),
)
