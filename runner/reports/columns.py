"""Columns of a table for a terminal: which of them have room, and which names are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rich.table import Table
from rich.text import Text

from runner.reports.text import clipped

SHORTEST_NAME = 8
BETWEEN = 2


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column with its cells."""

    title: str
    cells: Sequence[Text]
    justify: Literal["left", "right"] = "left"

    @property
    def width(self) -> int:
        return max(len(self.title), *(cell.cell_len for cell in self.cells))

    @property
    def known(self) -> bool:
        return any(cell.plain for cell in self.cells)


def numbers(title: str, cells: Sequence[Text]) -> Column:
    return Column(title=title, cells=cells, justify="right")


def fitting(columns: Mapping[str, Column], width: int, dropped: Sequence[str]) -> list[Column]:
    """Those that say something and have room; what is named in ``dropped`` gives way, in that order."""
    shown = {name: column for name, column in columns.items() if column.known}
    for name in dropped:
        if width and width_of(list(shown.values())) > width:
            shown.pop(name, None)
    return list(shown.values())


def with_short_names(columns: Sequence[Column], title: str, width: int) -> list[Column]:
    """The cells of the column of that title are cut where there is no room for all."""
    over = width_of(columns) - width if width else 0
    if over <= 0:
        return list(columns)
    return [
        replace(column, cells=[_cut(cell, column.width - over) for cell in column.cells])
        if column.title == title
        else column
        for column in columns
    ]


def width_of(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + BETWEEN * (len(columns) - 1)


def table_of(columns: Sequence[Column]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, BETWEEN, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column.title, justify=column.justify, no_wrap=True, min_width=column.width)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    return table


def _cut(cell: Text, longest: int) -> Text:
    return Text(clipped(cell.plain, max(longest, SHORTEST_NAME)))
