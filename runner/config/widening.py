"""What a change of the jobs file lets its jobs reach that they couldn't before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from runner.model import (
    Config,
    DbtExecutable,
    Environment,
    Job,
    MergeTrigger,
    PullRequestTrigger,
    Triggers,
)

Code = Literal[
    "secrets", "target", "schema", "executable", "profiles", "machine", "github-environment",
    "environment", "trigger", "state",
]  # fmt: skip
# Labels of GitHub's own machines; any other may be one's own, which keeps what a job leaves there.
GITHUBS = re.compile(r"(ubuntu|windows|macos)-[a-z0-9.-]+")


@dataclass(frozen=True, kw_only=True)
class Widening:
    """``text`` goes on after the subject: ``environment `ci` `` ``gains the secret PASSWORD``.

    ``name`` is "" of the file itself.
    """

    kind: Literal["file", "environment", "job"]
    name: str
    code: Code
    text: str

    @property
    def subject(self) -> str:
        return f"{self.kind} `{self.name}`" if self.name else "the jobs file"


def widenings(base: Config | None, head: Config) -> Iterator[Widening]:
    """Every one, from no jobs file where base is None."""
    if base and head.state != base.state:
        text = f"keeps state in {head.state} instead of {base.state}"
        yield Widening(kind="file", name="", code="state", text=text)
    for name, environment in head.environments.items():
        before = base.environments.get(name) if base else None
        for code, text in _of_environment(before, environment):
            yield Widening(kind="environment", name=name, code=code, text=text)
    for name, job in head.jobs.items():
        for code, text in _of_job(base, head, job):
            yield Widening(kind="job", name=name, code=code, text=text)


def _of_environment(before: Environment | None, after: Environment) -> Iterator[tuple[Code, str]]:
    old = before or Environment(name=after.name)
    gained = [secret for secret in after.secrets if secret not in old.secrets]
    if gained:
        yield "secrets", f"gains the secret{'s' * (len(gained) > 1)} {', '.join(gained)}"
    if after.target != old.target:
        yield "target", _instead("connects to target", after.target, old.target)
    if after.schema != old.schema:
        yield "schema", _instead("writes into schema", after.schema, old.schema)
    if isinstance(after.dbt, DbtExecutable) and after.dbt != old.dbt:
        yield "executable", f"runs the executable {after.dbt.executable} as dbt"
    if after.profiles_dir and after.profiles_dir != old.profiles_dir:
        yield "profiles", f"reads profiles.yml in another folder, {after.profiles_dir.name}"
    if after.runs_on != old.runs_on and not all(map(GITHUBS.fullmatch, after.runs_on)):
        labels = ", ".join(after.runs_on)
        yield "machine", f"runs on {labels}, which may be a machine of your own"
    if after.github_environment and after.github_environment != old.github_environment:
        name = after.github_environment
        yield "github-environment", f"gets the secrets of the GitHub environment {name}"


def _of_job(base: Config | None, head: Config, after: Job) -> Iterator[tuple[Code, str]]:
    before = base.jobs.get(after.name) if base else None
    if base is None or before is None:
        yield "environment", f"is new, in environment {after.environment}"
    else:
        if after.environment != before.environment:
            text = _instead("runs in environment", after.environment, before.environment)
            yield "environment", text
        if after.target != before.target and _differently(base, before) | _differently(head, after):
            yield "target", _instead("connects to target", after.target, before.target)
    old = before.triggers if before and before.enabled else Triggers()
    gained = list(_gained(old, after.triggers)) if after.enabled else []
    if gained:
        yield "trigger", f"is now started by {', '.join(gained)}"


def _differently(config: Config, job: Job) -> bool:
    """Whether the job has a target of its own; one of its environment is reported there."""
    return job.target != config.environment_of(job).target


def _gained(old: Triggers, new: Triggers) -> Iterator[str]:
    for schedule in new.schedule:
        if schedule not in old.schedule:
            yield f"the schedule {schedule.cron} ({schedule.timezone})"
    if new.pull_request and (not old.pull_request or _more(old.pull_request, new.pull_request)):
        yield f"pull requests into {_branches(new.pull_request.branches)}"
    if new.merge and (not old.merge or _more(old.merge, new.merge)):
        yield f"merges into {_branches(new.merge.branches)}"
    for trigger in new.job:
        if trigger not in old.job:
            yield f"the end of {' and '.join(trigger.names)} ({', '.join(trigger.on)})"
    if new.dispatch and not old.dispatch:
        yield "dispatch"


def _more(old: PullRequestTrigger | MergeTrigger, new: PullRequestTrigger | MergeTrigger) -> bool:
    """Whether the branches are others: patterns aren't compared by what they mean."""
    return old.branches != new.branches


def _branches(patterns: tuple[str, ...]) -> str:
    return ", ".join(patterns) or "the default branch"


def _instead(words: str, after: str | None, before: str | None) -> str:
    text = f"{words} {after or 'of the profile'}"
    return f"{text} instead of {before}" if before else text
