"""State that a pull request could write to."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.credentials import opens, store_credentials
from runner.config.rules.examples import CI, PRODUCTION, WITH_CI
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.config.widening import GITHUBS
from runner.model import Environment, Job

_GITHUB = "github"


def _in_reach(subject: Subject) -> Iterator[Found]:
    if subject.config.state == _GITHUB:
        return
    deploying: dict[str, Job] = {}
    for job in subject.deploying:
        deploying.setdefault(job.environment, job)
    for job in subject.of_pull_requests:
        other = next((each for each in deploying.values() if _alike(subject, job, each)), None)
        if other:
            yield Found(
                what=f"pull requests of {shown(job.name)} have all that {shown(other.name)} writes to"
                f" {shown(subject.config.state)} with",
                hint="give pull requests an environment of their own, whose credentials only read the"
                " state",
                at=("jobs", job.name, "environment"),
            )


def _alike(subject: Subject, job: Job, other: Job) -> bool:
    """Whether they have the same credentials, or of a folder the same machine of one's own."""
    ours, theirs = subject.environment(job), subject.environment(other)
    if "://" in subject.config.state:
        return ours.name == theirs.name or _same_credentials(subject.config.state, ours, theirs)
    own = not all(map(GITHUBS.fullmatch, ours.runs_on))
    return own and ours.runs_on == theirs.runs_on


def _same_credentials(state: str, ours: Environment, theirs: Environment) -> bool:
    """A name means the same secret where GitHub's environment is the same, or both are in none."""
    if ours.github_environment != theirs.github_environment:
        return False
    named = {*store_credentials(state, ours)} & {*store_credentials(state, theirs)}
    # Of an environment of GitHub's the store may ask no more than that a job runs in it.
    return any(map(opens, named)) or ours.github_environment is not None


_PRODUCTION = """\
  production:
    target: prod
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
    github_environment: production
"""
_GOOD = (
    WITH_CI.replace("version: 1\n", "version: 1\nstate: s3://bucket/dbt-state\n")
    .replace(PRODUCTION, _PRODUCTION)
    .replace(CI, f"{CI}    github_environment: ci\n")
)

RULES = (
    Rule(
        code="state-in-reach",
        title="State that a pull request could write to",
        why="a manifest that a pull request has put there decides what production's next jobs skip, and"
        " where their refs point",
        bad=_GOOD.replace("github_environment: ci", "github_environment: production"),
        good=_GOOD,
        check=_in_reach,
    ),
)
