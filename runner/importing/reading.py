"""Files of other schedulers, found and read as YAML, each error with its file and line."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence as SequenceType
from pathlib import Path
from typing import Any

from runner.config.compose import parse
from runner.config.nodes import Mapping
from runner.config.text import MAX_BYTES, Source, Span, read, shown
from runner.errors import ConfigInvalid
from runner.model import Problem


def files_of(paths: SequenceType[Path], patterns: SequenceType[str]) -> list[Path]:
    """The files that paths name: files, globs, and folders, in which the patterns are looked for.

    Each once, in the order of the paths; raises ConfigInvalid where one names nothing.
    """
    found: dict[Path, None] = {}
    for path in paths:
        files = sorted(_files(path, patterns))
        if not files:
            wanted = f"looked for {', '.join(patterns)} there" if path.is_dir() else ""
            raise ConfigInvalid(
                f"{shown(str(path), most=300)} names no file",
                why=wanted,
                hint="name files, folders or globs; quote a glob that dbt-gitops is to read",
            )
        found |= dict.fromkeys(files)
    return list(found)


def _files(path: Path, patterns: SequenceType[str]) -> list[Path]:
    if path.is_dir():
        return [file for pattern in patterns for file in path.glob(pattern) if file.is_file()]
    if path.exists():
        return [path]
    start = Path(path.anchor)
    pattern = str(path.relative_to(start))
    return [file for file in start.glob(pattern) if file.is_file()]


def read_text(path: Path, most: int = MAX_BYTES) -> Source:
    """The text of a file of at most so many bytes; raises ConfigInvalid."""
    source = read(path, most)
    if isinstance(source, Problem):
        raise invalid(source)
    return source


def read_yaml(path: Path) -> tuple[Source, Mapping]:
    """The mapping that a file holds, with the place of each value; raises ConfigInvalid."""
    source = read_text(path)
    return source, mapping_in(source)


def mapping_in(source: Source, *, column: bool = False) -> Mapping:
    """The same of a text that is read already; errors name a column, too, where that is asked for."""
    tree = parse(source)
    if tree.problems:
        raise invalid(tree.problems[0], column=column)
    if not isinstance(tree.root, Mapping):
        what, hint = "the file holds no mapping", "is it the right file?"
        raise wrong(source, Span(1, 1, 2), what, hint, column=column)
    return tree.root


def wrong(
    source: Source, at: Span, what: str, hint: str, why: str = "", *, column: bool = False
) -> ConfigInvalid:
    """The error of a place in a file."""
    return invalid(source.problem(at, "import", what, why=why, hint=hint), column=column)


def invalid(problem: Problem, *, column: bool = False) -> ConfigInvalid:
    line = f":{problem.line}" if problem.line else ""
    line += f":{problem.column}" if line and column else ""
    return ConfigInvalid(
        f"{problem.file}{line}: {problem.what}", why=problem.why, hint=problem.hint
    )


def text_of(value: Any) -> str:
    """A scalar as text; "" of nothing, and of what is no scalar."""
    if value is None or isinstance(value, bool | MappingType | list):
        return ""
    return str(value).strip()


def texts_of(value: Any) -> list[str]:
    """A list of texts, or one text instead of a list; what is empty or no text is left out."""
    values = value if isinstance(value, list) else [value]
    return [text for each in values if (text := text_of(each))]


def mappings_of(value: Any) -> list[MappingType[str, Any]]:
    """The mappings of a list."""
    values = value if isinstance(value, list) else []
    return [each for each in values if isinstance(each, MappingType)]
