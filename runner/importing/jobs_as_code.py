"""Files of dbt-jobs-as-code, ``jobs: {identifier: job}``, as the draft of a jobs file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.config.nodes import Entry, plain
from runner.config.nodes import Mapping as Node
from runner.config.text import Source, shown
from runner.errors import ConfigInvalid
from runner.importing.cloud_job import OWN
from runner.importing.cloud_names import without_identifier
from runner.importing.cloud_values import typed
from runner.importing.dbt_cloud import drafted_of, of_project
from runner.importing.draft import Draft
from runner.importing.fields import UNKNOWN, Fields
from runner.importing.reading import Kind, files_of, mapping_in, read_text, wrong
from runner.importing.retelling import Origin, Origins, left_row, wrong_rows
from runner.importing.rows import Row
from runner.importing.secret_names import HIDDEN
from runner.importing.templates import VARS, rendered, variables

KIND = Kind(name="a file of dbt-jobs-as-code", patterns=("*.yml", "*.yaml"))
MOST_BYTES = 16 * 1024 * 1024
VARIABLES = "custom_environment_variables"
# dbt-jobs-as-code's own defaults, where they aren't those of dbt Cloud's API.
THREADS = 4
EVERY_STATUS = (10, 20, 30)
NUMBERS = ("deferring_job_definition_id", "job_completion_trigger_condition")
# What dbt Cloud's API wants, and a jobs file doesn't.
ITS_OWN = ("account_id", "identifier", "project_id")
ONLY_CRON = "dbt-jobs-as-code reads `schedule.cron` alone"
NO_JOB = "dbt-jobs-as-code's files have `jobs: {identifier: {…}}`"


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A job as it stands in a file, at ``place``."""

    identifier: str
    fields: Mapping[str, Any]
    place: str


def read(
    paths: Sequence[Path],
    vars_files: Sequence[Path] = (),
    project: str = "",
    environments: Mapping[str, str] | None = None,
) -> Draft:
    """The jobs of files, globs or folders; of ``project``, dbt Cloud's number, alone.

    ``environments`` are names by dbt Cloud's number. Raises ConfigInvalid.
    """
    values = variables(files_of(vars_files, VARS))
    rows: list[Row] = []
    jobs: dict[str, _Job] = {}
    for file in files_of(paths, KIND):
        for source, job in _jobs(file, values, rows):
            _add(jobs, source, job)
    _check_numbers(jobs.values())
    data, origins = {}, {}
    for job in jobs.values():
        data[job.identifier], origins[_number(job)] = _as_cloud(job)
    kept = of_project([*data.values()], project)
    draft = drafted_of(kept, environments or {}, Origins(origins).retold, NO_JOB)
    described = {job.identifier for job in jobs.values() if job.fields.get("description")}
    draft.rows = [*rows, *(_in_own_words(row, described) for row in draft.rows)]
    return draft


def _jobs(
    file: Path, values: Mapping[str, Any], rows: list[Row]
) -> Iterator[tuple[tuple[Source, Entry], _Job]]:
    template = read_text(file, KIND, MOST_BYTES)
    source = rendered(template, values)
    try:
        root = mapping_in(source, KIND)
    except ConfigInvalid as error:
        if len(source.lines) == len(template.lines):
            raise
        why = f"lines are counted after Jinja has been worked out; {error.why}".rstrip("; ")
        raise ConfigInvalid(error.what, why=why, hint=error.hint) from error
    fields = Fields({key: plain(entry.node) for key, entry in root.entries.items()}, rows)
    jobs = root.get("jobs")
    if isinstance(jobs, Node) and jobs.entries:
        fields.pass_on("jobs")
    else:
        fields.dropped("jobs", "there is no job in it")
    fields.translated("anchors", "jobs", "what they name is written out in each job")
    fields.rest("only `jobs` are jobs; what it is an anchor of is written out there")
    for name, entry in root.mapping("jobs").entries.items():
        yield (source, entry), _job(source, name, entry)


def _job(source: Source, name: str, entry: Entry) -> _Job:
    place = f"{source.file}:{entry.key.span.line}"
    if not isinstance(entry.node, Node):
        hint = "a job is a mapping with a list of `execute_steps`"
        what = f"the job {shown(name)} is no mapping"
        raise wrong(source, entry.node.span, what, hint)
    fields = {key: plain(inner.node) for key, inner in entry.node.entries.items()}
    if not isinstance(fields.get("execute_steps"), list):
        hint = 'write `execute_steps: ["dbt build"]`'
        what = f"the job {shown(name)} has no list of `execute_steps`"
        raise wrong(source, entry.key.span, what, hint)
    return _Job(identifier=name, fields=fields, place=place)


def _add(jobs: dict[str, _Job], at: tuple[Source, Entry], job: _Job) -> None:
    if first := jobs.get(job.identifier):
        source, entry = at
        what = f"the job {shown(job.identifier)} is there twice"
        hint = "give one of them another identifier, or name only one of the files"
        why = f"it stands in {first.place} too"
        raise wrong(source, entry.key.span, what, hint, why)
    jobs[job.identifier] = job


