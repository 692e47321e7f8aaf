"""Names of environments, channels and jobs that other parts of the file use."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.nodes import Mapping, Scalar
from runner.config.text import shown
from runner.config.wording import joined
from runner.config.written import LISTS_OF_NAMES, Written, WrittenJob, upstreams
from runner.model import Problem
from runner.unknown import did_you_mean

RESERVED = "self"


def reserved_names(written: Written) -> Iterator[Problem]:
    """Names that mean something else."""
    for of in LISTS_OF_NAMES:
        entry = written.whole.mapping(of).entries.get(RESERVED)
        if entry and of != "notifications":
            what = f"`{RESERVED}` can't be a name in `{of}`"
            why = "in `defer: { to: self }` it means the job itself"
            yield written.source.problem(entry.key.span, "reserved-name", what, why=why)


def environments_of_jobs(written: Written) -> Iterator[Problem]:
    """Jobs without an environment, and those in one that isn't there."""
    known = written.names("environments")
    for _, body in written.bodies():
        name = body.scalar("environment")
        if name and name.text not in known:
            yield _unknown(written, name, "environment", "environments", known)
    for job in written.jobs.values():
        if not job.environment and not written.is_unsound(job, "environment"):
            what = f"job {shown(job.name)} names no environment"
            why = "a job runs in one of the file's `environments`"
            hint = f"add `environment: {known[0]}` to it or to `defaults`" if known else ""
            yield written.source.problem(job.key.span, "missing-key", what, why=why, hint=hint)


def steps_of_jobs(written: Written) -> Iterator[Problem]:
    """Jobs without steps of their own or from the defaults."""
    for job in written.jobs.values():
        if not job.settings.get("steps") and not written.is_unsound(job, "steps"):
            what = f"job {shown(job.name)} has no steps"
            why, hint = "a job is a list of dbt commands", "add `steps: [dbt build]`"
            yield written.source.problem(job.key.span, "missing-key", what, why=why, hint=hint)


def channels_of_jobs(written: Written) -> Iterator[Problem]:
    """Channels in `notify` that aren't there."""
    known = written.names("notifications")
    for _, body in written.bodies():
        for name, entry in body.mapping("notify").entries.items():
            if name not in known:
                yield _unknown(written, entry.key, "channel", "notifications", known)


def jobs_of_triggers(written: Written) -> Iterator[Problem]:
    """Jobs in triggers that aren't there, and triggers that don't say which job."""
    known = written.whole.mapping("jobs").entries
    for job in written.jobs.values():
        for trigger in job.triggers.mappings("job"):
            for name in upstreams(trigger):
                if name.text not in known:
                    yield _unknown(written, name, "job", "jobs", list(known))
        # Which keys are written, also wrongly: the schema has said what is wrong with their values.
        whole = written.whole.mapping("jobs").mapping(job.name).mapping("triggers")
        for trigger in whole.mappings("job"):
            if trigger.entries:
                yield from _one_or_all(written, job, trigger)


def _one_or_all(written: Written, job: WrittenJob, trigger: Mapping) -> Iterator[Problem]:
    given = [key for key in ("name", "all_of") if key in trigger.entries]
    if len(given) != 1:
        both = "both `name` and `all_of`" if given else "neither `name` nor `all_of`"
        what = f"`jobs.{job.name}.triggers.job` has {both}"
        why = "`name` is one job, `all_of` are several that must all have ended"
        at = trigger.entries["all_of"].key.span if given else trigger.span
        hint = "keep one of them" if given else "add `name: ingest`, the job that comes before"
        yield written.source.problem(at, "job-trigger", what, why=why, hint=hint)


def _unknown(written: Written, name: Scalar, kind: str, of: str, known: list[str]) -> Problem:
    what = f"there is no {kind} {shown(name.text)}"
    listed = joined(known[:10]) + (", …" if len(known) > 10 else "")
    why = f"`{of}` has: {listed}" if known else f"`{of}` is empty or missing"
    hint = did_you_mean(name.text, known) or f"add it under `{of}`"
    return written.source.problem(name.span, f"unknown-{kind}", what, why=why, hint=hint)
