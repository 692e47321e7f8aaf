"""Pull requests of the source don't get the environment where other jobs of the file deploy."""

from __future__ import annotations

from dataclasses import replace

from runner.importing.draft import Draft
from runner.model import Config


def kept_apart(draft: Draft, there: Config) -> None:
    """Give the draft an environment of their own, ``x-ci``, for jobs whose schema is a pull request's.

    A source that has no more than those of an environment calls it as the file calls that of its other jobs.
    Jobs that are in the file stay where they are there.
    """
    for name, body in [*draft.environments.items()]:
        if "{pr_number}" in str(body.get("schema", "")) and _deploys(there, name, draft):
            _move(draft, name, _places(draft, there, name))


def _deploys(there: Config, environment: str, draft: Draft) -> bool:
    return any(
        job.environment == environment and job.deploys and job.name not in draft.jobs
        for job in there.jobs.values()
    )


def _places(draft: Draft, there: Config, environment: str) -> dict[str, str]:
    """The environment of each of these jobs; new ones join those that have one of their own."""
    jobs = [name for name, job in draft.jobs.items() if job["environment"] == environment]
    known = {name: there.jobs[name].environment for name in jobs if name in there.jobs}
    own = {place for place in known.values() if place != environment}
    new = own.pop() if len(own) == 1 else f"{environment}-ci"
    return {name: known.get(name, new) for name in jobs}


def _move(draft: Draft, environment: str, places: dict[str, str]) -> None:
    for job, place in places.items():
        draft.jobs[job]["environment"] = place
        draft.environments.setdefault(place, {**draft.environments[environment]})
    if environment in places.values():
        return
    del draft.environments[environment]
    first = next(iter(places.values()))
    said = draft.comments.pop(("environments", environment), None)
    if said is not None:
        draft.comments["environments", first] = said
    former, path = f"environments.{environment}", f"environments.{first}"
    draft.rows[:] = [
        replace(row, to=f"{path}{row.to.removeprefix(former)}")
        if f"{row.to}.".startswith(f"{former}.")
        else row
        for row in draft.rows
    ]
