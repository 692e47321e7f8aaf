"""How messages name places, types and examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from runner.config.nodes import Mapping, Node, Path, Scalar, Sequence
from runner.config.text import printable, shown
from runner.unknown import nearest

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
    "object": "a mapping",
    "array": "a list",
}
_KINDS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
# What GitHub and dbt Cloud call otherwise.
SAME = {"failure": "error", "failed": "error", "fail": "error", "errored": "error"}


def dotted(path: Path) -> str:
    """``jobs.daily.steps[0]`` in backticks; the file itself where the path is empty."""
    if not path:
        return "the jobs file"
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return shown(text.removeprefix("."), most=120)


def joined(words: Iterable[str]) -> str:
    """Words with commas between."""
    return ", ".join(words)


def flow(value: object) -> str:
    """A value as YAML in one line: ``{to: production}``, ``[main]``, ``"0 4 * * *"``."""
    if isinstance(value, dict):
        pairs = joined(f"{key}: {flow(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{joined(flow(each) for each in value)}]"
    if isinstance(value, str) and (
        not value or value[0] in "*$@{[" or set(value) & set(":#,{}[]*")
    ):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value)


def an_example(schema: dict[str, Any], key: str = "") -> str:
    """The schema's first example, as one would write it; with its key where one is given."""
    value = flow((schema.get("examples") or [schema.get("default")])[0])
    return f"`{key}: {value}`" if key else f"`{value}`"


def expected(schema: dict[str, Any]) -> str:
    """What the schema's ``type`` wants, in words."""
    wanted = schema["type"]
    if wanted == ["object", "boolean"]:
        return "a mapping or false"
    names = [wanted] if isinstance(wanted, str) else [w for w in wanted if w != "null"]
    return " or ".join(_TYPES[name] for name in names)


def not_the_type(node: Node, schema: dict[str, Any]) -> tuple[str, str]:
    """Why a node is not what the schema's ``type`` wants, and what to write."""
    example = f"for example {an_example(schema)}"
    if isinstance(node, Mapping):
        return "a mapping is written here", example
    if isinstance(node, Sequence):
        return "a list is written here", example
    wanted = schema["type"]
    if node.kind == "null":
        return "nothing is written here", example
    if wanted == "array" or (node.kind == "text" and wanted == "object"):
        return f"{shown(node.text)} is one value", _as_list(node, schema) or example
    if "string" in wanted and node.kind != "text":
        return reading(node), quoting(node, schema) or example
    if node.kind == "text" and not node.plain and node.text in {"true", "false"}:
        return "in quotes it is text", f"write it without quotes: {node.text}"
    if node.kind == "text" and not node.plain and node.text.isdecimal():
        return "in quotes it is text", f"write it without quotes: {node.text[:20]}"
    return f"{shown(node.text)} is {_KINDS[node.kind]}", example


def reading(node: Scalar) -> str:
    """How YAML reads an unquoted scalar that looks like text to a person."""
    read = json.dumps(node.value)
    said = "true or false" if node.kind == "boolean" else _KINDS[node.kind]
    if read == node.text:
        return f"without quotes {shown(node.text)} is {said}"
    return (
        f"YAML reads {shown(node.text)} as {'the number ' if node.kind != 'boolean' else ''}{read}"
    )


def quoting(node: Scalar, schema: dict[str, Any]) -> str:
    """``quote it: "1.10"``, where the text would then be valid."""
    if "pattern" in schema and not re.search(schema["pattern"], node.text):
        return f"{schema['patternErrorMessage']}, as in {an_example(schema)}"
    if "enum" in schema and node.text not in schema["enum"]:
        return f"write one of {joined(schema['enum'])}"
    return f'quote it: "{printable(node.text)[:60]}"'


def _as_list(node: Scalar, schema: dict[str, Any]) -> str:
    """A single text where a list of texts belongs is most likely its one item."""
    if schema["type"] != "array" or schema["items"].get("type") != "string":
        return ""
    choices = schema["items"].get("enum", [node.text])
    text = node.text if node.text in choices else choice_meant(node.text, choices)
    return f"write a list: `[{printable(text)[:60]}]`" if text else ""


def choice_meant(text: str, choices: Iterable[object]) -> str | None:
    """The nearest of the values that can be written; other programs' words are known, too."""
    words = [choice for choice in choices if isinstance(choice, str)]
    same = SAME.get(text.casefold())
    return same if same in words else nearest(text, words)
