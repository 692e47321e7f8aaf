"""A draft as the text of a jobs file, new or merged into one that is there.

ruamel.yaml keeps what a person has written: comments, order, quotes. What the draft doesn't say stays
as it is, and where it says nothing new, not a byte is changed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from stat import S_IMODE
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from runner.config import Loaded, from_bytes
from runner.config.schema import schema_text
from runner.config.text import Source, read
from runner.errors import ConfigInvalid
from runner.importing.changes import GONE, Change, applied, at, changes, exactly, removals
from runner.importing.draft import Draft
from runner.importing.editing import Editor
from runner.importing.owning import absent, contents, wanted
from runner.model import Config


def drafted(draft: Draft, there: str | None) -> str:
    """The text of the jobs file; ``there`` is that of a valid one, None where there is none.

    Raises ConfigInvalid where the text with the changes would mean anything else than what they are, or
    where ruamel.yaml can't read it.
    """
    if there is None:
        return _dumped(_yaml(), _new(draft))
    plain = there.replace("\r\n", "\n")
    head, body, tail = _document(plain)
    before = _values_there(there)
    found = _changes(draft, before)
    if not found:
        return there
    edited = _edited(_ended(body), _yaml(*_indents(plain)), draft, found)
    meant = applied(before, found)
    text = next(
        (f"{head}{each}{tail}" for each in edited if _means(f"{head}{each}{tail}", meant)), ""
    )
    if not text:
        raise ConfigInvalid(
            "nothing is written: what the source says can't be put between what the jobs file has",
            why=f"with {', '.join('.'.join(each.path) for each in found)} it would say something else",
            hint="import into another file with --out, and copy these from there",
        )
    return text.replace("\n", "\r\n") if "\r\n" in there else text


def _edited(body: str, yaml: YAML, draft: Draft, found: list[Change]) -> Iterator[str]:
    """The document with the changes: as people wrote it, and as ruamel.yaml does. None if it can't."""
    try:
        whole = yaml.load(body)
        editor = Editor(whole, draft.comments)
        for each in found:
            editor.apply(each)
        text = _dumped(yaml, whole)
    except (YAMLError, IndexError):  # its emitter looks for comments where a list had items
        return
    yield _as_written(body if body.endswith("\n") else f"{body}\n", text)
    yield text


def _ended(body: str) -> str:
    """With an end of its last line, unless that means something: in a text below a `|`."""
    ended = body if body.endswith("\n") else f"{body}\n"
    return ended if exactly(_values(body), _values(ended)) else body


def _means(text: str, meant: Any) -> bool:
    try:
        return exactly(applied(_values(text), ()), meant)
    except YAMLError:
        return False


def taken_away(draft: Draft, there: str) -> list[str]:
    """What a merge removes of a jobs file, as ``jobs.daily.timeout``."""
    found = _changes(draft, _values(there))
    return [".".join(each.path) for each in found if each.value is GONE]


def _changes(draft: Draft, there: dict[str, Any]) -> list[Change]:
    content = wanted(draft, there)
    gone = [path for path in absent(draft) if at(content, path) is None]
    return [*changes(there, content), *removals(there, gone)]


def _values(text: str) -> Any:
    yaml = YAML(typ="safe")
    yaml.composer.warn_double_anchors = False  # YAML has them
    return yaml.load(text)


def _values_there(text: str) -> Any:
    try:
        return _values(text)
    except MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigInvalid(
            f"nothing is written: the jobs file can't be changed as it is{where}",
            why=str(error.problem),
            hint="write that line in another way, or import into another file with --out",
        ) from error


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
    """The whole file or nothing; who may read it stays as it is. Raises ConfigInvalid."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        try:
            temporary.write_bytes(text.encode())
            if path.exists():
                temporary.chmod(S_IMODE(path.stat().st_mode))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigInvalid(f"{path} can't be written", why=why) from error


def schema_line() -> str:
    address: str = json.loads(schema_text("dbt_jobs.schema.json"))["$id"]
    return f"# yaml-language-server: $schema={address}\n"


def _yaml(indent: int = 2, offset: int = 2) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.composer.warn_double_anchors = False
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


def _document(text: str) -> tuple[str, str, str]:
    """What stands above a file's one document, with its ``---``, the document, and its end."""
    head = re.match(r"(?:[ \t]*(?:#.*)?\n|%.*\n)*---[ \t]*(?:#.*)?\n", text)
    start = head.end() if head else 0
    # A document's end stands in the first column, which nothing inside of it does.
    end = re.search(r"^(?:[ \t]*(?:#.*)?\n)*\.\.\.(?:\s.*)?$", text[start:], re.MULTILINE)
    stop = start + end.start() if end else len(text)
    return text[:start], text[start:stop], text[stop:]


def _as_written(there: str, text: str) -> str:
    """The text with the lines of before where only spaces differ: ruamel.yaml writes ``{a: 1}``.

    Within a value, spaces mean something, so it may mean something else.
    """
    before = there.splitlines(keepends=True)
    after = text.splitlines(keepends=True)
    blocks = SequenceMatcher(
        None, [*map(_tight, before)], [*map(_tight, after)], autojunk=False
    ).get_matching_blocks()
    lines = list(after)
    for block in blocks:
        lines[block.b : block.b + block.size] = before[block.a : block.a + block.size]
    return "".join(lines)


def _tight(line: str) -> str:
    """Its indentation, and its characters without spaces."""
    return line[: len(line) - len(line.lstrip())] + "".join(line.split())


def _new(draft: Draft) -> CommentedMap:
    whole = CommentedMap({"version": 1})
    whole.yaml_set_start_comment(schema_line().removeprefix("# ").rstrip())
    for name, each in contents(draft).items():
        Editor(whole, draft.comments).apply(Change(path=(name,), value=each))
    return whole
