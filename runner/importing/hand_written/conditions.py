"""``if:`` of workflows: whether it holds for what may start a job, as far as that can be known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from runner.importing.hand_written.starts import ALL_ENDINGS, Start
from runner.patterns import matches
from runner.reports.text import clipped, one_line

# What the default branch is taken for where a condition names one of these.
DEFAULT_BRANCHES = ("main", "master")
MOST_SHOWN = 200
# What is longer, or deeper in brackets, isn't understood.
LONGEST = 2_000
DEEPEST = 20

_ON_DEFAULT = ("push", "schedule", "workflow_dispatch", "repository_dispatch", "workflow_run")
_CONCLUSIONS = {"success": "success", "failure": "error", "cancelled": "cancelled"}
_STATUS = {
    "always()": ALL_ENDINGS,
    "success()": ("success",),
    "failure()": ("error",),
    "cancelled()": ("cancelled",),
}
_EXPRESSION = re.compile(r"^\$\{\{\s*(.*?)\s*\}\}$", re.DOTALL)
_COMPARISON = re.compile(r"([\w.]+)\s*(==|!=)\s*(?:'([^']*)'|\"([^\"]*)\")")
_ALONE = re.compile(r"[\w.]+(\(\))?")
_NOT_DRAFT = ("!github.event.pull_request.draft", "github.event.pull_request.draft == false")
# Of a fork the jobs of a jobs file run nothing, and what is imported is the repository that these name.
_NOT_OF_A_FORK = (
    "!github.event.pull_request.head.repo.fork",
    "github.event.pull_request.head.repo.fork == false",
)
_HEAD_REPOSITORY = "github.event.pull_request.head.repo.full_name"
_OURS = ("github.repository", "github.repository_owner")
_HEAD_IS_OURS = re.compile(
    rf"{re.escape(_HEAD_REPOSITORY)}\s*==\s*github\.repository"
    rf"|github\.repository\s*==\s*{re.escape(_HEAD_REPOSITORY)}"
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BRANCH = re.compile(
    r"github\.(?:ref\s*[!=]=\s*['\"]refs/heads/|ref_name\s*[!=]=\s*['\"])([^'\"]+)['\"]"
)
_PATTERN = re.compile(r"[*?+\[\]!]")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The text of an ``if``, without ``${{ }}``; "" where there is none."""

    text: str = ""

    @property
    def shown(self) -> str:
        return clipped(self.text, MOST_SHOWN)

    @property
    def never(self) -> bool:
        return self.text == "false"

    @property
    def asks_for_endings(self) -> bool:
        said = _QUOTED.sub("", self.text)
        return any(name[:-1] in said for name in _STATUS)

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches that it names."""
        return tuple(dict.fromkeys(_BRANCH.findall(self.text)))

    def holds(self, start: Start) -> bool | None:
        """None where that can't be known. Without a word of endings a success is needed, as on GitHub."""
        if not self.asks_for_endings and start.ending != "success":
            return False
        return _value(self.text, start, 0)

    def admits(self, start: Start, endings: Collection[str]) -> bool | None:
        """Whether it holds after one of these endings of what is needed."""
        return _any(self.holds(replace(start, ending=each)) for each in endings)

    def of_step(self, starts: Collection[Start]) -> bool | None:
        """Whether a step runs for each of them (True), for none (False), or something else (None)."""
        after = {self.holds(start) for start in starts}
        otherwise = {
            self.holds(replace(start, ending=each)) for start in starts for each in ALL_ENDINGS[1:]
        }
        if after | otherwise == {False}:
            return False
        return True if after == {True} and otherwise == {False} else None


def condition_of(value: Any) -> Condition:
    text = "" if value is None else one_line(str(value)).strip()
    if isinstance(value, bool):
        text = text.lower()
    return Condition(text=_EXPRESSION.sub(r"\1", text))


def _value(text: str, start: Start, depth: int) -> bool | None:
    if depth > DEEPEST or len(text) > LONGEST:
        return None
    text = text.strip()
    parts = _split(text, "||")
    if len(parts) > 1:
        return _any(_value(part, start, depth + 1) for part in parts)
    parts = _split(text, "&&")
    if len(parts) > 1:
        found = {_value(part, start, depth + 1) for part in parts}
        return False if False in found else None if None in found else True
    if _in_brackets(text):
        return _value(text[1:-1], start, depth + 1)
    rest = text[1:].strip()
    if (
        text.startswith("!")
        and text not in (*_NOT_DRAFT, *_NOT_OF_A_FORK)
        and (_ALONE.fullmatch(rest) or _in_brackets(rest))
    ):
        inner = _value(rest, start, depth + 1)
        return None if inner is None else not inner
    return _atom(text, start)


def _any(values: Iterator[bool | None]) -> bool | None:
    found = set(values)
    return True if True in found else None if None in found else False


def _atom(text: str, start: Start) -> bool | None:
    if text in ("", "true", *_NOT_DRAFT, *_NOT_OF_A_FORK):  # drafts start no job of a jobs file
        return True
    if _HEAD_IS_OURS.fullmatch(text):
        return start.event == "pull_request"
    if text == "false":
        return False
    if text in _STATUS:
        return start.ending in _STATUS[text]
    found = _COMPARISON.fullmatch(text)
    if found is None:
        return None
    equal = _equal(found[1], (found[3] or found[4] or "").lower(), start)
    return None if equal is None else equal == (found[2] == "==")


def _equal(path: str, value: str, start: Start) -> bool | None:
    """Whether what a path leads to is a text; GitHub compares them without regard to case."""
    if path in _OURS:
        return True
    if path == _HEAD_REPOSITORY:
        return start.event == "pull_request"
    if path == "github.event_name":
        return start.event.lower() == value
    if path == "github.event.schedule":
        return start.cron.lower() == value
    if path == "github.ref" and value.startswith("refs/heads/"):
        return _is_branch(start, value.removeprefix("refs/heads/"))
    if path == "github.ref_name":
        return _is_branch(start, value)
    if path == "github.event.workflow_run.conclusion":
        if start.event != "workflow_run":
            return value == ""
        return start.conclusion == _CONCLUSIONS[value] if value in _CONCLUSIONS else None
    return None


def _is_branch(start: Start, name: str) -> bool | None:
    if start.event in ("pull_request", "merge_group"):
        return False
    if start.event not in _ON_DEFAULT:
        return None
    if not start.branch:
        return True if name in DEFAULT_BRANCHES else None
    if _PATTERN.search(start.branch):
        return None if matches(name, start.branch.lower()) else False
    return start.branch.lower() == name


def _split(text: str, sign: str) -> list[str]:
    """The parts between a sign, where it stands in no quotes and no brackets."""
    parts, depth, quote, begin = [], 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif depth == 0 and at >= begin and text.startswith(sign, at):
            parts.append(text[begin:at])
            begin = at + len(sign)
    return [*parts, text[begin:]]


def _in_brackets(text: str) -> bool:
    """Whether brackets are around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for at, letter in enumerate(_QUOTED.sub(lambda found: "'" * len(found[0]), text)):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at == len(text) - 1
    return False
