"""Files of other schedulers, found and read as YAML, each error with its file, line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence as SequenceType
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.config.compose import parse
from runner.config.nodes import Mapping
from runner.config.text import MAX_BYTES, START, Source, Span, read, shown
from runner.errors import ConfigInvalid
from runner.model import Problem

_WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|body|\?xml)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What files are: ``name`` as in "a GitHub workflow", and where they are found in a folder."""

    name: str
    patterns: tuple[str, ...]

    @property
    def hint(self) -> str:
        return f"{self.name} is one of {', '.join(self.patterns)}: is it the right file?"


def files_of(paths: SequenceType[Path], kind: Kind) -> list[Path]:
    """The files that paths name: files, globs, and folders, in which the kind's patterns are looked for.

    Each once, in the order of the paths; raises ConfigInvalid where one names nothing.
    """
    found: dict[Path, None] = {}
    for path in paths:
        files = sorted(_files(path, kind.patterns))
        if not files:
            named = "this folder" if path == Path() else shown(str(path), most=300)
            wanted = f"looked for {', '.join(kind.patterns)} there" if path.is_dir() else ""
            raise ConfigInvalid(
                f"{named} has no file to import" if wanted else f"{named} names no file",
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


def read_yaml(path: Path, kind: Kind) -> tuple[Source, Mapping]:
    """The mapping that a file holds, with the place of each value; raises ConfigInvalid."""
    source = read_text(path, kind)
    return source, mapping_in(source, kind)


def read_text(path: Path, kind: Kind, most: int = MAX_BYTES) -> Source:
    """The text of a file of at most so many bytes; raises ConfigInvalid."""
    source = read(path, most)
    if isinstance(source, Problem):
        raise _unread(source, kind)
    if _WEB_PAGE.match(source.text):
        why = "pages are what a browser, or a request without a token, is given"
        raise wrong(source, START, f"this is a web page, not {kind.name}", kind.hint, why)
    return source


def mapping_in(source: Source, kind: Kind) -> Mapping:
    """The same of a text that is read already."""
    tree = parse(source)
    if tree.problems:
        raise _unread(tree.problems[0], kind)
    if not isinstance(tree.root, Mapping):
        raise wrong(source, START, "the file holds no mapping", kind.hint)
    return tree.root


def wrong(source: Source, at: Span, what: str, hint: str, why: str = "") -> ConfigInvalid:
    """The error of a place in a file."""
    return _invalid(source.problem(at, "import", what, why=why, hint=hint))


def _unread(problem: Problem, kind: Kind) -> ConfigInvalid:
    """What the jobs file's reader says, said of another file."""
    error = _invalid(problem)
    why = error.why.replace("a jobs file", "a file to import")
    if problem.code == "empty-file":
        why = ""
    what = error.what.replace("a jobs file is read", "a file is read")
    own = error.hint and "jobs file" not in error.hint
    return ConfigInvalid(what, why=why, hint=error.hint if own else kind.hint)


def _invalid(problem: Problem) -> ConfigInvalid:
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    return ConfigInvalid(
        f"{problem.file}{place}: {problem.what}", why=problem.why, hint=problem.hint
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
