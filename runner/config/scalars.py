"""What unquoted values mean to YAML 1.1."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from runner.config.nodes import Kind

TAG = "tag:yaml.org,2002:"
# Longer plain scalars are text: no number that means something has so many digits.
MAX_TYPED = 100
_RESOLVERS: dict[str, list[tuple[str, Any]]] = Resolver.yaml_implicit_resolvers
_CONSTRUCTOR = SafeConstructor()


@lru_cache(maxsize=4096)
def resolve(text: str) -> tuple[Kind, str | int | float | bool | None]:
    """What a plain scalar is to YAML 1.1, by PyYAML's own rules. Dates stay text."""
    if len(text) > MAX_TYPED:
        return "text", text
    for tag, pattern in _RESOLVERS.get(text[:1], ()):
        if pattern.match(text):
            return _typed(tag.removeprefix(TAG), text)
    return "text", text


def _typed(tag: str, text: str) -> tuple[Kind, str | int | float | bool | None]:
    if tag == "null":
        return "null", None
    if tag == "bool":
        return "boolean", bool(SafeConstructor.bool_values[text.lower()])
    node = yaml.ScalarNode(f"{TAG}{tag}", text)
    try:
        if tag == "int":
            return "integer", int(_CONSTRUCTOR.construct_yaml_int(node))
        if tag == "float":
            return "number", float(_CONSTRUCTOR.construct_yaml_float(node))
    except ValueError:  # PyYAML's pattern lets through what int() refuses, such as 0b_
        return "text", text
    return "text", text
