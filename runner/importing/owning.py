"""Whose word counts where a draft meets a jobs file that is there: the source's, or that of who wrote it.

What the source can say of a job, it decides, also that there is none of it. What it has no word for stays,
and what an importer only proposes never takes the place of what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from runner.importing.changes import Path, at
from runner.importing.draft import Draft
from runner.importing.rows import Row
from runner.steps import parse_step

Plain = dict[str, Any]
# Of these a source's silence says nothing: many have a limit that nobody wrote down.
LIMITS = ("sla", "timeout")
# How a job says that it has none of what the file's `defaults` give to all.
OFF = {"defer": False, "enabled": True, "generate_docs": False, "source_freshness": False}


def speaks_of(
    draft: Draft, name: str, words: Mapping[str, Sequence[str]], rows: Sequence[Row]
) -> None:
    """Note what the source says that the job ``name`` has none of.

    ``words`` are the keys of a job that the source decides, ``triggers.schedule``, each with the source's
    fields that say it; ``rows`` tell the fields of this job. What was dropped with a hint is a person's to
    write by hand, so it isn't taken away again.
    """
    for word, fields in words.items():
        told = [row for row in rows if any(_is_of(row.field, field) for field in fields)]
        by_hand = any(row.fate == "dropped" and row.hint for row in told)
        if not by_hand and (told or word not in LIMITS):
            draft.off.add(("jobs", name, *word.split(".")))
        # The fields may be told for another job that the same of the source has become.
        if word == "defer" and not any(row.to.split(".")[2:3] == ["defer"] for row in told):
            draft.proposed.add(("jobs", name, "defer"))  # by who compares with what is deployed


def _is_of(field: str, outer: str) -> bool:
    return field == outer or field.startswith((f"{outer}.", f"{outer}["))


def wanted(draft: Draft, there: Plain) -> Plain:
    """What the jobs file ``there`` has to say; with the draft's proposals only where they fill a gap."""
    content = deepcopy(contents(draft))
    content.pop("state", None)  # the store is that of the jobs that are there, too
    for name, environment in content.get("environments", {}).items():
        _environment(environment, at(there, ("environments", name)) or {}, _is_used(there, name))
    for name, job in content.get("jobs", {}).items():
        before = at(there, ("jobs", name))
        if isinstance(before, Mapping):
            _job(draft, name, job, before)
        place = at(there, ("environments", job.get("environment", ""))) or {}
        for secret in place.get("secrets") or ():
            job.get("env", {}).pop(secret, None)
        if job.get("env") == {}:
            del job["env"]
    for path in absent(draft):
        default = at(there, ("defaults", *path[2:]))
        if len(path) == 3 and default not in (None, OFF.get(path[2])) and path[2] in OFF:
            content["jobs"][path[1]][path[2]] = OFF[path[2]]
    return content


def contents(draft: Draft) -> Plain:
    """The whole draft in the shape of the jobs file."""
    sections = {name: getattr(draft, name) for name in ("environments", "notifications", "jobs")}
    return {**draft.top, **{name: each for name, each in sections.items() if each}}


def absent(draft: Draft) -> Iterator[Path]:
    """What the source says that there is none of."""
    for path in draft.off:
        job = draft.jobs.get(path[1])
        if job is None or at(job, path[2:]) is not None:
            continue
        written = ("jobs", path[1], "steps") in draft.proposed
        compares = any(parse_step(step).needs_state for step in job.get("steps", ()))
        if not (path[2:] == ("defer",) and (written or compares)):  # people write it for these
            yield path


def _is_used(there: Plain, environment: str) -> bool:
    return any(job.get("environment") == environment for job in (there.get("jobs") or {}).values())


def _environment(new: Plain, there: Mapping[str, Any], used: bool) -> None:
    """A schema is the importer's own idea, and would be that of all its jobs; secrets are added to the named."""
    if there.get("schema") or used:
        new.pop("schema", None)
    if new.get("secrets"):
        named = [*(there.get("secrets") or ())]
        new["secrets"] = [*named, *(each for each in new["secrets"] if each not in named)]


def _job(draft: Draft, name: str, new: Plain, there: Mapping[str, Any]) -> None:
    """Take out of a job what the importer proposes for a new one."""
    path = ("jobs", name)
    if (*path, "description") in draft.proposed:
        new.pop("description", None)
    if (*path, "enabled") in draft.proposed:  # off for want of triggers that people write
        new.pop("enabled", None)
        new.pop("triggers", None)
    if (*path, "steps") in draft.proposed and there.get("steps") != new.get("steps"):
        new.pop("steps", None)  # a person has written what was lost, and switched the job on
        new.pop("enabled", None)
    said = {row.to for row in draft.rows}
    if (
        at(there, ("triggers", "dispatch")) is not None
        or f"jobs.{name}.triggers.dispatch" not in said
    ):
        new.get("triggers", {}).pop("dispatch", None)
    if new.get("triggers") == {}:
        del new["triggers"]
    defer = there.get("defer")
    if defer and (*path, "defer") in draft.proposed:
        new.pop("defer", None)
    elif isinstance(defer, Mapping) and defer.get("to") == at(new, ("defer", "to")):
        new["defer"].pop("on_missing", None)
