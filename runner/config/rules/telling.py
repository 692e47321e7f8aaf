"""Who is told, and names that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.rules.examples import DAILY
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown

_NOT_YET = "this version sends none yet"


def _untold(subject: Subject) -> Iterator[Found]:
    channels = subject.config.notifications
    # A file without channels leaves it to GitHub, which writes to who changed the schedule last.
    for job in subject.deploying if channels else ():
        if not any("failure" in events for events in job.notify.values()):
            yield Found(
                what=f"nobody is told when {shown(job.name)} fails",
                hint=f"`notify: {{ {next(iter(channels))}: [failure] }}`, in the job or in `defaults`;"
                f" {_NOT_YET}, and until then GitHub's own mail is all",
                at=("jobs", job.name, "notify"),
            )


def _unused_channels(subject: Subject) -> Iterator[Found]:
    used = {name for job in subject.config.jobs.values() for name in job.notify}
    for name in subject.config.notifications:
        if name not in used:
            yield Found(
                what=f"no job notifies {shown(name)}",
                hint=f"remove it, or name it in `notify` of a job; {_NOT_YET}",
                at=("notifications", name),
            )


def _unused_environments(subject: Subject) -> Iterator[Found]:
    used = {job.environment for job in subject.config.jobs.values()}
    for name in subject.config.environments:
        if name not in used:
            yield Found(
                what=f"no job runs in environment {shown(name)}",
                hint="remove it, or name it in `environment` of a job",
                at=("environments", name),
            )


_CHANNEL = "notifications:\n  on-call: { pagerduty: $PAGERDUTY_KEY }\n"
_GOOD = DAILY.replace("jobs:\n", f"{_CHANNEL}jobs:\n") + "    notify: { on-call: [failure] }\n"

RULES = (
    Rule(
        code="untold-failure",
        title="A deployment whose failure nobody is told of",
        why="stale tables look like fresh ones: those who read them are the first to notice",
        bad=_GOOD.replace("[failure]", "[started]"),
        good=_GOOD,
        check=_untold,
    ),
    Rule(
        code="unused-channel",
        title="A channel that no job notifies",
        why="who sees it in the file believes that somebody is told",
        bad=_GOOD.replace("$PAGERDUTY_KEY }", "$PAGERDUTY_KEY }\n  team: { slack: $SLACK_URL }"),
        good=_GOOD,
        check=_unused_channels,
    ),
    Rule(
        code="unused-environment",
        title="An environment in which no job runs",
        why="its secrets are handed to a workflow that has no use for them, and its settings mislead",
        bad=_GOOD.replace("environments:\n", "environments:\n  staging: { target: staging }\n"),
        good=_GOOD,
        check=_unused_environments,
    ),
)
