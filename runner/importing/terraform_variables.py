"""Environment variables that Terraform gives to the jobs of dbt Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.importing.fields import shown
from runner.importing.hcl_values import Unresolved, as_text, known, spelt
from runner.importing.resources import SHOW, Resource
from runner.importing.rows import Row
from runner.importing.secret_names import HIDDEN, looks_secret
from runner.importing.terraform_job import Variable, number_of

STARS = "**********"  # how dbt Cloud writes what is secret
OF_PROJECT = "project"


class EnvironmentVariables:
    """Variables of environments, and what jobs have instead; what no job has is told at the end."""

    def __init__(self, variables: Sequence[Resource], overrides: Sequence[Resource]) -> None:
        self._variables = variables
        self._overrides: dict[str, list[Resource]] = {}
        for each in overrides:
            number = number_of(each.values.get("job_definition_id"))
            self._overrides.setdefault(number, []).append(each)
        self._used: set[tuple[str, str]] = set()

    def of(self, job: Resource, environment: Resource | None) -> dict[str, Variable]:
        """By name; of a job in an environment, which is None where the files don't have it."""
        found: dict[str, Variable] = {}
        place = as_text(known(environment.values.get("name"))[0]) if environment else ""
        for each in self._variables:
            values = each.values.get("environment_values")
            if _projects_differ(each, job) or not isinstance(values, Mapping):
                continue
            levels = {
                level: {"value": self._value(each, key, values[key])}
                for level, key in ((OF_PROJECT, OF_PROJECT), ("environment", place))
                if key and key in values
            }
            self._take(found, each, levels)
        for each in self._overrides.get(job.number, ()):
            value = self._value(each, "raw_value", each.values.get("raw_value"))
            self._take(found, each, {"job": {"value": value}})
        return found

    def _take(
        self, found: dict[str, Variable], resource: Resource, levels: dict[str, dict[str, Any]]
    ) -> None:
        name = as_text(known(resource.values.get("name"))[0])
        levels = {level: each for level, each in levels.items() if each["value"] is not None}
        if not name or not levels:
            return
        before = found[name].levels if name in found else {}
        values = [each["value"] for each in levels.values()]
        secret = looks_secret(name) or STARS in values
        found[name] = Variable(
            levels={**before, **levels},
            address=resource.address,
            shown=HIDDEN if secret else values[-1],
        )

    def _value(self, resource: Resource, key: str, value: Any) -> Any:
        """As text; stars of what is secret, None of what isn't known."""
        attribute = "raw_value" if key == "raw_value" else "environment_values"
        name = as_text(known(resource.values.get("name"))[0])
        hidden = attribute in resource.sensitive or looks_secret(name)
        if isinstance(value, Unresolved):
            hidden = hidden or value.sensitive
            if not hidden:
                return None
        self._used.add((resource.address, key))
        return STARS if hidden else None if value is None else as_text(value)

    def left(self) -> Iterator[Row]:
        """Rows of values that no job has."""
        for each in self._variables:
            values = each.values.get("environment_values")
            for key, value in values.items() if isinstance(values, Mapping) else [("", values)]:
                yield from self._unused(each, key, f"environment_values.{key}".strip("."), value)
        for overrides in self._overrides.values():
            for each in overrides:
                yield from self._unused(
                    each, "raw_value", "raw_value", each.values.get("raw_value")
                )

    def _unused(self, resource: Resource, key: str, path: str, value: Any) -> Iterator[Row]:
        if (resource.address, key) in self._used:
            return
        lost = isinstance(value, Unresolved)
        name = as_text(known(resource.values.get("name"))[0])
        secret = resource.sensitive or looks_secret(name)
        yield Row(
            job="",
            field=f"{resource.address}.{path}",
            value=HIDDEN if secret else shown(path, spelt(value)),
            fate="dropped",
            why=f"it isn't known here: {value.why}" if lost else "no job that is imported has it",
            hint=SHOW if lost else "",
        )


def _projects_differ(variable: Resource, job: Resource) -> bool:
    mine, other = (number_of(each.values.get("project_id")) for each in (variable, job))
    return bool(mine and other and mine != other)
