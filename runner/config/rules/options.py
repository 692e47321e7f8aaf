"""Options of steps that dbt doesn't have."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.rules.examples import DAILY
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.options import options_of
from runner.unknown import did_you_mean


def _unknown(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        for index, step in enumerate(job.steps):
            known = options_of(step.command)
            # Letters may stand together, as in `-fx`.
            long = (word.partition("=")[0] for word in step.args if word[:2] == "--")
            for option in dict.fromkeys(long):
                if option not in known:
                    yield Found(
                        what=f"`dbt {step.command}` has no option {shown(option)}",
                        hint=did_you_mean(option, sorted(known))
                        or f"`dbt {step.command} --help` lists them",
                        at=("jobs", job.name, "steps", index),
                    )


RULES = (
    Rule(
        code="unknown-option",
        title="An option that dbt's command doesn't have",
        why="dbt 1.11 ends at once with an option that it doesn't know, and nothing is built",
        bad=DAILY.replace("dbt build", "dbt build --selct tag:finance"),
        good=DAILY.replace("dbt build", "dbt build --select tag:finance"),
        check=_unknown,
    ),
)
