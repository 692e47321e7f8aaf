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
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from runner.record import PublishedState, Run

# What the file of a record is called, wherever it lies.
RECORD = "run.json"
RUN_SCHEMA = "dbt-gitops/run/v1"
STATE_SCHEMA = "dbt-gitops/state/v1"

T = TypeVar("T")


class RecordInvalid(ValueError):
    """Text that isn't a record of this version: names the key and what is wrong with it."""


def run_to_json(run: Run) -> str:
    """The record as text. Encoded piece by piece: a run's nodes are never copied as a whole."""
    return _encoded(RUN_SCHEMA, run)


def run_from_json(text: str) -> Run:
    """The record that :func:`run_to_json` wrote; raises :class:`RecordInvalid`."""
    return _decoded(Run, RUN_SCHEMA, text)


def published_to_json(published: PublishedState) -> str:
    """What a state store's pointer holds."""
    return _encoded(STATE_SCHEMA, published)


def published_from_json(text: str) -> PublishedState:
    """What :func:`published_to_json` wrote; raises :class:`RecordInvalid`."""
    return _decoded(PublishedState, STATE_SCHEMA, text)


def read_as(kind: type[T], value: object) -> T:
    """Decoded JSON as the dataclass ``kind``, in the way of a record; raises :class:`RecordInvalid`."""
    return kind(**_read_fields(kind, value, ""))


def _encoded(schema: str, record: object) -> str:
    text = io.StringIO()
    # ASCII alone: a log may hold lone surrogates, which no file in UTF-8 can.
    json.dump({"schema": schema, **_fields(record)}, text, default=_plain, indent=1)
    text.write("\n")
    # GitHub reads `##[` anywhere in a log as a command; escaped, it is the same JSON.
    return text.getvalue().replace("##[", "#\\u0023[")


def _plain(value: object) -> object:
    """What JSON has no form of, one level deep: the encoder asks again for what lies inside."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):  # YAML reads one from a bare 2025-01-31 among the vars
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return _fields(value)


def _fields(record: Any) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _decoded(kind: type[T], schema: str, text: str) -> T:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordInvalid(f"it isn't JSON: {error}") from error
    found = value.get("schema") if isinstance(value, dict) else None
    if found != schema:
        raise RecordInvalid(f"its schema is {_brief(found)}, not {schema!r}")
    return kind(**_read_fields(kind, value, ""))


@cache
def _kinds(kind: type) -> dict[str, tuple[Any, bool]]:
    """Each field's type, and whether it must be there."""
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return {
        field.name: (
            hints[field.name],
            field.default is missing and field.default_factory is missing,
        )
        for field in dataclasses.fields(kind)
    }


def _read_fields(kind: type, value: object, where: str) -> dict[str, object]:
    members = _expect(dict, value, where or "it")
    read: dict[str, object] = {}
    for name, (hint, required) in _kinds(kind).items():
        place = f"{where}.{name}" if where else name
        if name in members:
            read[name] = _read(hint, members[name], place)
        elif required:
            raise RecordInvalid(f"{place} is missing")
    return read


def _read(hint: Any, value: object, where: str) -> object:
    """``value`` as the type that ``hint`` names; raises :class:`RecordInvalid`."""
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        kind: Any = hint
        return kind(**_read_fields(kind, value, where))
    reader = _READERS.get(get_origin(hint) or hint)
    if reader is None:
        raise TypeError(f"{where}: there is no reader for {hint}")
    return reader(hint, value, where)


def _read_optional(hint: Any, value: object, where: str) -> object:
    if value is None:
        return None
    (kind,) = (arg for arg in get_args(hint) if arg is not type(None))
    return _read(kind, value, where)


def _read_tuple(hint: Any, value: object, where: str) -> tuple[object, ...]:
    items = _expect(list, value, where)
    kind = get_args(hint)[0]
    return tuple(_read(kind, item, f"{where}[{index}]") for index, item in enumerate(items))


def _read_mapping(hint: Any, value: object, where: str) -> dict[str, object]:
    members = _expect(dict, value, where)
    kind = get_args(hint)[1]
    return {name: _read(kind, member, f"{where}.{name}") for name, member in members.items()}


def _read_literal(hint: Any, value: object, where: str) -> object:
    if value in get_args(hint):
        return value
    allowed = ", ".join(get_args(hint))
    raise RecordInvalid(f"{where} is {_brief(value)}, not one of {allowed}")


def _read_float(_hint: Any, value: object, where: str) -> float:
    return float(value) if type(value) is int else _expect(float, value, where)


def _read_time(_hint: Any, value: object, where: str) -> datetime:
    text = _expect(str, value, where)
    try:
        # Python 3.10 doesn't know the Z.
        time = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        if time.tzinfo is not None:
            return time.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise RecordInvalid(f"{where} is {_brief(text)}, not a time such as 2025-01-31T04:05:06Z")


def _read_plain(hint: Any, value: object, where: str) -> object:
    return _expect(hint, value, where)


def _expect(kind: type[T], value: object, where: str) -> T:
    # By identity: a bool is an int to isinstance().
    if type(value) is kind:
        return value
    raise RecordInvalid(f"{where} is {_brief(value)}, not {_NAMES[kind]}")


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

_READERS: dict[object, Callable[[Any, object, str], object]] = {
    Union: _read_optional,
    UnionType: _read_optional,
    tuple: _read_tuple,
    Mapping: _read_mapping,
    Literal: _read_literal,
    datetime: _read_time,
    float: _read_float,
    str: _read_plain,
    int: _read_plain,
    bool: _read_plain,
}
