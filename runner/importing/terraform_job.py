"""A ``dbtcloud_job`` of Terraform's provider as dbt Cloud's API has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.importing.cloud_values import typed
from runner.importing.fields import Fields
from runner.importing.hcl_values import Unresolved, known, spelt
from runner.importing.resources import META, SHOW, Resource
from runner.importing.retelling import Origin
from runner.importing.rows import Row
from runner.importing.secret_names import HIDDEN

CHAIN = "job_completion_trigger_condition"
BLOCKS = (CHAIN, "execution")
# The same in Terraform's files and in the API.
ALIKE = (
    "compare_changes_flags", "cost_optimization_features", "dbt_version", "description",
    "errors_on_lint_failure", "execute_steps", "force_node_selection", "generate_docs", "job_type",
    "run_compare_changes", "run_generate_sources", "run_lint", "triggers", "triggers_on_draft_pr",
)  # fmt: skip
NAMES = {
    "id": ("id", "job_id"),
    "settings.threads": ("num_threads",),
    "settings.target_name": ("target_name",),
    "deferring_job_definition_id": ("deferring_job_id", "self_deferring"),
    "state": ("is_active",),
}
STEPS = "execute_steps"
THREADS = 1  # the provider's own, where a job says none
# Whose values may be told apart where they aren't known: what is written alike is the same.
NUMBERS = ("deferring_environment_id", "environment_id", "project_id")
SCHEDULE = (
    "schedule_type",
    "schedule_days",
    "schedule_hours",
    "schedule_interval",
    "schedule_cron",
)
OF_TERRAFORM = "it is Terraform's own"
IN_PROVIDER = ("resource_metadata", "validate_execute_steps")
NOT_KNOWN = "it isn't known here"


@dataclass(frozen=True, kw_only=True)
class Variable:
    """What an environment variable is worth for one job; ``address`` is the resource that says so."""

    levels: Mapping[str, Any]
    address: str
    shown: Any


@dataclass(frozen=True, kw_only=True)
class Around:
    """What else the files say of a job: its environment, its project, its variables, its chain."""

    environment: Resource | None = None
    project: Resource | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    chain: Resource | None = None


def called(resource: Resource) -> str:
    """The job's name, or the resource's where that isn't known."""
    name = known(resource.values.get("name"))[0]
    return str(name) if name else resource.label


def as_cloud(job: Resource, around: Around) -> tuple[dict[str, Any], Origin]:
    """As the API would have it, and how to tell of it in Terraform's words."""
    values = {name: _sound(name, value) for name, value in job.values.items()}
    data = {name: values[name] for name in ALIKE if values.get(name) is not None}
    data |= {"id": job.number, "name": called(job), **_numbers(job, values)}
    data |= _placed(around)
    threads, target = values.get("num_threads"), values.get("target_name")
    data["settings"] = {"threads": THREADS if threads is None else threads, "target_name": target}
    data["execution"] = {"timeout_seconds": values.get(_timeout_by(values)) or 0}
    if _timeout_by(values) == "execution":
        data["execution"] = _first(values["execution"])
    schedule, used = _schedule(values)
    if not any(known(job.values.get(name))[1] for name in SCHEDULE):
        data["schedule"] = schedule
    data |= _chain(values, around)
    if values.get("is_active") in (False, "false"):
        data["state"] = 2
    elif "is_active" in values:
        data["state"] = 1
    if _lost_steps(job):  # what is left of it may be green, and build nothing
        data["deactivated"] = True
    data["environment_variables"] = {n: {**each.levels} for n, each in around.variables.items()}
    data, wrong = typed(data)
    return data, _origin(job, around, used, wrong)


def _lost_steps(job: Resource) -> bool:
    return bool(known(job.values.get(STEPS))[1])


