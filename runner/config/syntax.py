"""What is no YAML at all."""

from __future__ import annotations

import yaml

from runner.config.text import Source, Span
from runner.model import Problem

CONFLICT = "<<<<<<< "


def syntax_problem(source: Source, error: yaml.YAMLError) -> Problem:
    """What the parser said, where, and what is most likely meant."""
    lines = enumerate(source.lines, start=1)
    if conflict := next((number for number, line in lines if line.startswith(CONFLICT)), 0):
        return source.problem(
            Span(conflict, 1, len(CONFLICT)),
            "merge-conflict",
            "this is a merge conflict",
            why="git could not join two changes of these lines",
            hint="keep what is right of both, and remove the lines <<<<<<<, ======= and >>>>>>>",
        )
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error).splitlines()[0]
    context = getattr(error, "context", None) or ""
    begin = getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    column = mark.column + 1 if mark else 1
    what = f"this is not YAML: {said}"
    hint = _syntax_hint(said, context, source.line(line)[column - 1 :])
    at = Span(line, column, column + 1)
    elsewhere = begin is not None and begin.line + 1 != line
    why = f"{context} that starts on line {begin.line + 1}" if begin and elsewhere else context
    return source.problem(at, "yaml-syntax", what, why=why, hint=hint)


def _syntax_hint(said: str, context: str, rest: str) -> str:
    if "mapping values are not allowed" in said:
        return "put a value that contains `: ` in quotes, and check the indentation"
    if "alias" in context:
        return 'a value that starts with * goes in quotes, as in "* * * * *"'
    if "expected ',' or" in said:
        return f"is the closing {']' if ']' in said else '}'} missing?"
    if "quoted scalar" in context:
        return "is the closing quote missing?"
    if "cannot start any token" in said:
        first = rest[:1]
        return "indent with spaces, not tabs" if first == "\t" else "put the value in quotes"
    return ""
