"""``if:`` of workflows, as far as a jobs file can say the same."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from runner.reports.text import one_line

ENDINGS = {"success": "success", "failure": "error", "cancelled": "cancelled"}
ALL_ENDINGS = tuple(ENDINGS.values())
PULL_REQUESTS = frozenset({"pull_request", "pull_request_target", "merge_group"})

_EVENT = re.compile(r"github\.event_name\s*(==|!=)\s*['\"](\w+)['\"]")
_BRANCH = re.compile(r"github\.ref\s*==\s*['\"]refs/heads/([^'\"]+)['\"]")
_BRANCH_NAME = re.compile(r"github\.ref_name\s*==\s*['\"]([^'\"]+)['\"]")
_CONCLUSION = re.compile(r"github\.event\.workflow_run\.conclusion\s*(==|!=)\s*['\"](\w+)['\"]")
_EXPRESSION = re.compile(r"^\$\{\{\s*(.*?)\s*\}\}$", re.DOTALL)
_HOLDS = ("", "success()", "true", "!github.event.pull_request.draft")
_NOT_DRAFT = re.compile(r"github\.event\.pull_request\.draft\s*==\s*false")
_OF_RUN = {"always()": ALL_ENDINGS, "failure()": ("error",), "!cancelled()": ("success", "error")}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """``only`` are the events that it holds for, None for all but ``but``; ``branches`` those of pushes.

    ``endings`` are those of what is waited for; ``unread`` what isn't understood of it.
    """

    text: str = ""
    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()
    branches: tuple[str, ...] = ()
    endings: tuple[str, ...] | None = None
    unread: tuple[str, ...] = ()

    def admits(self, event: str) -> bool:
        if self.branches and event in PULL_REQUESTS:
            return False
        return event not in self.but and (self.only is None or event in self.only)

    def holds(self, events: Collection[str], branches: Collection[str]) -> bool | None:
        """For all of these events, for none of them, or None where that can't be said.

        ``branches`` are those whose pushes are events.
        """
        found = {self.admits(event) for event in events}
        if found == {False}:
            return False
        unsure = self.unread or self.endings or len(found) > 1
        if self.branches and not (branches and set(branches) <= set(self.branches)):
            return None
        return None if unsure else True


def condition_of(value: Any) -> Condition:
    """Parts joined by ``&&``, of which each is understood or not."""
    text = _EXPRESSION.sub(r"\1", "" if value is None else one_line(str(value)).strip())
    if isinstance(value, bool):
        text = text.lower()
    found = Condition(text=text)
    if "||" in text:
        events = [_EVENT.fullmatch(part.strip(" ()")) for part in text.split("||")]
        if all(event and event[1] == "==" for event in events):
            return replace(found, only=frozenset(event[2] for event in events if event))
        return replace(found, unread=(text,))
    for part in text.split("&&"):
        found = _and(found, part.strip())
    return found


def _and(found: Condition, part: str) -> Condition:
    if part in _HOLDS or _NOT_DRAFT.fullmatch(part):
        return found
    if event := _EVENT.fullmatch(part):
        if event[1] == "!=":
            return replace(found, but=found.but | {event[2]})
        only = frozenset({event[2]})
        return replace(found, only=only if found.only is None else found.only & only)
    if branch := _BRANCH.fullmatch(part) or _BRANCH_NAME.fullmatch(part):
        return replace(found, branches=(*found.branches, branch[1]))
    if part in _OF_RUN:
        return replace(found, endings=_OF_RUN[part])
    conclusion = _CONCLUSION.fullmatch(part)
    if conclusion and conclusion[2] in ENDINGS:
        said = ENDINGS[conclusion[2]]
        others = tuple(each for each in ALL_ENDINGS if each != said)
        return replace(found, endings=(said,) if conclusion[1] == "==" else others)
    return replace(found, unread=(*found.unread, part))
