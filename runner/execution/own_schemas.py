"""Which schemas belong to one pull request alone, and may be dropped when it closes: pure.

Asked when a run is recorded, and again before anything is dropped: a record is a file that others
may have written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from runner.errors import ConfigInvalid
from runner.execution.schema_name import FIELD, UNSAFE, schema_name
from runner.record import Schema

# Fields of the template that tell pull requests apart. Two of one branch share its schema: where the
# older is closed, the next run of the other makes it anew.
TELLING = frozenset({"pr_number", "sha7", "branch"})


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a pull request may call its own.

    ``template`` is the environment's, None where it has none; ``fields`` fill it; ``taken`` says of
    the names of schemas, in small letters, who else uses them. ``unknown`` is an environment that
    writes into schemas nobody could name, "" where there is none.
    """

    number: int
    environment: str
    template: str | None
    fields: Mapping[str, str]
    taken: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""


def why_not_own(schema: Schema, claim: Claim) -> str:
    """Why a schema isn't the pull request's alone, "" where it is.

    It is where its name holds, as whole words, the name that the template gives this pull request:
    `pr_7` is in `pr_7_marts` and in `staging_pr_7`, and not in `pr_71`.
    """
    name = schema.schema.lower()
    if claim.template is None:
        return f"environment `{claim.environment}` has no `schema` that is a pull request's own"
    if name in claim.taken:
        return claim.taken[name]
    other = _others_number(name, claim)
    if other:
        return f"its name is that of pull request {other}"
    own = own_name(claim)
    if not own or not _holds(name, own.lower()):
        return f"its name isn't that of pull request {claim.number} alone"
    if claim.unknown and "{pr_number}" not in claim.template:
        return (
            f"it may be one that environment `{claim.unknown}` writes into, which isn't known here:"
            f" only a name made with {{pr_number}} is sure"
        )
    return ""


def own_and_left(
    schemas: Iterable[Schema], claim: Claim
) -> tuple[tuple[Schema, ...], tuple[tuple[Schema, str], ...]]:
    """The pull request's own, and the others, each with the reason."""
    reasons = {schema: why_not_own(schema, claim) for schema in schemas}
    own = tuple(schema for schema, reason in reasons.items() if not reason)
    left = tuple((schema, reason) for schema, reason in reasons.items() if reason)
    return own, left


def own_name(claim: Claim) -> str:
    """The template as this pull request fills it; "" where it could be anybody's."""
    if not TELLING & set(FIELD.findall(claim.template or "")):
        return ""
    try:
        return schema_name(claim.template or "", claim.fields)
    except ConfigInvalid:
        return ""  # the run has no such field, so it wrote into no such schema


def _others_number(name: str, claim: Claim) -> str:
    """The number that stands in the name behind the template's own words, if it is another's."""
    words, field, _ = (claim.template or "").partition("{pr_number}")
    words = UNSAFE.sub("_", FIELD.split(words)[-1]).lower()
    if not field or not re.search("[a-z]", words):
        return ""
    found = re.search(rf"(?<![a-z0-9]){words}([0-9]+)(?![a-z0-9])", name)
    return found[1] if found and found[1] != str(claim.number) else ""


def _holds(name: str, words: str) -> bool:
    """Whether they stand there with no letter or digit at their ends."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(words)}(?![a-z0-9])", name))
