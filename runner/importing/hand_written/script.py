"""A ``run:`` script: its dbt commands, its manifests from elsewhere, and the rest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from runner.importing.commands import StepOf, steps_of
from runner.importing.shell import lines

# "shell" is what a shell is told of itself, "block" what stands in an `if`, a loop or a function.
Kind = Literal[
    "dbt", "folder", "install", "state", "export", "shell", "profiles", "block", "unread", "other"
]

_DBT = re.compile(
    r"(\w+=\S*\s+)*((uv|poetry|pipenv|pdm|hatch|rye)\s+run\s+|python3?\s+-m\s+)?dbt(\s|$)"
)
_NAMES_DBT = re.compile(r"(?<![\w./-])dbt\s+[a-z]")
_FOLDER = re.compile(
    r"cd\s+(\"?)((\$\{?GITHUB_WORKSPACE\}?/?|\$\{\{ *github\.workspace *\}\}/?)?[\w./-]*)\1"
)
_WORKSPACE = re.compile(r"(\$\{?GITHUB_WORKSPACE\}?|\$\{\{ *github\.workspace *\}\})/?")
_INSTALL = re.compile(
    r"((python3?\s+-m|uv)\s+)?(pip3?|pipx|poetry|uv|uv\s+tool|pipenv|pdm)\s+(install|sync|add)\b"
)
# Copies of a manifest or of run results, from or to where state is kept.
_STATE = re.compile(
    r"(aws\s+s3|gsutil|gcloud\s+storage|az\s+storage|azcopy|curl|wget|gh\s+run\s+download)\b"
)
_FILES = re.compile(r"manifest\.json|run_results\.json|sources\.json|\bstate\b|\btarget/")
_EXPORT = re.compile(r"export\s+[A-Za-z_]\w*=")
_ECHO = re.compile(
    r"echo\s+(?P<quote>[\"']?)(?P<name>[A-Za-z_]\w*)=(?P<value>.*)(?P=quote)", re.DOTALL
)
_GITHUB_ENV = re.compile(r"\"?\$\{?GITHUB_ENV\}?\"?")
_SHELL = re.compile(
    r"set\s+-[a-z]+(\s+pipefail)?|mkdir\s[^|;&<>]*|(echo|printf)\s[^|<>]*|(source|\.)\s+\S*activate"
)
_PROFILES = re.compile(r"profiles\.yml\b")
_OPENS = re.compile(r"(if|for|while|until|case)\s|(function\s+)?[\w-]+\s*\(\)|function\s|\{$|\($")
_CLOSES = re.compile(r"(fi|done|esac|\}|\))(\s*[;&|].*)?$")
_HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


@dataclass(frozen=True, kw_only=True)
class Command:
    """A line of a script. ``line`` counts from 0; ``steps`` are those of a dbt command, else none.

    ``exports`` are variables by name, ``folder`` where ``cd`` leads.
    """

    line: int
    text: str
    kind: Kind
    steps: tuple[StepOf, ...] = ()
    folder: str = ""
    exports: dict[str, str] = field(default_factory=dict)


def commands(script: str) -> Iterator[Command]:
    """The lines of a script that say something, with continued ones as one."""
    depth = 0
    for number, text in _logical_lines(script):
        if not text or text.startswith("#"):
            continue
        opens, closes = bool(_OPENS.match(text)), bool(_CLOSES.search(text))
        if depth or opens:
            yield Command(line=number, text=text, kind="block")
        else:
            yield from _commands(number, text)
        depth = max(0, depth + (opens and not _closed(text)) - (closes and not opens))


def _closed(text: str) -> bool:
    """Whether what a line opens ends in it."""
    return bool(re.search(r"[;\s](fi|done|esac|\}|\))\s*$", text))


def relative(folder: str) -> tuple[str, bool]:
    """A folder without the checkout's, and whether it starts there."""
    found = _WORKSPACE.match(folder)
    return (folder[found.end() :] or ".", True) if found else (folder, False)


def _commands(number: int, text: str) -> Iterator[Command]:
    found = list(lines(text))
    known = (_DBT, _FOLDER, _EXPORT, _SHELL)
    if any(line.sign and not any(each.match(line.text) for each in known) for line in found):
        yield _command(number, text)
        return
    for line in found:
        yield _command(number, line.text)


def _command(number: int, text: str) -> Command:
    if _DBT.match(text):
        return Command(line=number, text=text, kind="dbt", steps=steps_of(text))
    if folder := _FOLDER.fullmatch(text):
        return Command(line=number, text=text, kind="folder", folder=folder[2] or ".")
    if exports := _exports(text):
        return Command(line=number, text=text, kind="export", exports=exports)
    return Command(line=number, text=text, kind=_kind(text))


def _kind(text: str) -> Kind:
    if _INSTALL.match(text):
        return "install"
    if _STATE.match(text) and _FILES.search(text):
        return "state"
    if _SHELL.fullmatch(text):
        return "shell"
    if _NAMES_DBT.search(text):
        return "unread"
    return "profiles" if _PROFILES.search(text) else "other"


def _exports(text: str) -> dict[str, str]:
    """What ``export A=1 B=2``, or a line for GITHUB_ENV, says."""
    echo, _, file = text.rpartition(">>")
    if _GITHUB_ENV.fullmatch(file.strip()) and (found := _ECHO.fullmatch(echo.rstrip())):
        return {found["name"]: found["value"]}
    if not _EXPORT.match(text):
        return {}
    # An expression of GitHub is one word.
    tight = re.sub(r"\$\{\{\s*(.*?)\s*\}\}", r"${{\1}}", text)
    try:
        words = shlex.split(tight)[1:]
    except ValueError:
        return {}
    pairs = [word.partition("=") for word in words]
    good = all(equals and re.fullmatch(r"[A-Za-z_]\w*", name) for name, equals, _ in pairs)
    return {name: value for name, _, value in pairs} if good else {}


def _logical_lines(script: str) -> Iterator[tuple[int, str]]:
    said, start, until = "", 0, ""
    for number, line in enumerate(script.splitlines()):
        if until:  # the text of a here-document is no command
            until = "" if line.strip() == until else until
            continue
        start = start if said else number
        if line.rstrip().endswith("\\"):
            said += f"{line.strip()[:-1].rstrip()} "
            continue
        whole = f"{said}{line.strip()}"
        here = _HERE.search(whole)
        until = here[2] if here else ""
        yield start, whole
        said = ""
    if said:
        yield start, said.strip()
