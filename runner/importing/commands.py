"""Commands of other schedulers as steps: read by the rules of :mod:`runner.steps`, never just copied.

What the job says in the jobs file, such as ``--target``, is taken out of the step and given beside it.
``dbt docs generate`` and ``dbt source freshness`` stay steps, unless the source lets them fail: the flags
``generate_docs`` and ``source_freshness`` never fail a job, and a command does.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.config.compose import parse
from runner.config.nodes import Mapping
from runner.config.text import Source, printable, shown
from runner.importing.shell import Line, lines
from runner.secrecy import looks_secret
from runner.steps import FORBIDDEN, NotADbtCommand, parse_step

# What starts dbt in its environment: the runner does that by itself.
_STARTERS = (
    *((name, "run") for name in ("uv", "poetry", "pipenv", "pdm", "hatch", "rye")),
    *((name, "-m") for name in ("python", "python3")),
)
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
# Options that may stand before the command, and have a value.
_GLOBAL_VALUES = frozenset(
    {
        "--log-format", "--log-format-file", "--log-level", "--log-level-file", "--log-path",
        "--printer-width", "--profile", "--profiles-dir", "--project-dir", "--state", "--target",
        "--target-path", "--threads", "--vars", "--warn-error-options", "-t",
    }
)  # fmt: skip
_VALUES = {
    "--target": "target",
    "-t": "target",
    "--threads": "threads",
    "--profiles-dir": "profiles_dir",
    "--project-dir": "project",
    "--state": "state",
    "--defer-state": "state",
}
_OPTIONS = {"target": ("--target", "-t"), "threads": ("--threads",)}
_FLAGS = {"--defer": True, "--no-defer": False}
_UNUSED = {"--target-path": True, "--no-write-json": False}
# The flags of a job that say the same of what may fail without an end of the run.
FLAGS = {"dbt source freshness": "source_freshness", "dbt docs generate": "generate_docs"}
# What makes or checks something in the warehouse, so that a job without it isn't the same job.
_BUILDS = re.compile(
    r"(?<![\w./-])dbt(\s+-\S+(\s+[^-\s]\S*)?)*?\s+(build|run|test|seed|snapshot|clone|retry)(?![\w-])"
)
MOST_THREADS = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_FILE = Path("command")


@dataclass(frozen=True, kw_only=True)
class StepOf:
    """``step`` as the jobs file has it, None where the command was dropped.

    ``settings`` is what the job or its environment says instead: ``target`` (text), ``threads`` (int),
    ``profiles_dir`` and ``project`` (folders), ``state`` (the folder that ``--state`` named), ``defer``
    (bool) and ``env`` (texts by name). ``why`` says what was taken out, or why it was dropped; "" of
    what is carried as it is. ``hint`` says what to do about a command that was dropped; ``lost`` is one
    that builds or tests something.
    """

    step: str | None
    settings: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    hint: str = ""
    lost: bool = False


def builds(text: str) -> bool:
    """Whether a text has a dbt command that builds or tests something."""
    return bool(_BUILDS.search(text))


def steps_of(text: str) -> tuple[StepOf, ...]:
    """The steps of a text with one command or several, which ``&&`` or line breaks part."""
    commands = list(lines(text)) or [Line(text="")]
    if len(commands) == 1 and commands[0].text == text.strip():
        return (_step(commands[0]),)
    return tuple(_told(_step(line), "it is a step of its own", commands) for line in commands)


def step_of(text: str) -> StepOf:
    """The step of one command; of several, see :func:`steps_of`, nothing is kept."""
    found = steps_of(text)
    if len(found) == 1:
        return found[0]
    return StepOf(
        step=None, why=f"it is {len(found)} commands", hint="make each of them a step of its own"
    )


def with_options(found: StepOf, *names: str) -> StepOf:
    """The same with these of its settings (``target``, ``threads``) as options of the step again.

    For jobs whose steps don't agree.
    """
    kept = {name: found.settings[name] for name in names if name in found.settings}
    if not kept or found.step is None:
        return found
    options = [word for name, value in kept.items() for word in (f"--{name}", str(value))]
    settings = {name: value for name, value in found.settings.items() if name not in kept}
    starts = tuple(f"`{option} " for name in kept for option in _OPTIONS[name])
    why = "; ".join(part for part in found.why.split("; ") if not part.startswith(starts))
    step = f"{found.step} {shlex.join(options)}"
    return replace(found, step=step, settings=settings, why=why)


def _told(found: StepOf, why: str, commands: list[Line]) -> StepOf:
    if len(commands) == 1:
        why = "line breaks and comments are left out"
    return replace(found, why="; ".join(filter(None, (why, found.why))))


def _step(line: Line) -> StepOf:
    if _CONTROL.search(line.text):
        return _dropped(line, "it has control characters", "write it again by hand")
    if line.sign.startswith("${{"):
        why = f"`{line.sign}` is worked out by GitHub, and a step is the same text in each run"
        return _dropped(line, why, "write the value itself into the step")
    if line.sign:
        why = f"`{line.sign}` is for a shell; a step is one dbt command, not a script"
        hint = (
            "put what the shell did into a workflow that starts this job, or into the job's `env`"
        )
        return _dropped(line, why, hint)
    try:
        return _Command(line.text).read()
    except NotADbtCommand as error:
        hint = "remove it, or run it in a workflow of its own that starts this job, or waits for it"
        return _dropped(line, printable(str(error)), hint)


def _dropped(line: Line, why: str, hint: str) -> StepOf:
    return StepOf(step=None, why=why, hint=hint, lost=builds(line.text))


class _Command:
    """One command on its way to a step."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._settings: dict[str, Any] = {}
        self._why: list[str] = []

    def read(self) -> StepOf:
        """Raises :class:`NotADbtCommand`."""
        words = self._from_dbt(_words(self._text))[1:]
        ordered = _command_first(words)
        kept = ["dbt", *self._without_settings(ordered)]
        if ordered != words:
            self._why.append("dbt's options follow the command")
        text = self._text if kept == _words(self._text) else shlex.join(kept)
        self._check_vars(parse_step(text).option("--vars"))
        return StepOf(step=text, settings=self._settings, why="; ".join(self._why))

    def _from_dbt(self, words: list[str]) -> list[str]:
        """The words from ``dbt`` on: before it may be variables, and what starts it."""
        env: dict[str, str] = {}
        while words and (assignment := _ASSIGNMENT.fullmatch(words[0])):
            env[assignment[1]] = assignment[2]
            words = words[1:]
        if tuple(words[:2]) in _STARTERS and words[2:3] == ["dbt"]:
            self._why.append(f"dbt is started without `{' '.join(words[:2])}`")
            words = words[2:]
        if words[:1] != ["dbt"]:
            raise NotADbtCommand("it isn't a dbt command")
        if env:
            self._settings["env"] = env
            self._why += [_place_of(name) for name in sorted(env)]
        return words

    def _without_settings(self, words: list[str]) -> Iterator[str]:
        rest = list(words)
        while rest:
            word = rest.pop(0)
            name, equals, value = word.partition("=")
            if name.startswith("-t") and len(name) > 2:
                name, equals, value = "-t", "=", word[2:]
            if name in _VALUES or _UNUSED.get(name):
                if not equals and rest and not rest[0].startswith("-"):
                    value = rest.pop(0)
                self._take(name, value)
            elif name in _FLAGS:
                self._settings["defer"] = _FLAGS[name]
                self._why.append(f"`{name}`: {_DEFERS[name]}")
            elif name in _UNUSED:
                self._take(name, "")
            else:
                yield word

    def _take(self, name: str, value: str) -> None:
        setting = _VALUES.get(name)
        said = printable(f"{name} {value}".strip())
        if setting is None:
            self._why.append(f"`{said}` is left out: {FORBIDDEN[name]}")
        elif not value or (setting == "threads" and not _is_threads(value)):
            self._why.append(f"`{said}` is left out: it isn't a value that dbt takes")
        else:
            self._settings[setting] = int(value) if setting == "threads" else value
            self._why.append(f"`{said}`: {_PLACES[setting]}")

    def _check_vars(self, text: str | None) -> None:
        root = parse(Source(file=_NO_FILE, text=text)).root if text is not None else None
        if text is not None and not isinstance(root, Mapping):
            raise NotADbtCommand(f"its `--vars` {shown(text)} is not a mapping")


def _place_of(variable: str) -> str:
    if looks_secret(variable):
        return f"{variable} stands in the environment's `secrets`: gh secret set {variable}"
    return f"{variable} stands in the job's `env`, for all its steps"


_PLACES = {
    "target": "the job's `target` says it",
    "threads": "the job's `threads` says it",
    "profiles_dir": "`profiles_dir` of the environment says it",
    "project": "`project`, at the top of the jobs file, says it",
    "state": "a job's `defer` fetches the state",
}
_DEFERS = {
    "--defer": "a job with `defer` passes it",
    "--no-defer": "no job defers without `defer`",
}


def _is_threads(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,4}", text)) and 1 <= int(text) <= MOST_THREADS


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise NotADbtCommand(f"its quotes don't match ({error})") from error


def _command_first(words: list[str]) -> list[str]:
    """dbt's options may stand before its command; in a step they follow it."""
    before: list[str] = []
    rest = list(words)
    while rest and rest[0].startswith("-"):
        before.append(rest.pop(0))
        if before[-1] in _GLOBAL_VALUES and rest:
            before.append(rest.pop(0))
    two = rest[:1] in (["source"], ["docs"])
    command, args = rest[: 1 + two], rest[1 + two :]
    return [*command, *before, *args]
