"""``# dbt-gitops: ignore[code] reason``: comments that silence what is found beside or below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from runner.config.text import Source, Span

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*dbt-gitops:\s*ignore\[(?P<codes>[^\]]*)\](?P<reason>.*)")
_SCANNER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Ignore:
    """One code of a comment. ``lines`` are those that it is about, ``span`` where the code stands.

    The first of them is the line of the jobs file itself; the others are the comment's own and those
    below it, and line 0, the file as a whole, of a comment above all else.
    """

    code: str
    reason: str
    lines: tuple[int, ...]
    span: Span


def ignores(source: Source) -> Iterator[Ignore]:
    """Each code of each such comment, in the order of the file."""
    if "dbt-gitops:" not in source.text:
        return
    texts = _Texts(source)
    for number, line in enumerate(source.lines, start=1):
        match = _COMMENT.search(line)
        if match and not texts.hold(number, match.start() + 1):
            about = _lines(source, number, beside=bool(line[: match.start()].strip()))
            reason = match["reason"].strip(" :-")
            for code, start in _codes(match):
                end = start + max(len(code), 1)
                span = Span(number, start, end)
                yield Ignore(code=code, reason=reason, lines=about, span=span)


def _codes(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Each code with its column."""
    column = match.start("codes") + 1
    for part in match["codes"].split(","):
        yield part.strip(), column + len(part) - len(part.lstrip())
        column += len(part) + 1


def _lines(source: Source, number: int, *, beside: bool) -> tuple[int, ...]:
    if beside:
        return (number,)
    above = (line.strip() for line in source.lines[: number - 1])
    heads = all(not line or line.startswith("#") for line in above)
    following = _following(source, number)
    return (following, *range(number, following), *((0,) if heads else ()))


def _following(source: Source, number: int) -> int:
    """The next line that isn't a comment too, so that several can stand above one line."""
    while number < len(source.lines) and source.lines[number].lstrip().startswith("#"):
        number += 1
    return number + 1


class _Texts:
    """Where quoted and long texts stand, in which a comment's sign is no comment."""

    def __init__(self, source: Source) -> None:
        tokens = yaml.scan(source.text, Loader=_SCANNER)
        scalars = (token for token in tokens if isinstance(token, yaml.ScalarToken))
        self.ranges = [(_place(token.start_mark), _place(token.end_mark)) for token in scalars]

    def hold(self, line: int, column: int) -> bool:
        return any(start <= (line, column) < end for start, end in self.ranges)


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1