def _check_numbers(jobs: Iterable[_Job]) -> None:
    known: dict[str, _Job] = {}
    for job in jobs:
        first = known.setdefault(_number(job), job)
        if first is not job:
            raise ConfigInvalid(
                f"{job.place}: `linked_id` is {_number(job)}, as in {first.place}",
                why="a job of dbt Cloud is one job",
                hint="correct one of the two, or remove it",
            )


def _number(job: _Job) -> str:
    """dbt Cloud's where it is known, else what no number is."""
    return str(job.fields.get("linked_id") or job.fields.get("id") or f"[[{job.identifier}]]")


def _as_cloud(job: _Job) -> tuple[dict[str, Any], Origin]:
    """As the API would have it, and how to tell of it in the file's own words."""
    data, wrong_ones = typed(job.fields)
    own = wrong_rows(job.identifier, job.fields, wrong_ones)
    names: dict[str, tuple[str, ...]] = {"id": ("linked_id", "id")}
    title = without_identifier(str(job.fields.get("name") or job.identifier))
    for name in ("linked_id", VARIABLES):
        data.pop(name, None)
    data |= {"id": _number(job), "name": f"{title} [[{job.identifier}]]"}
    data["settings"] = {"threads": THREADS, **(data.get("settings") or {})}
    data["environment_variables"], more = _variables(job)
    own += _no_variables(job)
    names |= more
    schedule = data.get("schedule")
    if isinstance(schedule, Mapping):
        data["schedule"] = {"cron": schedule.get("cron")}
        own += [
            left_row(job.identifier, job.fields, f"schedule.{name}", ONLY_CRON)
            for name in schedule
            if name != "cron"
        ]
        names["schedule"] = ("schedule.cron",) if "cron" in schedule else ("schedule",)
    data |= _condition(data)
    flat = {**job.fields}
    if isinstance(schedule, Mapping) and "cron" in schedule:
        flat["schedule.cron"] = schedule["cron"]
    return data, Origin(job=job.identifier, fields=flat, names=names, own=own)


def _condition(data: Mapping[str, Any]) -> dict[str, Any]:
    """A completion without statuses is of every one."""
    key = "job_completion_trigger_condition"
    outer = data.get(key)
    inner = outer.get("condition") if isinstance(outer, Mapping) else None
    if not isinstance(inner, Mapping) or inner.get("statuses") is not None:
        return {}
    return {key: {"condition": {**inner, "statuses": EVERY_STATUS}}}


def _variables(job: _Job) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Environment variables by name, and the fields that they come from."""
    given = job.fields.get(VARIABLES)
    values: dict[str, Any] = {}
    names: dict[str, tuple[str, ...]] = {}
    for index, each in enumerate(given if isinstance(given, list) else ()):
        for name, value in each.items() if isinstance(each, Mapping) else ():
            values[str(name)] = str(value).lower() if isinstance(value, bool) else value
            names[f"environment_variables.{name}"] = (f"{VARIABLES}[{index}].{name}",)
    return values, names


def _no_variables(job: _Job) -> Iterator[Row]:
    """Rows of what isn't written as a variable; it may hold a secret's value, so it isn't repeated."""
    given = job.fields.get(VARIABLES)
    rows: list[Row] = []
    hint = "write `- DBT_NAME: value`"
    if isinstance(given, list) and given:
        fields = Fields({VARIABLES: [HIDDEN] * len(given)}, rows, job.identifier)
        for index, each in enumerate(given):
            if not isinstance(each, Mapping):
                why = "it is no name with a value"
                fields.part(VARIABLES, index, "dropped", why=why, hint=hint)
    elif given:
        fields = Fields({VARIABLES: HIDDEN}, rows, job.identifier)
        fields.dropped(VARIABLES, "it is no list of names with values", hint)
    elif VARIABLES in job.fields:
        rows.append(left_row(job.identifier, job.fields, VARIABLES, "it names no variable"))
    yield from rows


def _in_own_words(row: Row, described: set[str]) -> Row:
    """What dbt-jobs-as-code has otherwise than dbt Cloud's API."""
    if row.fate == "dropped" and row.field in NUMBERS and "isn't among" in row.why:
        hint = "write `linked_id`, dbt Cloud's number, to the job that it means, and import again"
        return replace(row, hint=hint)
    own = row.why == OWN and row.field.partition(".")[0] in ITS_OWN
    if row.why in (OWN, UNKNOWN) and not own:
        return replace(row, why=UNKNOWN, hint="is it spelt as dbt-jobs-as-code spells it?")
    if row.field == "name" and row.fate == "translated":
        if row.job in described:
            why = "the identifier names the job, and the description describes it"
            return replace(row, fate="dropped", to="", why=why)
        why = "the identifier names the job, and the name describes it"
        return replace(row, to=f"{row.to}.description", why=why)
    return row
