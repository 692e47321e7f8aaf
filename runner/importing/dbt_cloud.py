"""Files with what dbt Cloud's API answers, as the draft of a jobs file.

A file holds one job, a list of jobs, a page of jobs (``{data: [job], status}``), or environments in the
same forms, which only give their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.errors import ConfigInvalid
from runner.importing.cloud_job import job_into
from runner.importing.cloud_json import MOST_BYTES, NotJson, decoded, message_of
from runner.importing.cloud_names import called_alike, called_of
from runner.importing.cloud_numbers import DELETED, CloudJob, Numbers, numbered
from runner.importing.cloud_values import typed
from runner.importing.cloud_words import decided
from runner.importing.draft import Draft
from runner.importing.fields import Fields
from runner.importing.retelling import Origin, Origins, wrong_rows
from runner.importing.rows import Row
from runner.reports.text import clean, clipped, one_line

Json = Mapping[str, Any]
Retold = Callable[[CloudJob, list[Row]], Iterable[Row]]
SAVE = "save the answer of GET /api/v2/accounts/ACCOUNT/jobs/ as it is"
OF_ENVIRONMENTS = (
    "name", "dbt_version", "use_custom_branch", "custom_branch", "dbt_project_subdirectory"
)  # fmt: skip
NO_STEP = "no dbt command of it can be a step here"


def read(files: Sequence[Path], project: str = "") -> Draft:
    """The jobs of all files; of ``project``, dbt Cloud's number, alone. Raises ConfigInvalid."""
    items = [item for file in files for item in _items(file)]
    jobs = [item for item in items if "execute_steps" in item]
    environments = [item for item in items if "execute_steps" not in item]
    return drafted_in(of_project(_once(jobs), project), environments)


def drafted_in(jobs: Sequence[Json], environments: Sequence[Json]) -> Draft:
    """A draft of jobs and environments as the API has them; what jobs don't say, those do."""
    places = {str(each.get("id")): each for each in environments}
    names = {number: str(each["name"]) for number, each in places.items() if each.get("name")}
    sound: list[Json] = []
    origins: dict[str, Origin] = {}
    for index, job in enumerate(jobs, start=1):
        placed = _placed(job, places.get(str(job.get("environment_id")), {}))
        data, origin = _sound(placed, index)
        sound.append(data)
        origins[str(data["id"])] = origin
    return drafted_of(sound, names, Origins(origins).retold)


def _sound(job: Json, index: int) -> tuple[Json, Origin]:
    """The job without values of other types than the API's, and how to tell of them."""
    data, wrong = typed(job)
    if not (type(job.get("id")) is int or isinstance(job.get("id"), str)):
        data["id"] = f"without number {index}"
        wrong |= {"id": "it is no number"} if "id" in job else {}
    called = called_of(data)
    return data, Origin(job=called, fields=job, own=wrong_rows(called, job, wrong))


def _placed(job: Json, place: Json) -> Json:
    """The job with what its environment says of it; dbt Cloud leaves that out of its lists."""
    if isinstance(job.get("environment"), Mapping):
        return job
    facts = {key: place[key] for key in OF_ENVIRONMENTS if place.get(key)}
    return {**job, "environment": facts} if facts else job


def drafted_of(
    jobs: Sequence[Json],
    environments: Mapping[str, str],
    retold: Retold = lambda _, rows: rows,
    hint: str = SAVE,
) -> Draft:
    """A draft of jobs as the API has them; ``environments`` are names by number.

    ``retold`` turns the rows of a job into those of the file that it is written in.
    """
    draft = Draft(top={"state": "github"})
    retold = _told_apart(jobs, retold)
    numbers = numbered(jobs, environments)
    if numbers.project != ".":
        draft.top = {"project": numbers.project, **draft.top}
    for job in numbers.jobs.values():
        rows: list[Row] = []
        job_into(draft, Fields(job.data, rows, job.called), job, numbers)
        told = [*retold(job, rows)]
        decided(draft, job, told)
        draft.rows += told
    for job in numbers.others:
        draft.rows += retold(job, _left_out(job))
    if not draft.jobs:
        raise ConfigInvalid(
            "there is no job to import",
            why=f"{len(jobs)} are there, and each is deleted or without a dbt command"
            if jobs
            else "",
            hint=hint,
        )
    _versions(draft, numbers)
    _secrets_everywhere(draft, numbers, retold)
    return draft


def _told_apart(jobs: Sequence[Json], retold: Retold) -> Retold:
    """The rows of jobs that are called alike with the numbers that tell them apart."""
    alike = called_alike(jobs)

    def told(job: CloudJob, rows: list[Row]) -> Iterable[Row]:
        for row in retold(job, rows):
            named = row.job and job.called in alike
            yield replace(row, job=f"{row.job} ({job.number})") if named else row

    return told


