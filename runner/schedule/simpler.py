"""The same cron in fewer words: a list that leaves nothing out is a step, a range or a star."""

from __future__ import annotations

from runner.schedule.cron import Field, field_values

_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY = range(5)
# Their steps go on evenly from one hour or day to the next; those of days begin anew each month.
_STEPPED = (_MINUTE, _HOUR)


def simpler(cron: str) -> str:
    """An expression that fires at the same times; the same one where none is shorter."""
    words = cron.split()
    return " ".join(_shortest(words, place) for place in range(len(words)))


def _shortest(words: list[str], place: int) -> str:
    word = words[place]
    found = field_values(place, word)
    if found is None:
        return word
    field, values = found
    others = [_written(field, values, word, place)]
    if _is_free(words, place) and len(values) == field.high - field.low + 1:
        others = ["*"]
    return min([word, *filter(None, others)], key=len)


def _is_free(words: list[str], place: int) -> bool:
    """A day of one kind that isn't `*` decides with the other kind, whatever it allows."""
    beside = {_DAY: _WEEKDAY, _WEEKDAY: _DAY}.get(place)
    return beside is None or words[beside] == "*"


def _written(field: Field, values: set[int], word: str, place: int) -> str:
    """As a step or a range, "" where it is neither, or is a step already."""
    if len(values) < 3 or word.startswith("*"):
        return ""
    step = (field.high - field.low + 1) // len(values)
    if place in _STEPPED and values == set(range(field.low, field.high + 1, step)):
        return f"*/{step}"
    first, last = min(values), max(values)
    if last - first + 1 != len(values):
        return ""
    named = field.names if any(map(str.isalpha, word)) else ()
    ends = [named[each - field.low] if named else str(each) for each in (first, last)]
    return "-".join(ends)
