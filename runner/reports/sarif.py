"""Problems of jobs files as SARIF 2.1.0, which GitHub's code scanning reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from runner import __version__
from runner.config.rules import CODES, Rule, Told
from runner.config.rules.judging import Judged
from runner.model import Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(judgements: Sequence[Judged]) -> str:
    """One run; what a comment ignores is a result with a suppression."""
    results = [result for each in judgements for result in _results(each)]
    driver = {
        "name": "dbt-gitops",
        "version": __version__,
        "rules": [_rule(code) for code in _codes(results)],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    # GitHub reads `##[` anywhere in a log as a command; escaped, it is the same JSON.
    return json.dumps(log, indent=2).replace("##[", "#\\u0023[")


def _codes(results: Iterable[dict[str, Any]]) -> list[str]:
    """Every code that can be looked for, and those of the errors that were found."""
    return list(dict.fromkeys([*CODES, *(result["ruleId"] for result in results)]))


def _rule(code: str) -> dict[str, Any]:
    told = CODES.get(code)
    if told is None:
        return _rule_of_errors(code)
    level = told.severity if isinstance(told, Rule) else "warning"
    return {
        "id": code,
        "shortDescription": {"text": told.title},
        "fullDescription": {"text": told.why},
        "help": {"text": _help(told), "markdown": _help(told, fence="```")},
        "defaultConfiguration": {"level": level},
    }


def _rule_of_errors(code: str) -> dict[str, Any]:
    """GitHub asks a description and a help of each rule; an error says all of it in its result."""
    title = code.replace("-", " ").capitalize()
    said = f"{title}: the jobs file is refused until it is mended."
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": said},
        "help": {"text": f"{said} Each result says what is wrong, why, and what to write instead."},
        "defaultConfiguration": {"level": "error"},
    }


def _help(told: Told, fence: str = "") -> str:
    parts = [f"{told.title}: {told.why}."]
    if isinstance(told, Rule):
        opening, closing = (f"{fence}yaml\n", fence) if fence else ("", "")
        parts += [
            f"Bad:\n\n{opening}{told.bad}{closing}",
            f"Good:\n\n{opening}{told.good}{closing}",
        ]
    parts.append(f"To silence it: # dbt-gitops: ignore[{told.code}] and a reason, beside the line.")
    return "\n\n".join(parts)


def _results(judged: Judged) -> Iterator[dict[str, Any]]:
    for problem in judged.loaded.problems:
        yield _result(problem)
    for silenced in judged.silenced:
        said = {"justification": silenced.reason} if silenced.reason else {}
        yield {**_result(silenced.problem), "suppressions": [{"kind": "inSource", **said}]}


def _result(problem: Problem) -> dict[str, Any]:
    parts = (problem.what, problem.why, f"hint: {problem.hint}" if problem.hint else "")
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(problem.file)}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": problem.column}
        if problem.end_column > problem.column:
            place["region"]["endColumn"] = problem.end_column
    return {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": "\n".join(filter(None, parts))},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: Path) -> str:
    """Relative where the file was named so: code scanning reads it from the repository's root."""
    return file.as_uri() if file.is_absolute() else quote(file.as_posix())
