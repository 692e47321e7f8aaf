"""A run's record and a state's pointer as JSON, and back.

The first key, ``schema``, says which contract the rest keeps. Reading follows the dataclasses: a
key that they don't know is passed over, because a later version may have added it; a key that is
missing takes the dataclass's default, and where there is none the text is refused.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from functools import cache
from math import inf, isfinite
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from runner.record import PublishedState, Run

# What the file of a record is called, wherever it lies.
RECORD = "run.json"
RUN_SCHEMA = "dbt-gitops/run/v1"
STATE_SCHEMA = "dbt-gitops/state/v1"

T = TypeVar("T")
Reader = Callable[[object], object]


class RecordInvalid(ValueError):
    """Text that isn't a record of this version: names the key and what is wrong with it."""


def run_to_json(run: Run) -> str:
    """The record as text. Encoded piece by piece: a run's nodes are never copied as a whole."""
    return _encoded(RUN_SCHEMA, run)


def run_from_json(text: str) -> Run:
    """The record that :func:`run_to_json` wrote; raises :class:`RecordInvalid`."""
    return decoded(Run, RUN_SCHEMA, text)


def published_to_json(published: PublishedState) -> str:
    """What a state store's pointer holds."""
    return _encoded(STATE_SCHEMA, published)


def published_from_json(text: str) -> PublishedState:
    """What :func:`published_to_json` wrote; raises :class:`RecordInvalid`."""
    return decoded(PublishedState, STATE_SCHEMA, text)


def read_as(kind: type[T], value: object) -> T:
    """Decoded JSON as the dataclass ``kind``, in the way of a record; raises :class:`RecordInvalid`."""
    try:
        hint: Any = kind
        read: Any = _reader(hint)(value)
    except _Misfit as misfit:
        raise RecordInvalid(f"{misfit.place or 'it'} {misfit.what}") from None
    return cast("T", read)


def _encoded(schema: str, record: object) -> str:
    text = io.StringIO()
    # ASCII alone: a log may hold lone surrogates, which no file in UTF-8 can.
    json.dump({"schema": schema, **_fields(record)}, text, default=plain, indent=1)
    text.write("\n")
    # GitHub reads `##[` anywhere in a log as a command; escaped, it is the same JSON.
    return text.getvalue().replace("##[", "#\\u0023[")


def plain(value: object) -> object:
    """What JSON has no form of, one level deep: the encoder asks again for what lies inside."""
    if isinstance(value, datetime):
        utc = value if value.tzinfo is timezone.utc else value.astimezone(timezone.utc)
        return f"{utc.isoformat()[:-6]}Z"
    if isinstance(value, date):  # YAML reads one from a bare 2025-01-31 among the vars
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return _fields(value)


def _fields(record: Any) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def decoded(kind: type[T], schema: str, text: str) -> T:
    """Text whose first key is ``schema``, as the dataclass ``kind``; raises :class:`RecordInvalid`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordInvalid(f"it isn't JSON: {error}") from error
    found = value.get("schema") if isinstance(value, dict) else None
    if found != schema:
        raise RecordInvalid(f"its schema is {_brief(found)}, not {schema!r}")
    return read_as(kind, value)


class _Misfit(Exception):
    """What is wrong with a value. Its place is put together on the way out: most values fit."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.place = ""

    def below(self, step: str) -> _Misfit:
        joint = "." if self.place and not self.place.startswith("[") else ""
        self.place = f"{step}{joint}{self.place}"
        return self


@cache
def _reader(hint: Any) -> Reader:
    """What reads a value as the type that ``hint`` names, or raises :class:`_Misfit`."""
    if hint is Any:
        return lambda value: value
    if dataclasses.is_dataclass(hint):
        return _object_reader(hint)
    maker = _MAKERS.get(get_origin(hint) or hint)
    if maker is None:
        raise TypeError(f"there is no reader for {hint}")
    return maker(hint)


def _object_reader(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields}
    missing = dataclasses.MISSING
    required = {f.name for f in fields if f.default is missing and f.default_factory is missing}

    def read(value: object) -> object:
        members = _expect(dict, value)
        if not members.keys() >= required:
            name = next(field.name for field in fields if field.name in required - members.keys())
            raise _Misfit("is missing").below(name)
        values: dict[str, object] = {}
        name = ""
        try:
            for name, reader in readers.items():
                if name in members:
                    values[name] = reader(members[name])
        except _Misfit as misfit:
            raise misfit.below(name) from None
        return kind(**values)

    return read


def _optional_reader(hint: Any) -> Reader:
    (kind,) = (arg for arg in get_args(hint) if arg is not type(None))
    reader = _reader(kind)
    return lambda value: None if value is None else reader(value)


def _tuple_reader(hint: Any) -> Reader:
    reader = _reader(get_args(hint)[0])

    def read(value: object) -> object:
        members = _expect(list, value)
        items: list[object] = []
        try:
            for member in members:
                items.append(reader(member))  # noqa: PERF401 - its length says where one didn't fit
        except _Misfit as misfit:
            raise misfit.below(f"[{len(items)}]") from None
        return tuple(items)

    return read


def _mapping_reader(hint: Any) -> Reader:
    reader = _reader(get_args(hint)[1])

    def read(value: object) -> object:
        values: dict[str, object] = {}
        members = _expect(dict, value)
        name = ""
        try:
            for name, member in members.items():
                values[name] = reader(member)
        except _Misfit as misfit:
            raise misfit.below(name) from None
        return values

    return read


def _literal_reader(hint: Any) -> Reader:
    allowed = get_args(hint)

    def read(value: object) -> object:
        if value in allowed:
            return value
        raise _Misfit(f"is {_brief(value)}, not one of {', '.join(allowed)}")

    return read


def _float_reader(_hint: Any) -> Reader:
    def read(value: object) -> float:
        try:
            number = float(value) if type(value) is int else _expect(float, value)
        except OverflowError:  # a whole number that no float reaches
            number = inf
        if not isfinite(number):  # which Python's JSON has, and nobody else's
            raise _Misfit(f"is {number}, not a number")
        return number

    return read


def _time_reader(_hint: Any) -> Reader:
    return _read_time


def _read_time(value: object) -> datetime:
    text = _expect(str, value)
    try:
        # Python 3.10 doesn't know the Z.
        time = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        if time.tzinfo is not None:
            return time if time.tzinfo is timezone.utc else time.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise _Misfit(f"is {_brief(text)}, not a time such as 2025-01-31T04:05:06Z")


def _plain_reader(hint: Any) -> Reader:
    return lambda value: _expect(hint, value)


def _expect(kind: type[T], value: object) -> T:
    # By identity: a bool is an int to isinstance().
    if type(value) is kind:
        return value
    raise _Misfit(f"is {_brief(value)}, not {_NAMES[kind]}")


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    # As JSON, so that no control character reaches a terminal.
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}

_MAKERS: dict[object, Callable[[Any], Reader]] = {
    Union: _optional_reader,
    UnionType: _optional_reader,
    tuple: _tuple_reader,
    Mapping: _mapping_reader,
    Literal: _literal_reader,
    datetime: _time_reader,
    float: _float_reader,
    str: _plain_reader,
    int: _plain_reader,
    bool: _plain_reader,
}
