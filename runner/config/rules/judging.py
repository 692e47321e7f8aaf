"""What becomes of all that was found in a file: what it sets by `rules`, and what its comments ignore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from runner.config.load import Loaded
from runner.config.rules import CODES, RULES
from runner.config.rules.elsewhere import IN_THE_FILE
from runner.config.rules.ignoring import Ignore, ignores
from runner.config.rules.rule import Known, Rule, Subject
from runner.config.text import shown
from runner.config.withholding import withheld
from runner.model import Problem
from runner.unknown import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Silenced:
    """A problem that a comment ignores, and the reason that it gives."""

    problem: Problem
    reason: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    """``loaded`` has no config where a rule has found an error."""

    loaded: Loaded
    silenced: tuple[Silenced, ...] = ()


def settled(loaded: Loaded) -> Loaded:
    """With its problems as the file sets and ignores them, and no rule run; its config stays."""
    if loaded.config is None or loaded.source is None:
        return loaded
    kept, _ = _told_apart(_set(loaded, loaded.problems), tuple(ignores(loaded.source)))
    return replace(loaded, problems=tuple(kept))


def judged(loaded: Loaded, known: Known) -> Judged:
    """With what the rules find. A file that is invalid already is left as it is."""
    if loaded.config is None or loaded.source is None:
        return Judged(loaded=loaded)
    subject = Subject(loaded=loaded, known=known)
    ran = [rule for rule in RULES if _runs(rule, subject)]
    found = _set(loaded, [*loaded.problems, *_problems(subject, ran)])
    comments = tuple(ignores(loaded.source))
    kept, silenced = _told_apart(found, comments)
    about = _of_comments(loaded, comments, found, {rule.code for rule in ran})
    problems = tuple(sorted((*kept, *_set(loaded, about)), key=_place))
    refused = any(problem.severity == "error" for problem in problems)
    return Judged(
        loaded=replace(loaded, problems=problems, config=None if refused else loaded.config),
        silenced=silenced,
    )


def _runs(rule: Rule, subject: Subject) -> bool:
    off = subject.config.rules.get(rule.code) == "off"
    return not off and subject.known.has(rule.needs)


def _problems(subject: Subject, rules: Iterable[Rule]) -> Iterator[Problem]:
    assert subject.loaded.source is not None
    for rule in rules:
        for found in rule.check(subject):
            yield subject.loaded.source.problem(
                subject.span(found.at),
                rule.code,
                found.what,
                why=rule.why,
                hint=found.hint,
                severity=rule.severity,
            )


def _set(loaded: Loaded, problems: Iterable[Problem]) -> list[Problem]:
    """As the file sets them, each once: a place that several jobs share is told of once."""
    assert loaded.config is not None
    set_to = loaded.config.rules
    settled = []
    for problem in dict.fromkeys(withheld(problems, loaded.mask)):
        severity = set_to.get(problem.code, problem.severity)
        if severity != "off":
            settled.append(replace(problem, severity=severity))
    return settled


def _told_apart(
    problems: Iterable[Problem], comments: Sequence[Ignore]
) -> tuple[list[Problem], tuple[Silenced, ...]]:
    by_place = {
        (line, comment.code): comment for comment in reversed(comments) for line in comment.lines
    }
    kept, silenced = [], []
    for problem in problems:
        comment = by_place.get((problem.line, problem.code))
        if comment:
            silenced.append(Silenced(problem=problem, reason=comment.reason))
        else:
            kept.append(problem)
    return kept, tuple(silenced)


def _of_comments(
    loaded: Loaded, comments: Iterable[Ignore], found: Iterable[Problem], ran: set[str]
) -> Iterator[Problem]:
    """Comments without a reason, and those that silence nothing of what was looked for."""
    assert loaded.source is not None
    there = {(problem.line, problem.code) for problem in found}
    known = ran | {told.code for told in IN_THE_FILE}
    for comment in comments:
        used = any((line, comment.code) in there for line in comment.lines)
        if used and not comment.reason:
            yield loaded.source.problem(
                comment.span,
                "ignore-without-reason",
                f"this ignores {shown(comment.code)} for no reason that it says",
                why="whoever reads it later can't tell whether it still holds",
                hint=f"write it behind: # dbt-gitops: ignore[{comment.code}] because …",
                severity="warning",
            )
        if not used and (comment.code in known or comment.code not in CODES):
            yield _useless(loaded, comment)


def _useless(loaded: Loaded, comment: Ignore) -> Problem:
    assert loaded.source is not None
    what, why = f"nothing on line {comment.lines[0]} is ignored by {shown(comment.code)}", ""
    hint = "remove it, or write it on the line that the problem names or the one above"
    if comment.code not in CODES:
        why = f"no rule has the code {shown(comment.code)}"
        hint = did_you_mean(comment.code, CODES) or "docs/rules.md lists the codes"
    return loaded.source.problem(
        comment.span, "useless-ignore", what, why=why, hint=hint, severity="warning"
    )


def _place(problem: Problem) -> tuple[bool, int, int, str]:
    """In the order of the file; what is about the file as a whole comes last."""
    return not problem.line, problem.line, problem.column, problem.code
