"""Resources of Terraform's ``.tf`` files, with the values that are plain enough to be known from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import ConfigInvalid
from runner.importing.hcl import Block, Expression, read_hcl
from runner.importing.hcl_values import Unresolved, value_of
from runner.importing.resources import META, Address, Resource, now_called
from runner.importing.secret_names import looks_secret

SEVERAL = ("for_each", "count")
# What a resource is called by others: such an attribute stands in no file.
IDS = ("id", "job_id", "environment_id", "project_id")
NAMED_BY_ID = ("dbtcloud_job", "dbtcloud_environment", "dbtcloud_project")
BY_LOOP = "it is another for each of the resources that it stands for"


def read_files(files: Sequence[Path]) -> list[Resource]:
    """The resources of files, those of a folder being one module; raises ConfigInvalid."""
    folders: dict[Path, _Module] = {}
    for file in sorted(files, key=_precedence):
        folders.setdefault(file.parent, _Module()).take(file)
    several = len(folders) > 1
    return [
        each
        for folder, module in folders.items()
        for each in module.resources(f"{folder}/" if several else "")
    ]


def _precedence(file: Path) -> tuple[int, str]:
    """Of two values of a variable the later counts, as in Terraform: those of files named by hand last."""
    if file.suffix != ".tfvars":
        return 0, ""
    if file.name == "terraform.tfvars":
        return 1, ""
    return (2, file.name) if file.name.endswith(".auto.tfvars") else (3, "")


@dataclass(kw_only=True)
class _Module:
    """A folder's files; as a scope it says what their names mean."""

    variables: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    given: dict[str, Expression] = field(default_factory=dict)
    made: dict[str, Block] = field(default_factory=dict)
    called: list[Block] = field(default_factory=list)
    prefix: str = ""
    _open: set[str] = field(default_factory=set)
    _defaults: set[str] = field(default_factory=set)

    def take(self, file: Path) -> None:
        whole = read_hcl(file)
        if file.suffix == ".tfvars":
            self.given |= whole.attributes
            return
        for block in whole.blocks:
            if block.type in ("resource", "data") and len(block.labels) == 2:
                self._add(block)
            elif block.type == "variable" and block.labels:
                self.variables[block.labels[0]] = block
            elif block.type == "locals":
                self.locals |= block.attributes
            elif block.type == "module":
                self.called.append(block)

    def _add(self, block: Block) -> None:
        address = _address(block)
        if first := self.made.get(address):
            raise ConfigInvalid(
                f"{block.file}:{block.line}: {address} is there twice",
                why=f"it stands in {first.file}:{first.line} too",
                hint="remove one, or give it another name",
            )
        self.made[address] = block

    def resources(self, prefix: str) -> Iterator[Resource]:
        self.prefix = prefix
        for address, block in self.made.items():
            if block.type == "data" or not now_called(block.labels[0]).startswith("dbtcloud_"):
                continue
            yield self._resource(address, block)
        for block in self.called:
            yield Resource(
                type="module",
                address=f"module.{''.join(block.labels)}",
                number=f"{prefix}module.{''.join(block.labels)}",
                label="".join(block.labels),
                values={"source": self._value(block.attributes.get("source"))},
            )

    def _resource(self, address: str, block: Block) -> Resource:
        values: dict[str, Any] = {}
        notes: dict[str, str] = {}
        for name, expression in block.attributes.items():
            self._defaults.clear()
            values[name] = self._value(expression)
            if self._defaults:
                which = ", ".join(f"var.{each}" for each in sorted(self._defaults))
                notes[name] = f"{which} has its default here"
        for inner in block.blocks:
            _put(values, inner, self)
        return Resource(
            type=now_called(block.labels[0]),
            address=address,
            number=Address(f"{self.prefix}{address}"),
            label=block.labels[1],
            values=values,
            notes=notes,
            several=_several(values),
        )

    def _value(self, expression: Expression | None) -> Any:
        return None if expression is None else value_of(expression, self)

    def body(self, block: Block) -> dict[str, Any]:
        """The values of a block within a resource, with those of blocks in it."""
        values = {name: self._value(each) for name, each in block.attributes.items()}
        for inner in block.blocks:
            _put(values, inner, self)
        return values

    def named(self, path: Sequence[str | int], text: str) -> Any:
        head, *rest = path
        if head == "var" and rest:
            return _within(self._variable(str(rest[0]), text), rest[1:], text)
        if head == "local" and rest:
            return _within(self._local(str(rest[0]), text), rest[1:], text)
        if head in ("each", "count", "self"):
            return Unresolved(text=text, why=BY_LOOP)
        if head == "module":
            return Unresolved(text=text, why="it comes out of a module")
        data = head == "data"
        kind, *others = rest if data else path
        if str(kind).startswith(("dbtcloud_", "dbt_cloud_")) and others:
            return self._of_resource("data." if data else "", str(kind), others, text)
        return Unresolved(text=text, why="these files don't say it")

    def _variable(self, name: str, text: str) -> Any:
        block = self.variables.get(name)
        default = block.attributes.get("default") if block else None
        marked = bool(block and self._is_on(block.attributes.get("sensitive")))
        if marked or looks_secret(name):
            why = f"var.{name} is {'sensitive' if marked else 'a secret by its name'}"
            return Unresolved(text=text, why=why, sensitive=True)
        if name in self.given:
            return self._worked_out(f"var.{name}", self.given[name], text)
        if default is None:
            return Unresolved(text=text, why=f"var.{name} has no default in these files")
        self._defaults.add(name)
        return self._worked_out(f"var.{name}", default, text)

    def _is_on(self, expression: Expression | None) -> bool:
        return expression is not None and expression.text == "true"

    def _local(self, name: str, text: str) -> Any:
        if name not in self.locals:
            return Unresolved(text=text, why=f"local.{name} isn't in these files")
        return self._worked_out(f"local.{name}", self.locals[name], text)

    def _worked_out(self, name: str, expression: Expression, text: str) -> Any:
        if name in self._open:
            return Unresolved(text=text, why=f"{name} is made of itself")
        self._open.add(name)
        try:
            return self._value(expression)
        finally:
            self._open.discard(name)

    def _of_resource(self, data: str, kind: str, rest: list[str | int], text: str) -> Any:
        """An attribute of a resource, or what stands for the number that it will have."""
        name, *after = rest
        index = f"[{after.pop(0)}]" if len(after) > 1 else ""
        address = f"{data}{kind}.{name}"
        block = self.made.get(address)
        if len(after) != 1:
            return Unresolved(text=text, why="these files don't say it")
        attribute = str(after[0])
        if block and attribute in block.attributes:
            return self._worked_out(f"{address}.{attribute}", block.attributes[attribute], text)
        if now_called(kind) in NAMED_BY_ID and attribute in IDS:
            # The one that `count = 1` makes is called by an index, too.
            return Address(f"{self.prefix}{address}{'' if index == '[0]' else index}")
        return Unresolved(text=text, why=f"{address} doesn't say it in these files")


def _put(values: dict[str, Any], block: Block, module: _Module) -> None:
    """A block within a resource: one of a list, as `terraform show -json` has it."""
    if block.type == "dynamic":
        name = f"dynamic.{'.'.join(block.labels)}"
        values[name] = Unresolved(text=f"{block.file}:{block.line}", why=BY_LOOP)
    elif block.type in META:
        values[block.type] = module.body(block)
    else:
        values.setdefault(block.type, []).append(module.body(block))


def _several(values: Mapping[str, Any]) -> str:
    """`for_each` or `count` where the resource is several, or none."""
    for name in SEVERAL:
        if name in values and not (name == "count" and values[name] == 1):
            return name
    return ""


def _within(value: Any, path: Sequence[str | int], text: str) -> Any:
    """A part of a map or of a list."""
    for step in path:
        if isinstance(value, Unresolved):
            return value
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return Unresolved(text=text, why=f"there is no `{step}` in it")
    return value


def _address(block: Block) -> str:
    data = "data." if block.type == "data" else ""
    return f"{data}{'.'.join(block.labels)}"
