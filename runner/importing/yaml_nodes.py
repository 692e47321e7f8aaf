"""Plain values as nodes of ruamel.yaml, written as people write a jobs file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from runner.config.scalars import resolve

Comments = Mapping[tuple[str, ...], str]
# Mappings of short values, which people write in one line.
IN_LINE = frozenset({"catch_up", "dbt", "defer", "job", "retries", "schedule"})
SECTIONS = ("environments", "notifications", "jobs")


def node_of(value: Any, comments: Comments, path: tuple[str, ...], inline: bool = False) -> Any:
    """What stands at ``path``, with the comments of what is in it."""
    inline = inline or (path[-1] in IN_LINE and len(path) > 2)
    if isinstance(value, Mapping):
        node: Any = CommentedMap()
        for key, inner in value.items():
            here = (*path, str(key))
            node[key_of(key, path)] = node_of(inner, comments, here, inline)
            if not inline:
                write_above(node, str(key), comments, path)
    elif isinstance(value, (list, tuple)):
        node = CommentedSeq(node_of(each, comments, path, inline) for each in value)
    else:
        return _scalar(value, quoted=path[-1] == "cron")
    if inline and not (isinstance(value, (list, tuple)) and len(value) > 1 and path[-1] in IN_LINE):
        node.fa.set_flow_style()
    return node


def key_of(key: str, path: tuple[str, ...]) -> Any:
    """Names that people give are text as values are; a schema's key such as `on` is known anyway."""
    return _scalar(key) if path and path[-1] in ("env", "vars") else key


def write_above(within: CommentedMap, key: str, comments: Comments, path: tuple[str, ...]) -> None:
    """The comment of a key that has just been added, and a blank line above a section or a job."""
    section = not path and key in SECTIONS
    apart = "\n" if section or (path == ("jobs",) and len(within) > 1) else ""
    above = f"{apart}{comments.get((*path, key), '')}"
    if above and not within.fa.flow_style():
        within.yaml_set_comment_before_after_key(key, before=above, indent=2 * len(path))


def _scalar(value: Any, *, quoted: bool = False) -> Any:
    """Text that YAML 1.1 reads as something else is quoted: ruamel.yaml minds YAML 1.2 alone."""
    if not isinstance(value, str):
        return value
    if quoted or not value.isprintable() or resolve(value)[0] != "text":
        return DoubleQuotedScalarString(value)
    return value
