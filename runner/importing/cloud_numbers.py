"""What the numbers of dbt Cloud mean in the jobs file: the names of jobs and environments.

Also which of the jobs can be imported at all: a job whose steps all need a deferral that isn't there is
left out, and what defers to it, or comes after it, then too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runner.importing.cloud_folders import ELSEWHERE, folder_of, folder_of_most, started_in
from runner.importing.cloud_names import called_of, texts_for_names, without_identifier
from runner.importing.commands import StepOf, steps_of
from runner.importing.draft import name_of
from runner.importing.projects import most_used, only_of
from runner.steps import parse_step

Json = Mapping[str, Any]
DELETED = 2


@dataclass(frozen=True, kw_only=True)
class CloudJob:
    """A job and its names; ``called`` is what dbt Cloud calls it, ``name`` the jobs file.

    Where pull requests start it and something else too, it is two jobs: the other's name is ``ci_name``.
    ``folder`` is where it runs, from the repository; ``commands`` are the steps of each of its
    `execute_steps`.
    """

    data: Json
    called: str
    name: str
    ci_name: str
    environment: str
    ci_environment: str
    pull_requests: bool
    deploys: bool
    folder: str
    commands: tuple[tuple[StepOf, ...], ...]

    @property
    def number(self) -> str:
        return str(self.data.get("id", ""))

    @property
    def title(self) -> str:
        """What people call it, without what dbt-jobs-as-code writes at a name's end."""
        return without_identifier(self.called)

    @property
    def places(self) -> tuple[str, ...]:
        """The environments of the one or two jobs that it is."""
        deployed = (self.environment,) if self.deploys else ()
        return (*deployed, self.ci_environment) if self.pull_requests else deployed

    @property
    def steps(self) -> tuple[StepOf, ...]:
        return tuple(step for steps in self.commands for step in steps)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """``jobs`` are those that are imported, by dbt Cloud's numbers; ``others`` can't be.

    ``project`` is the folder of their dbt project.
    """

    jobs: Mapping[str, CloudJob] = field(default_factory=dict)
    others: tuple[CloudJob, ...] = ()
    environments: Mapping[str, str] = field(default_factory=dict)
    project: str = "."

    def deferral(self, job: CloudJob) -> tuple[str, str]:
        """What it defers to, as the jobs file says it, and why not where that is "" though it does."""
        number, place = _deferral_numbers(job.data)
        if number:
            other = self.jobs.get(number)
            if number == job.number:
                return ("self", "") if job.deploys else ("", "only pull requests start that job")
            if other is None:
                return "", f"job {number} isn't among those that are imported"
            if not other.deploys:
                return "", f"only pull requests start job `{other.name}`, so it publishes no state"
            return self._unambiguous("job", other.name), ""
        if place:
            name = self.environments.get(place)
            if name is None or not any(
                each.deploys and each.environment == name for each in self.jobs.values()
            ):
                return "", f"no job that is imported publishes state in environment {place}"
            return self._unambiguous("environment", name), ""
        return "", ""

    def _unambiguous(self, kind: str, name: str) -> str:
        both = name in self.environments.values() and name in self.names
        return f"{kind}:{name}" if both else name

    @property
    def names(self) -> set[str]:
        return {name for job in self.jobs.values() for name in (job.name, job.ci_name)}


def numbered(jobs: Iterable[Json], environments: Mapping[str, str]) -> Numbers:
    """``environments`` are dbt Cloud's own names by number, as far as they are known."""
    found = [*jobs]
    live = [data for data in found if data.get("state") != DELETED]
    # What is gone takes no name from what is there.
    found = [*live, *(data for data in found if data.get("state") == DELETED)]
    places = _places(found, environments)
    taken: set[str] = set()
    folder = folder_of_most(live)
    texts = [*texts_for_names(live), *(called_of(data) for data in found[len(live) :])]
    everything = [
        _planned(data, text, places, live, taken, folder)
        for data, text in zip(found, texts, strict=True)
    ]
    project = most_used(step for job in everything[: len(live)] for step in job.steps)
    planned = [_of_project(job, project) for job in everything]
    alive = {job.number: job for job in planned[: len(live)]}
    while True:
        numbers = Numbers(
            jobs=alive,
            others=tuple(job for job in planned if job.number not in alive),
            environments=places,
            project=project,
        )
        left = {number: job for number, job in alive.items() if kept_steps(job, numbers)}
        if len(left) == len(alive):
            return numbers
        alive = left