def _numbers(job: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    own = values.get("self_deferring") in (True, "true")
    return {
        "deferring_environment_id": number_of(job.values.get("deferring_environment_id") or None),
        "environment_id": number_of(job.values.get("environment_id")),
        "project_id": number_of(job.values.get("project_id")),
        "deferring_job_definition_id": job.number if own else values.get("deferring_job_id"),
    }


def number_of(value: Any) -> str:
    """A number, what stands for it, or, where it isn't known, how it is written."""
    written = value.text if isinstance(value, Unresolved) else value
    return str(written) if value is not None else ""


def _sound(name: str, value: Any) -> Any:
    """What is known of a value; a block that isn't known in all its parts is still a block."""
    if name in BLOCKS and isinstance(value, list):
        return [known(each)[0] for each in value]
    return known(value)[0]


def _first(value: Any) -> Mapping[str, Any]:
    """The one block of its name: a list of one, or the mapping itself."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, Mapping) else {}


def _timeout_by(values: Mapping[str, Any]) -> str:
    """Which of the two counts: `execution` is the newer way to say it."""
    newer = _first(values.get("execution")).get("timeout_seconds")
    return "execution" if newer else "timeout_seconds"


def _schedule(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """As the provider makes it of five attributes, and which of them matter."""
    kind = values.get("schedule_type") or "every_day"
    date, used = {"type": kind}, ["schedule_type"]
    if kind == "days_of_week":
        date["days"] = _whole(values.get("schedule_days"))
        used.append("schedule_days")
    elif kind != "every_day" and values.get("schedule_cron"):
        date["cron"] = values["schedule_cron"]
        return {"date": date}, ("schedule_type", "schedule_cron")
    if hours := values.get("schedule_hours"):
        return {"date": date, "time": {"type": "at_exact_hours", "hours": _whole(hours)}}, (
            *used,
            "schedule_hours",
        )
    interval = _whole([values.get("schedule_interval") or 1])
    return {"date": date, "time": {"type": "every_hour", "interval": interval[0]}}, (
        *used,
        "schedule_interval",
    )


def _whole(value: Any) -> Any:
    """Whole numbers, which may stand in quotes, or come as floats."""
    if not isinstance(value, list):
        return value
    return [int(each) if _is_whole(each) else each for each in value]


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float | str) and bool(
        re.fullmatch(r"[0-9]{1,4}(\.0)?", str(value))
    )


def _placed(around: Around) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if around.environment:
        place = {name: known(each)[0] for name, each in around.environment.values.items()}
        place = {name: each for name, each in place.items() if each is not None}
    folder = (
        known(around.project.values.get("dbt_project_subdirectory"))[0] if around.project else ""
    )
    if folder:
        place["dbt_project_subdirectory"] = folder
    return {"environment": place} if place else {}


def _chain(values: Mapping[str, Any], around: Around) -> dict[str, Any]:
    if block := _first(values.get(CHAIN)):
        return {CHAIN: {"condition": _condition(block, block.get("job_id"))}}
    if around.chain:
        own = {name: known(each)[0] for name, each in around.chain.values.items()}
        return {CHAIN: {"condition": _condition(own, own.get("trigger_job_id"))}}
    return {}


def _condition(block: Mapping[str, Any], job: Any) -> dict[str, Any]:
    given = block.get("statuses")
    statuses = [_spelt_here(str(each)) for each in given] if isinstance(given, list) else []
    return {"job_id": job, "statuses": statuses}


def _spelt_here(status: str) -> str:
    return "cancelled" if status == "canceled" else status


def _origin(
    job: Resource, around: Around, used: tuple[str, ...], wrong: Mapping[str, str]
) -> Origin:
    fields = {
        name: HIDDEN if name in job.sensitive else spelt(value)
        for name, value in job.values.items()
    }
    timeout = _timeout_by({name: _sound(name, value) for name, value in job.values.items()})
    names: dict[str, tuple[str, ...]] = {
        **NAMES,
        "schedule": used,
        "execution.timeout_seconds": (timeout,),
        **({"deactivated": (STEPS,)} if _lost_steps(job) else {}),
        "environment_variables": tuple(each.address for each in around.variables.values()),
    }
    for name, variable in around.variables.items():
        names[f"environment_variables.{name}"] = (variable.address,)
        fields[variable.address] = variable.shown
    if around.environment:
        names["environment"] = (f"/{around.environment.address}",)
    if around.project:
        names["environment.dbt_project_subdirectory"] = (
            f"/{around.project.address}.dbt_project_subdirectory",
        )
    if around.chain and CHAIN not in job.values:
        names[CHAIN] = (around.chain.address,)
        fields[around.chain.address] = spelt({**around.chain.values})
    own = [*_own_rows(job, used, wrong)]
    return Origin(job=called(job), fields=fields, names=names, own=own, notes=_notes(job))


def _notes(job: Resource) -> dict[str, str]:
    place = job.values.get("environment_id")
    if not isinstance(place, Unresolved):
        return {**job.notes}
    why = f"its value isn't known here ({place.why}), so the name is made of it"
    return {**job.notes, "environment_id": why}


def _own_rows(job: Resource, used: tuple[str, ...], wrong: Mapping[str, str]) -> Iterator[Row]:
    rows: list[Row] = []
    shown = {name: spelt(value) for name, value in job.values.items()}
    fields = Fields(shown, rows, called(job))
    timeout = _timeout_by({name: _sound(name, value) for name, value in job.values.items()})
    for name, value in job.values.items():
        if name in META or name in IN_PROVIDER:
            fields.dropped(name, OF_TERRAFORM)
        elif name not in NUMBERS and known(_telling(name, value))[1]:
            _tell_unknown(fields, name, _telling(name, value))
        elif name in SCHEDULE and name not in used:
            fields.dropped(name, f"the schedule is that of {' and '.join(used)}")
        elif name == "timeout_seconds" and timeout != name:
            fields.dropped(name, "`execution` says it")
    for path, why in wrong.items():
        for name in NAMES.get(path, (path,)):
            fields.dropped(name.partition(".")[0], why, "correct it, and import again")
    if isinstance(blocks := job.values.get(CHAIN), list) and len(blocks) > 1:
        fields.part(CHAIN, 1, "dropped", why="a job of dbt Cloud comes after one other", hint=SHOW)
    yield from rows


def _telling(name: str, value: Any) -> Any:
    """The parts of a value that a jobs file has a use for."""
    if name != CHAIN or not isinstance(value, list):
        return value
    needed = ("job_id", "statuses")
    return [
        {key: each.get(key) for key in needed} if isinstance(each, dict) else each for each in value
    ]


def _tell_unknown(fields: Fields, name: str, value: Any) -> None:
    lost = known(value)[1]
    hint = f"{SHOW}; until then the job is off (`enabled: false`)" if name == STEPS else SHOW
    if lost and isinstance(value, list):
        for index, each in enumerate(value):
            if inside := known(each)[1]:
                fields.part(name, index, "dropped", why=f"{NOT_KNOWN}: {inside[0].why}", hint=hint)
    elif lost:
        fields.dropped(name, f"{NOT_KNOWN}: {lost[0].why}", hint)
