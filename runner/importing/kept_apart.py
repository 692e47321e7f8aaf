"""Pull requests of the source don't get the environment where other jobs of the file deploy."""

from __future__ import annotations

from dataclasses import replace

from runner.importing.draft import Draft
from runner.model import Config


def kept_apart(draft: Draft, there: Config) -> None:
    """Give the draft an environment of their own, ``x-ci``, for jobs whose schema is a pull request's.

    A source that has no more than those of an environment calls it as the file calls that of its other jobs.
    """
    for name, body in [*draft.environments.items()]:
        if "{pr_number}" in str(body.get("schema", "")) and _deploys(there, name, draft):
            _rename(draft, name, f"{name}-ci")


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
