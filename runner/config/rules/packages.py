"""Steps that take the project's packages away."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.rules.examples import DAILY
from runner.config.rules.rule import PACKAGES, Found, Rule, Subject
from runner.config.text import shown
from runner.model import Job

# What doesn't read the project, and so needs no packages.
_WITHOUT = ("clean", "debug", "deps")


def _uninstalled(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        for index in _removing(job, cleaned=subject.packages.cleaned):
            step = job.steps[index]
            does = "removes the packages" if step.command == "clean" else "installs no packages"
            yield Found(
                what=f"{shown(step.text)} {does}, and the step after it needs them",
                hint="`dbt deps` after it, or no such step: a run begins with `dbt deps` by itself",
                at=("jobs", job.name, "steps", index),
            )


def _removing(job: Job, *, cleaned: bool) -> Iterator[int]:
    """Steps after which the packages aren't there, and something needs them."""
    for index, step in enumerate(job.steps):
        cleans = step.command == "clean" and cleaned
        # A job whose first step is deps gets no other.
        locks = index == 0 and step.command == "deps" and step.option("--lock") is not None
        if not cleans and not locks:
            continue
        for later in job.steps[index + 1 :]:
            if later.command == "deps" and later.option("--lock") is None:
                break
            if later.command not in _WITHOUT:
                yield index
                break


RULES = (
    Rule(
        code="packages-removed",
        title="Steps that leave the project without its packages",
        why="dbt refuses a project whose packages aren't installed; a run installs them before its first"
        " step, unless that step is a `dbt deps`, and `dbt clean` removes them where dbt_project.yml"
        " names their folder in `clean-targets`",
        bad=DAILY.replace("[dbt build]", "[dbt clean, dbt build]"),
        good=DAILY.replace("[dbt build]", "[dbt clean, dbt deps, dbt build]"),
        check=_uninstalled,
        needs=PACKAGES,
    ),
)
