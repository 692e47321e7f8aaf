"""Resources in the JSON of ``terraform show -json``: of a state, or of a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.errors import ConfigInvalid
from runner.importing.hcl_values import Unresolved
from runner.importing.resources import Address, Resource, now_called

Json = Mapping[str, Any]
PRINT = "print it again: `terraform show -json > show.json`"
LATER = "Terraform knows it after `terraform apply`"
_INDEX = re.compile(r"\[[^\]]*\]")


def resources_in(file: Path, data: Any) -> list[Resource]:
    """The resources of a state or a plan, with those of modules; raises ConfigInvalid."""
    if not isinstance(data, Mapping):
        raise ConfigInvalid(f"{file} isn't what `terraform show -json` prints", hint=PRINT)
    if "values" not in data and "planned_values" not in data:
        raise ConfigInvalid(f"{file} has no resources of Terraform", why=_other(data), hint=PRINT)
    root = _of(_of(data, "planned_values") or _of(data, "values"), "root_module")
    found = [*_resources(root)]
    links = _References(_of(_of(data, "configuration"), "root_module"), found)
    return [links.added(module, each) for module, each in found]


def _other(data: Json) -> str:
    if "resources" in data and "version" in data:
        return "it is the state file itself, whose form is Terraform's own"
    if "resource" in data:
        return "it is a configuration in JSON, in which values aren't worked out"
    return "the state, or the plan, is empty"


def _resources(module: Json) -> Iterator[tuple[str, Resource]]:
    """Each with the address of its module, "" of the root."""
    for item in _list(module.get("resources")):
        kind = now_called(str(item.get("type", "")))
        if item.get("mode") == "managed" and kind.startswith("dbtcloud_"):
            yield str(module.get("address", "")), _resource(kind, item)
    for child in _list(module.get("child_modules")):
        yield from _resources(child)


def _resource(kind: str, item: Json) -> Resource:
    values = dict(_of(item, "values"))
    address = str(item.get("address", ""))
    index = item.get("index")
    return Resource(
        type=kind,
        address=address,
        number=_number(kind, values) or address,
        label=str(item.get("name", "")) if index is None else f"{item.get('name')}-{index}",
        values=values,
        sensitive=frozenset(n for n, mark in _of(item, "sensitive_values").items() if _any(mark)),
    )


def _any(mark: Any) -> bool:
    """Whether a part of a value is marked as sensitive."""
    if isinstance(mark, Mapping):
        return any(map(_any, mark.values()))
    return any(map(_any, mark)) if isinstance(mark, list) else mark is True


def _number(kind: str, values: Json) -> str:
    """dbt Cloud's own; of an environment `id` is `PROJECT:ENVIRONMENT`."""
    own = values.get(f"{kind.removeprefix('dbtcloud_')}_id")
    return str(own or values.get("id") or "").rpartition(":")[2]


class _References:
    """What a plan doesn't know yet: which resource an attribute will have the number of."""

    def __init__(self, root: Json, found: list[tuple[str, Resource]]) -> None:
        self._expressions: dict[str, Json] = {}
        self._take("", root)
        self._numbers = {each.address: each.number for _, each in found}

    def _take(self, prefix: str, module: Json) -> None:
        for item in _list(module.get("resources")):
            self._expressions[f"{prefix}{item.get('address')}"] = _of(item, "expressions")
        for name, call in _of(module, "module_calls").items():
            self._take(f"{prefix}module.{name}.", _of(call, "module"))

    def added(self, module: str, resource: Resource) -> Resource:
        expressions = self._expressions.get(_INDEX.sub("", resource.address), {})
        values = dict(resource.values)
        for name in ("environment_id", "project_id", "deferring_environment_id", "deferring_job_id",
                     "job_definition_id", "job_id", "trigger_job_id"):  # fmt: skip
            if values.get(name) is None and _references(expressions.get(name)):
                values[name] = self._value(module, _references(expressions.get(name))[0])
        self._conditions(module, values, expressions)
        return Resource(**{**vars(resource), "values": values})

    def _conditions(self, module: str, values: dict[str, Any], expressions: Json) -> None:
        key = "job_completion_trigger_condition"
        blocks = _list(values.get(key))
        written = _list(expressions.get(key))
        if blocks and len(blocks) == len(written):
            pairs = zip(blocks, written, strict=True)
            values[key] = [self._condition(module, *pair) for pair in pairs]

    def _condition(self, module: str, block: Json, written: Json) -> Json:
        references = _references(written.get("job_id"))
        if block.get("job_id") is not None or not references:
            return block
        return {**block, "job_id": self._value(module, references[0])}

    def _value(self, module: str, reference: str) -> Any:
        address = reference.rpartition(".")[0]
        whole = f"{module}.{address}" if module else address
        if whole in self._numbers:
            return Address(self._numbers[whole])
        return Unresolved(text=reference, why=LATER)


def _references(expression: Any) -> list[str]:
    found = expression.get("references") if isinstance(expression, Mapping) else None
    return [str(each) for each in found] if isinstance(found, list) else []


def _of(data: Json, key: str) -> Json:
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
