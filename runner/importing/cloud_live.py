"""The jobs of dbt Cloud from its API itself, as the draft of a jobs file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from runner.errors import DbtCloudFailed
from runner.importing.cloud_api import Account, CloudApi, Patience
from runner.importing.cloud_numbers import DELETED
from runner.importing.cloud_variables import KEY
from runner.importing.dbt_cloud import drafted_in, of_project
from runner.importing.draft import Draft

Json = Mapping[str, Any]
Tell = Callable[[str], None]
EACH = 100  # jobs between two words on how far it is


def read_live(
    account: Account, project: str, tell: Tell, patience: Patience | None = None
) -> Draft:
    """The jobs of ``project``, dbt Cloud's number, or of the one that there is.

    Raises DbtCloudFailed, and ConfigInvalid as files do.
    """
    with closing(CloudApi(account, patience or Patience())) as api:
        only = {"project_id": project} if project else {}
        found = api.listed("jobs", "v2/jobs/", only, tell)
        if any(not isinstance(job.get("execute_steps"), list) for job in found):
            raise DbtCloudFailed(
                "dbt Cloud's answer can't be used: jobs",
                why="one of them has no list of `execute_steps`",
                hint="save the answers, and import the files with the jobs that you want",
            )
        jobs = of_project(found, project)
        projects = sorted({str(job.get("project_id", "")) for job in jobs})
        environments = [
            place
            for number in projects
            for place in api.listed(
                "environments", "v3/environments/", {"project_id": number}, tell
            )
        ]
        return drafted_in([*_with_variables(api, jobs, tell)], environments)


def _with_variables(api: CloudApi, jobs: Sequence[Json], tell: Tell) -> Iterator[Json]:
    """The jobs with their environment variables, which come apart, with all that they inherit."""
    what = "environment variables"
    for number, job in enumerate(jobs, start=1):
        if job.get("state") == DELETED:
            yield job
            continue
        path = f"v3/projects/{job.get('project_id')}/environment-variables/job/"
        answer = api.get(what, path, {"job_definition_id": job["id"]}).get("data")
        if not isinstance(answer, Mapping):
            raise DbtCloudFailed(
                f"dbt Cloud's answer can't be used: {what} of job {job['id']}",
                why="it holds no mapping of `data`",
                hint="run it again, or save its answers and import the files",
            )
        yield {**job, KEY: answer}
        if number % EACH == 0 or number == len(jobs):
            tell(f"{what} of {number} of {len(jobs)} jobs")