def kept_steps(job: CloudJob, numbers: Numbers) -> list[StepOf]:
    """The steps that the job has in the jobs file too."""
    return [step for step in job.steps if not left_out(step, job, numbers)]


def left_out(step: StepOf, job: CloudJob, numbers: Numbers) -> str:
    """Why a step can't be in the jobs file; "" where it can."""
    if step.step and lacks_state(step) and not numbers.deferral(job)[0]:
        return f"`{step.step}` needs state, and the job defers to nothing"
    return "" if step.step else step.why


def lacks_state(step: StepOf) -> bool:
    """Whether it selects by state, or clones from it, for which a job needs a deferral."""
    if step.step is None:
        return False
    found = parse_step(step.step)
    return found.needs_state or found.command == "clone"


def by_pull_requests(data: Json) -> bool:
    triggers = _of(data, "triggers")
    hooks = triggers.get("github_webhook") or triggers.get("git_provider_webhook")
    return data.get("job_type") == "ci" or bool(hooks)


def only_by_pull_requests(data: Json) -> bool:
    triggers = _of(data, "triggers")
    others = triggers.get("schedule") or triggers.get("on_merge")
    chained = data.get("job_completion_trigger_condition")
    return by_pull_requests(data) and (data.get("job_type") == "ci" or not (others or chained))


def _planned(
    data: Json,
    text: str,
    places: Mapping[str, str],
    live: list[Json],
    taken: set[str],
    otherwise: str,
) -> CloudJob:
    name = _taken(text, taken)
    pull_requests, alone = by_pull_requests(data), only_by_pull_requests(data)
    number = str(data.get("environment_id", ""))
    place = places[number]
    shared = any(
        str(each.get("environment_id", "")) == number and not only_by_pull_requests(each)
        for each in live
    )
    commands = data.get("execute_steps")
    folder = folder_of(data, otherwise)
    return CloudJob(
        data=data,
        called=called_of(data),
        name=name,
        ci_name=_taken(f"{name}-ci", taken) if pull_requests and not alone else name,
        environment=place,
        ci_environment=f"{place}-ci" if shared else place,
        pull_requests=pull_requests,
        deploys=not alone,
        folder=folder,
        commands=tuple(
            tuple(started_in(folder, step) for step in steps_of(str(command)))
            for command in (commands if isinstance(commands, list) else ())
        ),
    )


def _of_project(job: CloudJob, project: str) -> CloudJob:
    """The job without the steps of other projects than the jobs file's."""
    commands = (
        tuple(only_of(project, step, ELSEWHERE) for step in steps) for steps in job.commands
    )
    return replace(job, commands=tuple(commands))


def _taken(text: str, taken: set[str]) -> str:
    name = name_of(text, taken)
    taken.add(name)
    return name


def _places(jobs: list[Json], known: Mapping[str, str]) -> dict[str, str]:
    """Names of environments by number; any of their jobs may say what they are called."""
    names: dict[str, Any] = {}
    for data in jobs:
        number = str(data.get("environment_id", ""))
        named = known.get(number) or _of(data, "environment").get("name")
        names[number] = names.get(number) or named
    places: dict[str, str] = {}
    for number, called in names.items():
        taken = {name for place in places.values() for name in (place, f"{place}-ci")}
        text = str(called or f"environment-{number}".strip("-"))
        name = name_of(text, taken, "environment")
        while f"{name}-ci" in taken:
            taken.add(name)
            name = name_of(text, taken, "environment")
        places[number] = name
    return places


def _deferral_numbers(data: Json) -> tuple[str, str]:
    job, place = data.get("deferring_job_definition_id"), data.get("deferring_environment_id")
    return str(job or ""), str(place or "")


def _of(data: Json, key: str) -> Json:
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}
