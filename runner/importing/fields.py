"""A mapping of the source that has to be told field by field, so that none is lost in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.importing.rows import Fate, Row
from runner.importing.secret_names import HIDDEN, repeated
from runner.reports.text import clipped, one_line

LONGEST_VALUE = 120
UNKNOWN = "dbt-gitops doesn't know this field"


class Fields:
    """Reading tells nothing of a field; one of :meth:`carried`, :meth:`translated`, :meth:`dropped` does.

    ``rows`` takes the rows of this mapping and of those inside it, in the order in which they are told.
    What nobody has told is told by :meth:`rest`: also a field that isn't known, or that nobody needs.
    """

    def __init__(
        self, data: Mapping[str, Any], rows: list[Row], job: str = "", path: str = ""
    ) -> None:
        self._data = data
        self._rows = rows
        self._job = job
        self._path = path
        self._told: set[str] = set()
        self._inner: dict[str, Fields] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def get(self, key: str, default: Any = None) -> Any:
        return self._data.get(key, default)

    def inner(self, key: str) -> Fields:
        """The mapping under a key, told field by field; an empty one where there is none."""
        if key not in self._inner:
            there = self._data.get(key)
            if there and isinstance(there, Mapping):
                self._told.add(key)
            data = {str(k): v for k, v in there.items()} if isinstance(there, Mapping) else {}
            path = f"{self._path}{key}."
            self._inner[key] = Fields(data, self._rows, self._job, path)
        return self._inner[key]

    def told(self, key: str) -> bool:
        return key in self._told

    def carried(self, key: str, to: str) -> None:
        """It is in the jobs file as it was."""
        self._tell(key, "carried", to=to)

    def translated(self, key: str, to: str, why: str) -> None:
        """It is in the jobs file in other words; ``why`` says in which."""
        self._tell(key, "translated", to=to, why=why)

    def dropped(self, key: str, why: str, hint: str = "") -> None:
        self._tell(key, "dropped", why=why, hint=hint)

    def part(self, key: str, index: int, fate: Fate, **more: str) -> None:
        """Tell one item of a list, counted from 0; a list whose items are told needs no row itself."""
        self._told.add(key)
        field = f"{self._path}{key}[{index}]"
        value = shown(field, self._data[key][index])
        self._rows.append(Row(job=self._job, field=field, value=value, fate=fate, **more))

    def pass_on(self, *keys: str) -> None:
        """What others tell, field by field."""
        self._told.update(keys)

    def note(self, key: str, why: str, hint: str) -> None:
        """Tell what else is lost of a field that has its row, or the rows of its items."""
        field = f"{self._path}{key}"
        value = shown(field, self._data.get(key))
        row = Row(job=self._job, field=field, value=value, fate="dropped", why=why, hint=hint)
        self._rows.append(row)

    def rest(self, why: str = UNKNOWN, hint: str = "") -> None:
        """Tell what is left, here and inside, as dropped."""
        for key in self._data:
            if key in self._inner:
                self._inner[key].rest(why, hint)
            if key in self._told:
                continue
            if key in self._inner and self._data[key] == {}:
                self.dropped(key, "it is empty")
            else:
                self.dropped(key, why, hint)

    def _tell(self, key: str, fate: Fate, **more: str) -> None:
        if key not in self._data:
            return
        self._told.add(key)
        field = f"{self._path}{key}"
        value = shown(field, self._data[key])
        self._rows.append(Row(job=self._job, field=field, value=value, fate=fate, **more))


def shown(field: str, value: Any) -> str:
    """As JSON, in one line; hidden where the name of the field, or of a part of it, says that it is secret."""
    told = repeated(field, value)
    if told == HIDDEN:
        return HIDDEN
    text = json.dumps(told, ensure_ascii=False, default=str)
    return clipped(one_line(text), LONGEST_VALUE)
