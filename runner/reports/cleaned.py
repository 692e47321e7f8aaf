"""What became of the schemas of closed pull requests, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from runner.cleaned import Cleaned, CleanedSchema, Fate

HEADINGS: dict[Fate, str] = {
    "failed": "could not be dropped",
    "dropped": "dropped",
    "listed": "would be dropped",
    "gone": "gone already",
    "left": "left alone",
}
# A hostile record may name any number of schemas, with names of any length.
SHOWN = 50
LONGEST = 100


def as_text(cleaned: Cleaned) -> str:
    """One line for each schema, the worst first."""
    return "\n".join(_lines(cleaned))


def as_json(cleaned: Cleaned) -> str:
    text = json.dumps({**dataclasses.asdict(cleaned), "failed": cleaned.failed}, indent=2)
    # GitHub reads `##[` anywhere in a log as a command; escaped, it is the same JSON.
    return text.replace("##[", "#\\u0023[")


def _lines(cleaned: Cleaned) -> Iterator[str]:
    many = cleaned.records != 1
    records = f"the record{'s' * many} of {cleaned.records} run{'s' * many}"
    if not cleaned.schemas:
        name = "name" if many else "names"
        yield f"nothing to drop: {records} of {cleaned.subject} {name} no schema of its own"
        return
    yield f"schemas of {cleaned.subject}, by {records}"
    for fate in HEADINGS:
        found = [each for each in cleaned.schemas if each.fate == fate]
        yield from (_line(each, cleaned) for each in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"  {HEADINGS[fate]}: {len(found) - SHOWN} more"


def _line(each: CleanedSchema, of: Cleaned) -> str:
    whose = f" (pull request {each.pr_number})" if of.pr_number is None else ""
    reason = f": {' '.join(each.reason.split())}" if each.reason else ""
    return f"  {HEADINGS[each.fate]}: {shown(each)}{whose}{reason}"


def shown(each: CleanedSchema) -> str:
    """A schema's name as it can be printed, whatever it holds."""
    name = str(each.schema)
    name = name if name.isprintable() and name.isascii() else ascii(name)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
