"""What may start a job of a workflow, one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from runner.importing.reading import text_of, texts_of
from runner.patterns import selected

ALL_ENDINGS = ("success", "error", "cancelled")
PULL_REQUESTS = frozenset({"pull_request", "pull_request_target", "merge_group"})


@dataclass(frozen=True, kw_only=True)
class Start:
    """What may start a job.

    ``cron`` is a schedule's; ``branch`` a push's, or a pattern of such, "" for the default branch, whose
    name isn't known; ``conclusion`` how a workflow has ended that this one waits for (``workflow_run``);
    ``ending`` how the jobs have ended that the job needs. Both are one of ALL_ENDINGS.
    """

    event: str
    cron: str = ""
    branch: str = ""
    conclusion: str = ""
    ending: str = "success"


def starts_of(event: str, given: Any, named: Collection[str]) -> list[Start]:
    """What an event may be, of which ``on`` says this; the branches that an ``if`` names are told apart."""
    if event == "schedule":
        items = given if isinstance(given, list) else []
        crons = [text_of(each.get("cron")) for each in items if isinstance(each, Mapping)]
        return [Start(event=event, cron=cron) for cron in crons or [""]]
    if event == "workflow_run":
        return [Start(event=event, conclusion=each) for each in ALL_ENDINGS]
    if event == "push":
        return [Start(event=event, branch=each) for each in _pushed(given, named)]
    return [Start(event=event)]


def _pushed(given: Any, named: Collection[str]) -> list[str]:
    patterns = patterns_of(given, "branches")
    if not patterns:
        return list(named) or [""]
    among = [each for each in named if selected(each, patterns)]
    wanted = [each for each in patterns if not each.startswith("!")]
    return list(dict.fromkeys([*wanted, *among]))


def patterns_of(given: Any, key: str) -> list[str]:
    """``branches`` or ``paths`` of an event; what is ignored is all but that."""
    if not isinstance(given, Mapping):
        return []
    ignored = texts_of(given.get(f"{key}-ignore"))
    return texts_of(given.get(key)) or (
        ["**", *(f"!{each}" for each in ignored)] if ignored else []
    )
