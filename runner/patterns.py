"""GitHub's filter patterns, by which a workflow names branches and changed files.

The rules are those of GitHub's "filter pattern cheat sheet". Names come from strangers, so a match
takes time in proportion to pattern × name, whatever they are: states are followed side by side, and
nothing is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

Accepts = Callable[[str], bool]


def selected(name: str, patterns: Sequence[str]) -> bool:
    """Whether a branch or a file is meant: the last pattern that matches decides, ``!`` means no."""
    answer = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if negative == answer and matches(name, pattern[negative:]):
            answer = not negative
    return answer


def matches(name: str, pattern: str) -> bool:
    """Whether the whole name fits one pattern that isn't negated."""
    parts = _parts(pattern)
    states = _entered(parts, {0})
    for character in name:
        states = _entered(parts, set(_moved(parts, states, character)))
        if not states:
            return False
    return len(parts) in states


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One character of a name, or several; ``skips`` is how many parts may be left out from here."""

    accepts: Accepts
    repeats: bool = False
    skips: int = 0


@lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    rest = pattern
    while rest:
        rest = _read(rest, parts)
    return tuple(parts)


def _read(rest: str, parts: list[_Part]) -> str:
    """Add what the pattern begins with; returns what follows."""
    if rest.startswith("**/"):
        # Folders or none: `docs/**/*.md` means docs/README.md too.
        parts += [
            _Part(accepts=_anything, skips=3),
            _Part(accepts=_anything, repeats=True, skips=1),
            _Part(accepts=_is("/")),
        ]
        return rest[3:]
    if rest.startswith("*"):
        deep = rest.startswith("**")
        accepts = _anything if deep else _no_slash
        parts.append(_Part(accepts=accepts, repeats=True, skips=1))
        return rest[2:] if deep else rest[1:]
    if rest[0] in "?+" and parts:
        last = parts[-1]
        repeats = last.repeats or rest[0] == "+"
        skips = max(last.skips, 1) if rest[0] == "?" else last.skips
        parts[-1] = _Part(accepts=last.accepts, repeats=repeats, skips=skips)
        return rest[1:]
    listed, bracket, after = rest[1:].partition("]")
    if rest[0] == "[" and listed and bracket:
        parts.append(_Part(accepts=_one_of(listed)))
        return after
    literal = rest[1] if rest[0] == "\\" and len(rest) > 1 else rest[0]
    parts.append(_Part(accepts=_is(literal)))
    return rest[2:] if rest[0] == "\\" else rest[1:]


def _anything(_character: str) -> bool:
    return True


def _no_slash(character: str) -> bool:
    return character != "/"


def _is(literal: str) -> Accepts:
    return lambda character: character == literal


def _one_of(listed: str) -> Accepts:
    """``0-9a-fx`` as a test of one character."""
    singles: set[str] = set()
    ranges: list[tuple[str, str]] = []
    while listed:
        if listed[1:2] == "-" and len(listed) > 2:
            ranges.append((listed[0], listed[2]))
            listed = listed[3:]
        else:
            singles.add(listed[0])
            listed = listed[1:]
    return lambda character: (
        character in singles or any(low <= character <= high for low, high in ranges)
    )


def _moved(parts: tuple[_Part, ...], states: set[int], character: str) -> Iterator[int]:
    for state in states:
        if state < len(parts) and parts[state].accepts(character):
            yield state + 1
            if parts[state].repeats:
                yield state


def _entered(parts: tuple[_Part, ...], states: set[int]) -> set[int]:
    """These states and those behind parts that may be left out."""
    waiting, reached = list(states), set(states)
    while waiting:
        state = waiting.pop()
        skips = parts[state].skips if state < len(parts) else 0
        for behind in {state + skips} - reached:
            reached.add(behind)
            waiting.append(behind)
    return reached
