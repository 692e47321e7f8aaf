"""Where jobs connect to and write: one answer for all rules, as far as the file and profiles.yml say."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from runner.config.rules.rule import Subject
from runner.model import Job

# A variable's value that only GitHub knows.
_SECRET = object()


def connection(subject: Subject, job: Job) -> Hashable:
    """The same for jobs that connect alike: to one target, with the same credentials."""
    around = subject.environment(job)
    profile = subject.known.profiles.get(job.name)
    return (
        target(subject, job),
        profile.folder if profile else around.profiles_dir,
        around.github_environment,
        _deciding(subject, job),
    )


def place(subject: Subject, job: Job) -> Hashable:
    """The same for jobs that write into the same schema."""
    schema = subject.environment(job).schema or ""
    return connection(subject, job), schema.replace("{job}", job.name)


def surroundings(subject: Subject, job: Job) -> Hashable:
    """The same for jobs that surely write to the same tables.

    Any var or variable may name a schema in the project's own macros.
    """
    own = tuple(value for step in job.steps for value in step.values("--vars"))
    return place(subject, job), _sorted(job.vars), _sorted(job.env), own


def work(subject: Subject, job: Job) -> Hashable:
    """The same for jobs that do the same in the same place."""
    steps = tuple(step.words for step in job.steps)
    return surroundings(subject, job), steps


def target(subject: Subject, job: Job) -> str | None:
    """None is the default of a profile that isn't at hand, or that makes its default by Jinja."""
    profile = subject.known.profiles.get(job.name)
    return job.target or job.env.get("DBT_TARGET") or (profile.default if profile else "") or None


def _deciding(subject: Subject, job: Job) -> Hashable:
    """The variables that the profile reads: one that it doesn't read is no other connection.

    Where it isn't known what it reads, any variable of the file may be another user's.
    """
    profile = subject.known.profiles.get(job.name)
    if profile is None or profile.reads is None:
        return _sorted(job.env)
    secrets = dict.fromkeys(subject.environment(job).secrets, _SECRET)
    given = {**job.vars, **job.env, **secrets}
    return _sorted({name: given[name] for name in profile.reads if name in given})


def _sorted(values: Mapping[str, object]) -> Hashable:
    return tuple(sorted((name, str(value)) for name, value in values.items()))