def _left_out(job: CloudJob) -> list[Row]:
    rows: list[Row] = []
    fields = Fields(job.data, rows, job.called)
    deleted = job.data.get("state") == DELETED
    why = "the job is deleted in dbt Cloud" if deleted else f"the job is left out: {NO_STEP}"
    for index, steps in enumerate(job.commands if not deleted else ()):
        for step in steps:
            hint = step.hint or "import the job that it defers to as well"
            reason = step.why if step.step is None else "it needs state"
            fields.part("execute_steps", index, "dropped", why=f"{why} ({reason})", hint=hint)
    fields.rest(why)
    return rows


def _versions(draft: Draft, numbers: Numbers) -> None:
    """Say above each environment which versions of dbt ran there: a job may have one of its own."""
    found: dict[str, dict[str, None]] = {}
    for job in numbers.jobs.values():
        place = job.data.get("environment")
        of_place = place.get("dbt_version") if isinstance(place, Mapping) else None
        if version := job.data.get("dbt_version") or of_place:
            for name in job.places:
                found.setdefault(name, {})[str(version)] = None
    for name, versions in found.items():
        said = " and ".join(versions)
        comment = f"dbt Cloud ran dbt {said} here: pin `dbt: {{core: …, adapter: …}}`."
        draft.comments[("environments", name)] = clean(comment)


def _secrets_everywhere(draft: Draft, numbers: Numbers, retold: Retold) -> None:
    """What is secret for one job of an environment is no plain value of another."""
    for job in numbers.jobs.values():
        secrets = draft.environments.get(job.environment, {}).get("secrets", [])
        for name, place in ((job.name, job.environment), (job.ci_name, job.ci_environment)):
            there = draft.jobs.get(name, {}).get("environment") == place
            if not there or not secrets:
                continue
            draft.environments.setdefault(place, {})["secrets"] = [*secrets]
            env = draft.jobs[name].get("env", {})
            for secret in [each for each in secrets if each in env]:
                del env[secret]
                draft.rows += retold(job, [_hidden(job, secret)])


def _hidden(job: CloudJob, name: str) -> Row:
    return Row(
        job=job.called,
        field=f"environment_variables.{name}",
        value="(hidden)",
        fate="dropped",
        why="it is a secret for another job of the same environment",
        hint="give the variable another name in one of the jobs",
    )


def _once(jobs: Iterable[Json]) -> list[Json]:
    """Pages repeat jobs where some were added between two requests."""
    found: dict[object, Json] = {}
    for job in jobs:
        found.setdefault(str(job["id"]) if "id" in job else len(found), job)
    return list(found.values())


def of_project(jobs: Sequence[Json], project: str) -> list[Json]:
    numbers = sorted({str(job.get("project_id", "")) for job in jobs})
    if project and project not in numbers:
        listed = ", ".join(number for number in numbers if number) or "none"
        raise ConfigInvalid(f"there is no job of project {project}", why=f"there are: {listed}")
    if not project and len(numbers) > 1:
        raise ConfigInvalid(
            f"the jobs are of {len(numbers)} projects: {', '.join(numbers)}",
            why="a jobs file is that of one dbt project",
            hint=f"choose one: --project {next(number for number in numbers if number)}",
        )
    return [job for job in jobs if not project or str(job.get("project_id", "")) == project]


def _items(file: Path) -> Iterator[Json]:
    data = _json(file)
    inside = data["data"] if isinstance(data, Mapping) and "data" in data else data
    if inside is None or (isinstance(data, Mapping) and _refused(data)):
        why = clipped(one_line(message_of(data)), 200)
        raise ConfigInvalid(f"{file} is an error that dbt Cloud answered", why=why, hint=SAVE)
    items = inside if isinstance(inside, list) else [inside]
    for index, item in enumerate(items):
        sound = isinstance(item, Mapping) and isinstance(item.get("execute_steps", []), list)
        if not sound or not ("execute_steps" in item or ("id" in item and "name" in item)):
            raise ConfigInvalid(
                f"{file} has something that is no job of dbt Cloud (number {index + 1})",
                why="a job is a mapping with a list of `execute_steps`",
                hint=SAVE,
            )
        yield item


def _refused(data: Json) -> bool:
    status = data.get("status")
    code = status.get("code") if isinstance(status, Mapping) else None
    return isinstance(code, int) and code >= 400


def _json(file: Path) -> Any:
    try:
        with file.open("rb") as stream:
            return decoded(stream.read(MOST_BYTES + 1))
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigInvalid(f"{file} can't be read", why=why, hint=SAVE) from error
    except NotJson as error:
        raise ConfigInvalid(
            f"{file}{error.place} {error.what}", why=error.why, hint=SAVE
        ) from error
