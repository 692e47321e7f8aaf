"""One selection criterion, such as ``2+config.materialized:table+1``, as dbt reads it.

Source: ``dbt/graph/selector_spec.py`` of dbt-core 1.11. Criteria between commas are one each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# By dbt's names of selector methods.
METHODS = (
    "access", "config", "exposure", "file", "fqn", "group", "metric", "package", "path",
    "resource_type", "result", "saved_query", "semantic_model", "source", "source_status", "state",
    "tag", "test_name", "test_type", "unit_test", "version",
)  # fmt: skip
# Those that mean nothing without a manifest or run results to compare with.
COMPARING = frozenset({"result", "source_status", "state"})
# A value that ends so is a file's name, where no method is written.
_FILES = (".sql", ".py", ".csv")
_CRITERION = re.compile(
    r"(?P<at>@)?(?:(?P<up>\d*)\+)?(?:(?P<method>[\w.]+):)?(?P<value>.*?)(?:\+(?P<down>\d*))?",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """``at``: with all that its descendants need.

    ``up`` and ``down`` are so many steps before and after it: "" all of them, None not at all. ``written``
    is its method as it is written, "" where none is.
    """

    at: bool
    up: str | None
    written: str
    value: str
    down: str | None

    @property
    def method(self) -> str:
        """dbt's, written or meant, as in :data:`METHODS` where there is one; of `config.x`, `config`."""
        return self.whole_method.partition(".")[0]

    @property
    def argument(self) -> str:
        """The `materialized` of `config.materialized`."""
        return self.whole_method.partition(".")[2]

    @property
    def whole_method(self) -> str:
        if self.written:
            return self.written
        if "/" in self.value:
            return "path"
        return "file" if self.value.lower().endswith(_FILES) else "fqn"

    def __str__(self) -> str:
        before = "@" * self.at + ("" if self.up is None else f"{self.up}+")
        method = f"{self.written}:" if self.written else ""
        return f"{before}{method}{self.value}{'' if self.down is None else f'+{self.down}'}"


def read_criterion(text: str) -> Criterion:
    found = _CRITERION.fullmatch(text)
    assert found is not None, "every part of it may be missing"
    words = found.groupdict()
    return Criterion(
        at=words["at"] is not None,
        up=words["up"],
        written=words["method"] or "",
        value=words["value"],
        down=words["down"],
    )
