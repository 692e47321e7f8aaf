"""A draft as the text of a jobs file, new or merged into one that is there.

ruamel.yaml keeps what a person has written: comments, order, quotes. What the draft doesn't say stays
as it is, and where it says nothing new, not a byte is changed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from runner.config import Loaded, from_bytes
from runner.config.scalars import resolve
from runner.config.schema import schema_text
from runner.config.text import Source, read
from runner.errors import ConfigInvalid
from runner.importing.draft import Draft
from runner.importing.trailing import cut, put
from runner.model import Config

# Mappings of short values, which people write in one line.
IN_LINE = frozenset({"catch_up", "dbt", "defer", "job", "retries", "schedule"})
# What is one value to the jobs file: its parts don't mix with those of another.
WHOLE = frozenset({"dbt", "defer", "dispatch", "job", "schedule"})
SECTIONS = ("environments", "notifications", "jobs")


def drafted(draft: Draft, there: str | None) -> str:
    """The text of the jobs file; ``there`` is that of a valid one, None where there is none."""
    if there is None:
        return _dumped(_yaml(), _new(draft))
    plain = there.replace("\r\n", "\n")
    yaml = _yaml(*_indents(plain))
    whole = yaml.load(plain)
    if not _merge(whole, _content(draft), draft.comments):
        return there
    text = _as_written(plain, _dumped(yaml, whole))
    return text.replace("\n", "\r\n") if "\r\n" in there else text


def valid(path: Path, text: str) -> Loaded:
    """As the jobs file ``path``; raises ConfigInvalid where it isn't one. No project is sought."""
    loaded = from_bytes(path, text.encode())
    if loaded.config is None:
        first = loaded.errors[0]
        raise ConfigInvalid(
            f"{path}:{first.line}: {first.what}", why=first.why or first.source, hint=first.hint
        )
    return loaded


def config_of(path: Path, text: str) -> Config:
    """The same as a Config."""
    config = valid(path, text).config
    assert config is not None, "else it is refused"
    return config


def text_there(path: Path) -> str | None:
    """What is in the file, which is valid; None where there is none. Raises ConfigInvalid."""
    if not path.exists() and not path.is_symlink():
        return None
    source = read(path)
    if not isinstance(source, Source):
        raise ConfigInvalid(source.what, why=source.why, hint=source.hint)
    valid(path, source.text)
    return source.text


