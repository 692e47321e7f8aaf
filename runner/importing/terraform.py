"""Jobs of Terraform's provider ``dbtcloud`` as the draft of a jobs file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.errors import ConfigInvalid
from runner.importing.cloud_json import NotJson, decoded
from runner.importing.dbt_cloud import drafted_of, of_project
from runner.importing.draft import Draft
from runner.importing.fields import Fields, shown
from runner.importing.hcl import KIND
from runner.importing.hcl_values import known, spelt
from runner.importing.reading import files_of, read_text
from runner.importing.resources import SHOW, Resource
from runner.importing.retelling import Origin, Origins
from runner.importing.rows import Row
from runner.importing.terraform_files import read_files
from runner.importing.terraform_job import Around, as_cloud, called, number_of
from runner.importing.terraform_show import PRINT, resources_in
from runner.importing.terraform_variables import EnvironmentVariables

MOST_BYTES = 64 * 1024 * 1024
JOB, ENVIRONMENT, PROJECT = "dbtcloud_job", "dbtcloud_environment", "dbtcloud_project"
VARIABLE, OVERRIDE = "dbtcloud_environment_variable", "dbtcloud_environment_variable_job_override"
CHAIN = "dbtcloud_job_completion_trigger"
NO_JOB = f"jobs are resources `{JOB}`; where modules make them, {SHOW}"
HINTS = {
    "module": SHOW,
    "dbtcloud_notification": "write channels under `notifications`, and the job's `notify`",
    "dbtcloud_webhook": "name a `webhook` under `notifications`, and the events in the job's `notify`",
    "dbtcloud_global_connection": "the connection is profiles.yml's",
}


def read(paths: Sequence[Path], project: str = "") -> Draft:
    """The jobs of files, globs or folders; of ``project``, a number or a resource's name, alone.

    Raises ConfigInvalid.
    """
    files = files_of(paths, KIND)
    shows = {file: data for file in files if (data := _json(file)) is not None}
    found = read_files([file for file in files if file not in shows])
    for file, data in shows.items():
        found += resources_in(file, data)
    return _World(found).draft(project)


def _json(file: Path) -> Any:
    """What a file of JSON holds; None of one that is none."""
    source = read_text(file, KIND, MOST_BYTES)
    first = source.text.lstrip()[:1]
    if not first:
        raise ConfigInvalid(f"{file} is empty", hint=PRINT if file.suffix == ".json" else NO_JOB)
    if first != "{" and file.suffix != ".json":
        return None
    try:
        return decoded(source.text.encode())
    except NotJson as error:
        raise ConfigInvalid(
            f"{file}{error.place} {error.what}", why=error.why, hint=PRINT
        ) from error


class _World:
    """All resources, and which of them belongs to which job."""

    def __init__(self, found: Sequence[Resource]) -> None:
        self._kinds: dict[str, list[Resource]] = {}
        for each in found:
            self._kinds.setdefault(each.type, []).append(each)
        self._environments = {each.number: each for each in self._of(ENVIRONMENT)}
        self._projects = {each.number: each for each in self._of(PROJECT)}
        self._chains = {number_of(each.values.get("job_id")): each for each in self._of(CHAIN)}
        self._variables = EnvironmentVariables(self._of(VARIABLE), self._of(OVERRIDE))
        self._used: set[str] = set()

    def _of(self, kind: str) -> list[Resource]:
        return self._kinds.get(kind, [])

    def draft(self, project: str) -> Draft:
        data: list[dict[str, Any]] = []
        origins: dict[str, Origin] = {}
        rows: list[Row] = []
        for job in self._of(JOB):
            if job.several:
                rows += _several(job)
                continue
            each, origin = as_cloud(job, self._around(job))
            data.append({**each, "project_id": self._project_name(job)})
            origins[job.number] = origin
        if not data:
            why = rows[0].why if rows else ""
            raise ConfigInvalid(f"there is no `{JOB}` to import", why=why, hint=NO_JOB)
        kept = of_project(data, project)
        draft = drafted_of(kept, self._names(kept), Origins(origins).retold, NO_JOB)
        draft.rows = [
            *dict.fromkeys((*rows, *draft.rows)),
            *self._variables.left(),
            *self._others(),
        ]
        return draft

    def _around(self, job: Resource) -> Around:
        number = number_of(job.values.get("environment_id"))
        environment = self._environments.get(number)
        project = self._projects.get(number_of(job.values.get("project_id")))
        chain = self._chains.get(job.number)
        self._used |= {each.address for each in (environment, project, chain) if each}
        return Around(
            environment=environment,
            project=project,
            variables=self._variables.of(job, environment),
            chain=chain,
        )

    def _project_name(self, job: Resource) -> str:
        number = number_of(job.values.get("project_id"))
        project = self._projects.get(number)
        return project.label if project and not number.isdigit() else number

    def _names(self, jobs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """What environments are called, by number, or by what stands for it."""
        names: dict[str, str] = {}
        for number in {str(job["environment_id"]): job for job in jobs}:
            there = self._environments.get(number)
            given = known(there.values.get("name"))[0] if there else None
            name = given or (there.label if there else _guessed(number))
            if name:
                names[number] = str(name)
        return names

    def _others(self) -> Iterator[Row]:
        for kind, found in self._kinds.items():
            if kind in (JOB, VARIABLE, OVERRIDE):
                continue
            for each in found:
                if each.address not in self._used:
                    yield _other(each)


def _guessed(number: str) -> str:
    """A name out of a reference: `var.prod_environment_id`, `data.dbtcloud_environment.prod`."""
    words = re.findall(r"[A-Za-z0-9_-]+", number)
    if number.isdigit() or not words:
        return ""
    return re.sub(r"_?(environment|env)?_?id$", "", words[-1]) or "environment"


def _several(job: Resource) -> Iterator[Row]:
    rows: list[Row] = []
    fields = Fields({name: spelt(each) for name, each in job.values.items()}, rows, called(job))
    fields.rest(f"the job is left out: `{job.several}` makes several of it, or none", SHOW)
    yield from rows


def _other(resource: Resource) -> Row:
    """Its values aren't repeated: it may be a credential."""
    name = known(resource.values.get("name"))[0]
    if resource.several:
        why = f"`{resource.several}` makes several of it, or none: each is called by its key"
        return Row(
            job="", field=resource.address, value=shown("name", resource.label), fate="dropped",
            why=why, hint=SHOW,
        )  # fmt: skip
    why = {
        "module": "what a module makes isn't in its call",
        ENVIRONMENT: "no job that is imported runs in it",
        PROJECT: "no job that is imported is of it",
        CHAIN: "the job that it starts isn't imported",
    }.get(resource.type, "it is no job")
    return Row(
        job="",
        field=resource.address,
        value=shown("name", name or resource.label),
        fate="dropped",
        why=why,
        hint=HINTS.get(resource.type, ""),
    )
