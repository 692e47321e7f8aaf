"""Jobs that start after others, and runs that end each other."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown


def _fan_in(subject: Subject) -> Iterator[Found]:
    for job in subject.jobs:
        after = [trigger for trigger in job.triggers.job if "success" in trigger.on]
        if len(after) > 1:
            names = ", ".join(dict.fromkeys(name for trigger in after for name in trigger.names))
            yield Found(
                what=f"{shown(job.name)} starts after each of {len(after)} triggers by itself",
                hint=f"`job: {{ all_of: [{names}] }}`, where it is to start once after all of them",
                at=("jobs", job.name, "triggers", "job"),
            )


def _after_disabled(subject: Subject) -> Iterator[Found]:
    jobs = subject.config.jobs
    for job in subject.jobs:
        for index, trigger in enumerate(job.triggers.job):
            for name in trigger.names:
                if not jobs[name].enabled:
                    yield Found(
                        what=f"{shown(job.name)} waits for {shown(name)}, which is disabled",
                        hint=f"enable `{name}`, or give `{job.name}` another trigger",
                        at=("jobs", job.name, "triggers", "job", index),
                    )


def _cancelled(subject: Subject) -> Iterator[Found]:
    for job in subject.deploying:
        if job.concurrency == "cancel":
            yield Found(
                what=f"a newer run of {shown(job.name)} ends the one that builds",
                hint="`concurrency: replace`, which lets it end and drops only what waits",
                at=("jobs", job.name, "concurrency"),
            )


_GOOD = """\
version: 1
environments:
  production: { target: prod, dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" } }
defaults: { environment: production, timeout: 2h }
jobs:
  orders:
    triggers: { schedule: { cron: "17 4 * * *" } }
    steps: [dbt build --select tag:orders]
  customers:
    triggers: { schedule: { cron: "23 4 * * *" } }
    steps: [dbt build --select tag:customers]
  marts:
    triggers: { job: { all_of: [orders, customers] } }
    steps: [dbt build --select tag:marts]
"""

RULES = (
    Rule(
        code="fan-in",
        title="A job that starts once after each of several",
        why="after the first of them it builds on what the others haven't built yet, and then it builds"
        " again",
        bad=_GOOD.replace(
            "{ all_of: [orders, customers] }", "[{ name: orders }, { name: customers }]"
        ),
        good=_GOOD,
        check=_fan_in,
    ),
    Rule(
        code="after-disabled",
        title="A job that waits for one that is disabled",
        why="what is disabled never ends, so this trigger never fires",
        bad=_GOOD.replace("tag:orders]", "tag:orders]\n    enabled: false"),
        good=_GOOD,
        check=_after_disabled,
    ),
    Rule(
        code="cancelled-deployment",
        title="A deployment that its next run cancels",
        why="a build that is ended half-way leaves new tables beside old ones, and one that is always"
        " overtaken never ends",
        bad=_GOOD.replace("tag:marts]", "tag:marts]\n    concurrency: cancel"),
        good=_GOOD.replace("tag:marts]", "tag:marts]\n    concurrency: replace"),
        check=_cancelled,
    ),
)
