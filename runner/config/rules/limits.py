"""Timeouts: missing, out of proportion, or later than what ends the job anyway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from runner.config.rules.examples import WITH_CI
from runner.config.rules.rule import HISTORY, Found, Rule, Subject, starts_itself
from runner.config.text import shown
from runner.config.widening import GITHUBS
from runner.durations import format_duration, spell_duration
from runner.history_readings import usual_seconds
from runner.model import Job
from runner.schedule.fires import fires_within

LONGEST_CHECK = timedelta(hours=1)
LONGEST_INCREMENT = timedelta(hours=2)
HOURLY = 24  # times a day
LONGEST_ON_GITHUB = timedelta(hours=6)
# A run that takes this part of its timeout as a rule exceeds it on a slow day.
NEAR = 0.8
# Where more jobs lack a timeout, it is the defaults that lack one.
MOST_ONE_BY_ONE = 3


def _missing(subject: Subject) -> Iterator[Found]:
    lacking = [job for job in subject.jobs if job.timeout is None and starts_itself(job)]
    ignored = [job for job in lacking if subject.ignores("missing-timeout", ("jobs", job.name))]
    told = [job for job in lacking if job not in ignored]
    if len(told) > MOST_ONE_BY_ONE:
        yield Found(
            what=f"{len(told):,} jobs have no timeout: {shown(told[0].name)} is the first",
            hint="`timeout: 4h` in `defaults`, and a shorter one in the jobs that take less",
            at=("defaults",) if subject.loaded.where("defaults") else ("jobs",),
        )
        lacking = ignored
    for job in lacking:
        yield Found(
            what=f"{shown(job.name)} has no timeout",
            hint=_proportion(job),
            at=("jobs", job.name),
        )


def _proportion(job: Job) -> str:
    if job.triggers.pull_request:
        return "`timeout: 30m`: a check that takes longer isn't waited for"
    words = {criterion for step in job.steps for _, criterion in step.criteria()}
    if words:
        return "`timeout: 1h`; 1h to 2h do for a part of a project"
    return "`timeout: 4h`; 4h to 5h30m do for a full build"


def _long_check(subject: Subject) -> Iterator[Found]:
    for job in subject.of_pull_requests:
        if job.timeout and job.timeout > LONGEST_CHECK:
            yield Found(
                what=f"pull requests may wait {spell_duration(job.timeout)} for {shown(job.name)}",
                hint="`timeout: 30m` of the job's own, or at most 1h",
                at=("jobs", job.name, "timeout"),
            )


def _long_increment(subject: Subject) -> Iterator[Found]:
    for job in subject.deploying:
        if not job.timeout or job.timeout <= LONGEST_INCREMENT:
            continue
        if _times_a_day(job, subject.known.now) >= HOURLY:
            yield Found(
                what=f"a run of {shown(job.name)} that hangs holds up those after it for"
                f" {spell_duration(job.timeout)}",
                hint="`timeout: 1h` of the job's own, or at most 2h",
                at=("jobs", job.name, "timeout"),
            )


def _times_a_day(job: Job, now: datetime) -> int:
    """On the busiest day of those to come: schedules of different days don't add up."""
    until = now + timedelta(days=31)
    times = {time for each in job.triggers.schedule for time in fires_within(each, now, until)}
    return max(Counter(time.date() for time in times).values(), default=0)


def _beyond_github(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        github = all(map(GITHUBS.fullmatch, subject.environment(job).runs_on))
        if github and job.timeout and job.timeout >= LONGEST_ON_GITHUB:
            yield Found(
                what=f"{shown(job.name)} would end at {spell_duration(job.timeout)},"
                " and GitHub ends it at 6h",
                hint="`timeout: 5h30m` or less, or a runner of your own in `runs_on`",
                at=("jobs", job.name, "timeout"),
            )


def _late_sla(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        if job.sla and job.timeout and job.sla >= job.timeout:
            yield Found(
                what=f"{shown(job.name)} times out after {spell_duration(job.timeout)},"
                f" before its sla of {spell_duration(job.sla)}",
                hint="a shorter `sla`, or a longer `timeout`",
                at=("jobs", job.name, "sla"),
            )


def _tight(subject: Subject) -> Iterator[Found]:
    history = subject.known.history
    for job in subject.jobs if history else ():
        assert history
        usual = usual_seconds(history, job.name)
        if usual and job.timeout and usual > NEAR * job.timeout.total_seconds():
            yield Found(
                what=f"{shown(job.name)} usually takes {format_duration(usual)},"
                f" and its timeout is {spell_duration(job.timeout)}",
                hint="a longer `timeout`, or a faster job",
                at=("jobs", job.name, "timeout"),
            )


RULES = (
    Rule(
        code="missing-timeout",
        title="A job without a timeout",
        why="a query that hangs holds the job, and every run that waits for it, until GitHub ends it"
        " after 6h",
        bad=WITH_CI.replace("    timeout: 4h\n", ""),
        good=WITH_CI,
        check=_missing,
    ),
    Rule(
        code="long-ci-timeout",
        title="A pull request that may wait for hours",
        why="a check that hangs is noticed when it times out: 30m to 1h are enough for what a pull"
        " request changes",
        bad=WITH_CI.replace("timeout: 30m", "timeout: 3h"),
        good=WITH_CI,
        check=_long_check,
    ),
    Rule(
        code="long-timeout",
        title="An hourly job that may hang for hours",
        why="what runs every hour builds an hour's rows: 1h to 2h are enough for it, and a full build has"
        " a job of its own",
        bad=WITH_CI.replace("17 4", "17 *"),
        good=WITH_CI.replace("17 4", "17 *").replace("timeout: 4h", "timeout: 1h"),
        check=_long_increment,
    ),
    Rule(
        code="timeout-beyond-github",
        title="A timeout that GitHub doesn't wait for",
        why="GitHub ends a job of its machines after 6h: no record is written then, and nothing says"
        " which step it was in",
        bad=WITH_CI.replace("timeout: 4h", "timeout: 8h"),
        good=WITH_CI.replace("timeout: 4h", "timeout: 5h30m"),
        check=_beyond_github,
    ),
    Rule(
        code="sla-after-timeout",
        title="An sla that no run can exceed",
        why="a run has been ended by its timeout when the sla would be told of",
        bad=WITH_CI.replace("timeout: 4h", "timeout: 4h\n    sla: 5h"),
        good=WITH_CI.replace("timeout: 4h", "timeout: 4h\n    sla: 2h"),
        check=_late_sla,
    ),
    Rule(
        code="tight-timeout",
        title="A timeout that runs come near",
        why="on a slow day the run is ended shortly before it would have been done, and all of it is"
        " to be done again",
        bad=WITH_CI.replace("timeout: 4h", "timeout: 10m"),
        good=WITH_CI,
        check=_tight,
        needs=HISTORY,
    ),
)
