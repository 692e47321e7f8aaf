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
            to = _place(draft, there, name)
            if to and to not in draft.environments:
                _rename(draft, name, to)


def _place(draft: Draft, there: Config, environment: str) -> str:
    """Of these jobs; "" where people have put them beside others, or into several environments."""
    jobs = [name for name, job in draft.jobs.items() if job["environment"] == environment]
    places = {there.jobs[name].environment for name in jobs if name in there.jobs}
    if len(places) > 1 or environment in places:
        return ""
    return next(iter(places), f"{environment}-ci")


def _deploys(there: Config, environment: str, draft: Draft) -> bool:
    return any(
        job.environment == environment and job.deploys and job.name not in draft.jobs
        for job in there.jobs.values()
    )


def _rename(draft: Draft, name: str, to: str) -> None:
    draft.environments[to] = draft.environments.pop(name)
    for job in draft.jobs.values():
        if job.get("environment") == name:
            job["environment"] = to
    former = ("environments", name)
    if former in draft.comments:
        draft.comments["environments", to] = draft.comments.pop(former)
    path, new = f"environments.{name}", f"environments.{to}"
    draft.rows[:] = [
        replace(row, to=f"{new}{row.to.removeprefix(path)}")
        if row.to == path or row.to.startswith(f"{path}.")
        else row
        for row in draft.rows
    ]
