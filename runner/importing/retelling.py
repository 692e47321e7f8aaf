"""Rows of a job in dbt Cloud's words, told again in those of the file that the job is written in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from runner.importing.cloud_numbers import CloudJob
from runner.importing.fields import UNKNOWN, shown
from runner.importing.rows import Row
from runner.importing.secret_names import HIDDEN

Names = Mapping[str, tuple[str, ...]]


@dataclass(kw_only=True)
class Origin:
    """A job as its file has it.

    ``names`` says, by a field of dbt Cloud's API, of which of ``fields`` it was made; without a name there
    it is the field of the same name, or one that nobody has written. A name with a ``/`` is of something
    else in the file, which is told without a job. ``own`` rows are told already; ``notes`` are added to
    what a field's row says.
    """

    job: str
    fields: Mapping[str, Any]
    names: Names = field(default_factory=dict)
    own: Sequence[Row] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._told = {row.field for row in self.own}
        self._whole = False

    def retold(self, rows: Sequence[Row]) -> list[Row]:
        """The rows; the first time with those of fields that they leave out."""
        found = [new for row in rows for new in self._renamed(row)]
        if not self._whole:
            self._whole = True
            found += [*self.own, *self._left(found)]
        return found

    def _renamed(self, row: Row) -> Iterator[Row]:
        head = _head(row.field)
        rest = row.field[len(head) :]
        names = self.names.get(row.field)
        if names is None and head in self.names and rest:
            names = tuple(f"{name}{rest}" for name in self.names[head])
        elif names is None:
            names = (row.field,) if head in self.fields else ()
        for name in names:
            if "/" in name:
                if rest:
                    yield replace(row, job="", field=name.removeprefix("/"))
            elif name not in self._told and self._has(name):
                yield self._noted(
                    replace(row, job=self.job, field=name, value=self._value(name, row))
                )

    def _has(self, name: str) -> bool:
        return name in self.fields or _head(name) in self.fields

    def _value(self, name: str, row: Row) -> str:
        if HIDDEN in (self.fields.get(name), self.fields.get(_head(name))):
            return HIDDEN
        return shown(name, self.fields[name]) if name in self.fields else row.value

    def _noted(self, row: Row) -> Row:
        note = self.notes.get(_head(row.field))
        if not note:
            return row
        fate = "translated" if row.fate == "carried" else row.fate
        return replace(row, fate=fate, why="; ".join(filter(None, (row.why, note))))

    def _left(self, found: Sequence[Row]) -> Iterator[Row]:
        told = {_head(row.field) for row in (*found, *self.own)}
        for name, value in self.fields.items():
            if _head(name) not in told:
                why = UNKNOWN if value or value is False or value == 0 else "there is nothing in it"
                value = shown(name, value)
                yield Row(job=self.job, field=name, value=value, fate="dropped", why=why)


def left_row(job: str, fields: Mapping[str, Any], path: str, why: str, hint: str = "") -> Row:
    """The row of a field that is left out, ``settings.threads`` or ``name``."""
    outer, _, inner = path.rpartition(".")
    value = shown(path, fields[outer][inner] if outer else fields[inner])
    return Row(job=job, field=path, value=value, fate="dropped", why=why, hint=hint)


def wrong_rows(job: str, fields: Mapping[str, Any], wrong: Mapping[str, str]) -> list[Row]:
    """Rows of fields whose values can't be used, with why not."""
    hint = "correct it, and import again"
    return [left_row(job, fields, path, why, hint) for path, why in wrong.items()]


def _head(field: str) -> str:
    """The key of the job that a field is in: `settings` of `settings.threads`, `steps` of `steps[0]`."""
    return re.split(r"[.\[]", field, maxsplit=1)[0]


class Origins:
    """The origins of all jobs, by dbt Cloud's number, or what stands for it."""

    def __init__(self, origins: Mapping[str, Origin]) -> None:
        self._origins = origins

    def retold(self, job: CloudJob, rows: Sequence[Row]) -> list[Row]:
        return self._origins[job.number].retold(rows)
