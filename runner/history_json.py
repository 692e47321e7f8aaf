"""The history as JSON, and back.

In the way of :mod:`runner.record_json`, but fast, because every tick reads and writes all of it. One
entry is brief: a key whose value is the dataclass's default is left out.
"""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import Any

import orjson

from runner.history import Entry, History, Missed, Outcome
from runner.record_json import RecordInvalid, decoded, plain, read_as

HISTORY_SCHEMA = "dbt-gitops/history/v1"
# What the file of a history is called, wherever it lies.
HISTORY = "history.json"


def history_to_json(history: History) -> str:
    """The whole history as text that ends with a line's end."""
    whole = {"schema": HISTORY_SCHEMA, **_fields(history)}
    try:
        text = _escaped(orjson.dumps(whole, default=plain, option=orjson.OPT_UTC_Z).decode())
    except orjson.JSONEncodeError:
        # It holds a lone surrogate, as an event's cause may: no UTF-8 has one, and ASCII says it.
        text = _encoded(whole)
    return f"{text}\n"


def history_from_json(text: str) -> History:
    """What :func:`history_to_json` wrote; raises :class:`RecordInvalid`."""
    return decoded(History, HISTORY_SCHEMA, text)


def entry_to_json(entry: Entry) -> str:
    """One entry on one line: what a plan hands to the run that it starts."""
    return _encoded(_fields(entry))


def entry_from_json(text: str) -> Entry:
    """What :func:`entry_to_json` wrote; raises :class:`RecordInvalid`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordInvalid(f"it isn't JSON: {error}") from error
    return read_as(Entry, value)


def _encoded(value: object) -> str:
    return _escaped(json.dumps(value, default=_form, separators=(",", ":")))


def _escaped(text: str) -> str:
    # GitHub reads `##[` anywhere in a log as a command; escaped, it is the same JSON.
    return text.replace("##[", "#\\u0023[")


def _form(value: object) -> object:
    return _fields(value) if isinstance(value, (Entry, Outcome, Missed)) else plain(value)


def _fields(record: Any) -> dict[str, object]:
    """A dataclass's values that aren't its defaults."""
    values = (
        (name, getattr(record, name), default) for name, default in _defaults(record.__class__)
    )
    return {name: value for name, value, default in values if value != default}


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    """Each field's name and its default; a value that equals nothing where it has none."""
    return tuple((field.name, _default(field)) for field in dataclasses.fields(kind))


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return object() if field.default is dataclasses.MISSING else field.default