def write(path: Path, text: str) -> None:
    """The whole file or nothing. Raises ConfigInvalid."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        try:
            temporary.write_bytes(text.encode())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigInvalid(f"{path} can't be written", why=str(error)) from error


def schema_line() -> str:
    address: str = json.loads(schema_text("dbt_jobs.schema.json"))["$id"]
    return f"# yaml-language-server: $schema={address}\n"


def _yaml(indent: int = 2, offset: int = 2) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 2**20  # nothing is folded: a step stays in its line
    yaml.indent(mapping=indent, sequence=offset + 2, offset=offset)
    return yaml


def _indents(text: str) -> tuple[int, int]:
    """How far a mapping in a mapping is indented, and the dashes of a list, in this file."""
    mapping = re.search(r"^( +)[^\s#-]", text, re.MULTILINE)
    dashes = re.search(r"^( *)[^\s#-][^\n#]*:[ \t]*\n(?:\s*#.*\n)*( *)- ", text, re.MULTILINE)
    offset = max(len(dashes[2]) - len(dashes[1]), 0) if dashes else 2
    return len(mapping[1]) if mapping else 2, offset


def _dumped(yaml: YAML, whole: CommentedMap) -> str:
    stream = io.StringIO()
    yaml.dump(whole, stream)
    return stream.getvalue()


def _as_written(there: str, text: str) -> str:
    """The text with the lines of before where only spaces differ: ruamel.yaml writes ``{a: 1}``."""
    before, after = there.splitlines(keepends=True), text.splitlines(keepends=True)
    blocks = SequenceMatcher(
        None, [*map(_tight, before)], [*map(_tight, after)], autojunk=False
    ).get_matching_blocks()
    lines = list(after)
    for block in blocks:
        lines[block.b : block.b + block.size] = before[block.a : block.a + block.size]
    kept = "".join(lines)
    # Spaces within a value mean something.
    return kept if YAML(typ="safe").load(kept) == YAML(typ="safe").load(text) else text


def _tight(line: str) -> str:
    """Its indentation, and its characters without spaces."""
    return line[: len(line) - len(line.lstrip())] + "".join(line.split())


def _content(draft: Draft) -> dict[str, Any]:
    sections = {name: getattr(draft, name) for name in SECTIONS}
    return {**draft.top, **{name: each for name, each in sections.items() if each}}


def _new(draft: Draft) -> CommentedMap:
    whole = CommentedMap({"version": 1})
    whole.yaml_set_start_comment(schema_line().removeprefix("# ").rstrip())
    _merge(whole, _content(draft), draft.comments)
    return whole


def _write_above(
    within: CommentedMap, key: str, comments: Mapping[tuple[str, ...], str], path: tuple[str, ...]
) -> None:
    """The comment of a key that has just been added, and a blank line above a section or a job."""
    section = not path and key in SECTIONS
    apart = "\n" if section or (path == ("jobs",) and len(within) > 1) else ""
    above = f"{apart}{comments.get((*path, key), '')}"
    if above:
        within.yaml_set_comment_before_after_key(key, before=above, indent=2 * len(path))


def _merge(
    into: CommentedMap,
    new: Mapping[str, Any],
    comments: Mapping[tuple[str, ...], str],
    path: tuple[str, ...] = (),
) -> bool:
    """Whether anything has changed."""
    changed, below = False, None
    for key, value in new.items():
        here = (*path, key)
        before = into.get(key)
        whole = key in WHOLE and len(path) > 1  # not a job or an environment of such a name
        if isinstance(before, CommentedMap) and isinstance(value, Mapping) and not whole:
            changed |= _merge(before, value, comments, here)
        elif key in into:
            if not _same(before, value):
                into[key], changed = _node(value, comments, here), True
        else:
            below = (cut(into) if into else "") if below is None else below
            into[_key(key, path)], changed = _node(value, comments, here), True
            _write_above(into, key, comments, path)
    put(into, below or "")
    return changed


def _same(there: Any, new: Any) -> bool:
    """Whether both mean the same: one schedule or job may stand for a list of one."""
    if isinstance(there, list) != isinstance(new, list):
        there, new = ([each] if not isinstance(each, list) else each for each in (there, new))
    if isinstance(there, list):
        return len(there) == len(new) and all(map(_same, there, new))
    if isinstance(there, Mapping) and isinstance(new, Mapping):
        # A schedule without its time zone is one in UTC.
        zone = {"timezone": "UTC"} if "cron" in there or "cron" in new else {}
        there, new = {**zone, **there}, {**zone, **new}
        return there.keys() == new.keys() and all(_same(there[key], new[key]) for key in new)
    if isinstance(there, str) and isinstance(new, str):
        return str(there) == str(new)
    return isinstance(there, bool) == isinstance(new, bool) and bool(there == new)


def _node(
    value: Any, comments: Mapping[tuple[str, ...], str], path: tuple[str, ...], inline: bool = False
) -> Any:
    inline = inline or (path[-1] in IN_LINE and len(path) > 2)
    if isinstance(value, Mapping):
        node: Any = CommentedMap()
        for key, inner in value.items():
            here = (*path, str(key))
            node[_key(key, path)] = _node(inner, comments, here, inline)
            if not inline:
                _write_above(node, str(key), comments, path)
    elif isinstance(value, (list, tuple)):
        node = CommentedSeq(_node(each, comments, path, inline) for each in value)
    else:
        return _scalar(value, quoted=path[-1] == "cron")
    if inline and not (isinstance(value, (list, tuple)) and len(value) > 1 and path[-1] in IN_LINE):
        node.fa.set_flow_style()
    return node


def _key(key: str, path: tuple[str, ...]) -> Any:
    """Names that people give are text as values are; a schema's key such as `on` is known anyway."""
    return _scalar(key) if path and path[-1] in ("env", "vars") else key


def _scalar(value: Any, *, quoted: bool = False) -> Any:
    """Text that YAML 1.1 reads as something else is quoted: ruamel.yaml minds YAML 1.2 alone."""
    if not isinstance(value, str):
        return value
    if quoted or not value.isprintable() or resolve(value)[0] != "text":
        return DoubleQuotedScalarString(value)
    return value
