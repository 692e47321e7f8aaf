"""Which dbt runs: pinned, and the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.config.rules.examples import DAILY, WITH_CI
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.model import PinnedDbt

# An upper bound: `1.*` and `~=1.10` take each new minor release, which for dbt is the one that breaks.
_UPPER = re.compile(r"<|==[0-9]+(\.[0-9]|,|$)|~=[0-9]+\.[0-9]+\.[0-9]")
_NAME = re.compile(r"[A-Za-z0-9._-]+(\[[^\]]*\])?")


def _unpinned(subject: Subject) -> Iterator[Found]:
    for name in dict.fromkeys(job.environment for job in subject.deploying):
        if subject.config.environments[name].dbt is None:
            yield Found(
                what=f"environment {shown(name)} takes whichever dbt is on PATH",
                hint='`dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }`, with your adapter',
                at=("environments", name),
            )


def _loose(subject: Subject) -> Iterator[Found]:
    for name in dict.fromkeys(job.environment for job in subject.jobs):
        dbt = subject.config.environments[name].dbt
        if not isinstance(dbt, PinnedDbt):
            continue
        for key, requirement in (("core", dbt.core), ("adapter", dbt.adapter)):
            if not _UPPER.search(requirement):
                named = _NAME.match(requirement)
                assert named, "a pin without a name is none"
                yield Found(
                    what=f"{shown(requirement)} takes each new release",
                    hint=f"`{named[0]}==1.11.*`, with the version that you have",
                    at=("environments", name, "dbt", key),
                )


def _another(subject: Subject) -> Iterator[Found]:
    for job in subject.of_pull_requests:
        other = _deferred_to(subject, job.name)
        ours = subject.environment(job).dbt
        theirs = subject.config.environments[other].dbt if other else ours
        if other and ours != theirs:
            yield Found(
                what=f"{shown(job.name)} runs another dbt than {shown(other)}, which it defers to",
                hint="write the same `dbt` into both environments",
                at=("environments", job.environment, "dbt"),
            )


def _deferred_to(subject: Subject, name: str) -> str | None:
    defer = subject.config.jobs[name].defer
    if defer and defer.job:
        return subject.config.jobs[defer.job].environment
    return defer.environment if defer else None


RULES = (
    Rule(
        code="unpinned-dbt",
        title="Production without a pinned dbt",
        why="what is on PATH changes with the machine's image: a new release of dbt then reaches"
        " production before any pull request has tried it",
        bad=DAILY.replace(', dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }', ""),
        good=DAILY,
        check=_unpinned,
    ),
    Rule(
        code="loose-version",
        title="A dbt or an adapter without an upper bound",
        why="unpinned installs break builds on the day of somebody else's release",
        bad=DAILY.replace("duckdb==1.11.*", "duckdb>=1.10"),
        good=DAILY.replace("duckdb==1.11.*", "duckdb>=1.10,<1.12"),
        check=_loose,
    ),
    Rule(
        code="another-dbt",
        title="A pull request on another dbt than what it defers to",
        why="what passes with one version may fail with the other, and manifests of two versions"
        " differ where the project doesn't",
        bad=WITH_CI.replace('    dbt: { core: "1.11.*"', '    dbt: { core: "1.10.*"'),
        good=WITH_CI,
        check=_another,
    ),
)
