"""Problems of jobs files for a terminal, for programs, and as annotations on GitHub."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from unicodedata import east_asian_width

import click

from runner.config import Loaded
from runner.config.text import printable
from runner.github.commands import annotation
from runner.github.fence import defused
from runner.model import Problem
from runner.reports.sizes import Size, sizes_as_json

# So many warnings of one code show what it is about.
MOST_ALIKE = 10
_COLOURS = {"error": "red", "warning": "yellow"}


def as_text(loaded: Loaded) -> str:
    """Each problem with the line it is about, and a last line that sums up. Colours are in it.

    Of warnings alike only the first ones are shown: nobody reads a thousand.
    """
    shown, more = _first_ones(loaded.problems)
    problems = (f"{problem_text(problem)}\n" for problem in shown)
    return defused("\n".join([*problems, *more, summary(loaded)]))


def problem_text(problem: Problem) -> str:
    """One problem in several lines, as compilers print them."""
    gutter = " " * len(str(problem.line)) if problem.line else " "
    head = click.style(problem.severity, fg=_COLOURS[problem.severity], bold=True)
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    lines = [
        f"{head}: {click.style(problem.what, bold=True)}",
        f"{gutter}--> {printable(str(problem.file))}{place}",
        *_excerpt(problem, gutter),
    ]
    if problem.why:
        lines.append(f"{gutter} = {problem.why}")
    if problem.hint:
        lines.append(f"{gutter} {click.style('hint', fg='cyan')}: {problem.hint}")
    return "\n".join(lines)


def _excerpt(problem: Problem, gutter: str) -> list[str]:
    """The offending line with carets under the offending text; nothing where it isn't known."""
    if not problem.source.strip():
        return []
    source = "".join(_one_column(character) for character in problem.source)
    before = _width(source[: problem.column - 1])
    carets = max(1, _width(source[problem.column - 1 : problem.end_column - 1]))
    bar = click.style("|", fg="blue")
    marked = click.style("^" * carets, fg=_COLOURS[problem.severity], bold=True)
    return [
        f"{gutter} {bar}",
        f"{click.style(str(problem.line), fg='blue')} {bar} {source.rstrip()}",
        f"{gutter} {bar} {' ' * before}{marked}",
    ]


def _one_column(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\ufffd"


def _width(text: str) -> int:
    return len(text) + sum(east_asian_width(character) in "WF" for character in text)


def summary(loaded: Loaded) -> str:
    """``2 problems in dbt_jobs.yml``, or that the file is valid and what is in it."""
    name = printable(str(loaded.file))
    if loaded.config is None:
        return f"{_count(len(loaded.problems), 'problem')} in {name}"
    jobs = _count(len(loaded.config.jobs), "job")
    environments = _count(len(loaded.config.environments), "environment")
    warnings = f", {_count(len(loaded.problems), 'warning')}" if loaded.problems else ""
    return f"{name} is valid: {jobs}, {environments}{warnings}"


def as_json(files: list[Loaded], sizes: Mapping[Path, Sequence[Size]]) -> str:
    """``{"valid": …, "files": [{"file", "valid", "jobs", "environments", "problems"}]}``.

    A file with ``sizes`` also has ``builds``, as :func:`sizes_as_json` has them.
    """
    valid = all(each.config for each in files)
    content = [_file(each, sizes.get(each.file, ())) for each in files]
    text = json.dumps({"valid": valid, "files": content}, indent=2)
    # GitHub reads `##[` anywhere in a log as a command; escaped, it is the same JSON.
    return text.replace("##[", "#\\u0023[")


def _file(loaded: Loaded, sizes: Sequence[Size]) -> dict[str, object]:
    return {
        "file": str(loaded.file),
        "valid": loaded.config is not None,
        "jobs": len(loaded.config.jobs) if loaded.config else None,
        "environments": len(loaded.config.environments) if loaded.config else None,
        "problems": [{**asdict(each), "file": str(each.file)} for each in loaded.problems],
        **({"builds": sizes_as_json(sizes)} if sizes else {}),
    }


def as_annotations(loaded: Loaded) -> str:
    """One workflow command for each problem that is shown in a terminal, the last lines plain."""
    shown, more = _first_ones(loaded.problems)
    return "\n".join([*map(_annotation, shown), *more, summary(loaded)])


def annotated(problems: Iterable[Problem]) -> str:
    """One workflow command for each problem that is shown in a terminal."""
    return "\n".join(map(_annotation, _first_ones(problems)[0]))


def _first_ones(problems: Iterable[Problem]) -> tuple[list[Problem], list[str]]:
    """All errors, the first warnings of each code, and a line for each code that has more."""
    counts: Counter[str] = Counter()
    shown = []
    for problem in problems:
        counts[problem.code] += problem.severity == "warning"
        if problem.severity == "error" or counts[problem.code] <= MOST_ALIKE:
            shown.append(problem)
    more = [
        f"and {number - MOST_ALIKE:,} more of {code}: --format json has all\n"
        for code, number in counts.items()
        if number > MOST_ALIKE
    ]
    return shown, more


def _annotation(problem: Problem) -> str:
    parts = [problem.what, problem.why, f"hint: {problem.hint}" if problem.hint else ""]
    return annotation(
        problem.severity,
        "\n".join(part for part in parts if part),
        title=f"dbt-gitops: {problem.code}",
        file=Path(problem.file).as_posix(),
        line=problem.line,
        column=problem.column,
        end_column=problem.end_column,
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
