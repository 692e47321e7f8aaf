"""The exact dbt command of a step: what the step says, and what the job adds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.dbt.engine import Command
from runner.errors import ConfigInvalid
from runner.model import VarValue
from runner.steps import SELECTING, Step

# From `dbt <command> --help` of dbt-core 1.11: the commands that take --threads.
THREADED = SELECTING - {"list", "ls"} | {"parse", "retry", "run-operation"}
# These need no manifest, or make one by themselves.
WITHOUT_MANIFEST = frozenset({"clean", "debug", "deps", "parse", "retry"})
# Options that change what a parse gives, with and without a value.
PARSE_VALUES = frozenset(
    {
        "--vars", "--target", "-t", "--profile", "--profiles-dir", "--project-dir",
        "--warn-error-options", "--partial-parse-file-path",
    }
)  # fmt: skip
PARSE_FLAGS = frozenset(
    {
        "--no-partial-parse", "--partial-parse", "--no-static-parser", "--static-parser",
        "--warn-error", "--use-experimental-parser", "--no-version-check",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class JobFlags:
    """What the job adds to each of its commands. ``state`` and ``defer_state`` are folders.

    ``state`` is what to compare with, ``defer_state`` is where unbuilt refs point.
    """

    target: str | None = None
    threads: int | None = None
    vars: Mapping[str, VarValue] = field(default_factory=dict)
    profiles_dir: Path | None = None
    state: Path | None = None
    defer_state: Path | None = None


def dbt_argv(step: Step, flags: JobFlags, log_folder: Path) -> tuple[str, ...]:
    """dbt's words for this step, without ``dbt``. An option that the step has itself stays."""
    return (*_without_vars(step), *_vars(step, flags), *_added(step, flags, log_folder))


def command(argv: tuple[str, ...], step: Step, following: bool, log_folder: Path) -> Command:
    """What the engine is given. ``following``: another command with a manifest may come."""
    parse = None if step.command in WITHOUT_MANIFEST else tuple(parse_options(argv))
    return Command(argv=argv, parse=parse, reuse=following, log_folder=log_folder)


def parse_options(argv: tuple[str, ...]) -> Iterator[str]:
    """The options of a command that change what a parse gives, in their order."""
    words = iter(argv)
    for word in words:
        name, equals, _ = word.partition("=")
        if name in PARSE_FLAGS:
            yield word
        elif name in PARSE_VALUES:
            yield word
            if not equals:
                yield next(words, "")


def _added(step: Step, flags: JobFlags, log_folder: Path) -> Iterator[str]:
    if flags.target and step.option("--target", "-t") is None:
        yield from ("--target", flags.target)
    if flags.profiles_dir and step.option("--profiles-dir") is None:
        yield from ("--profiles-dir", str(flags.profiles_dir))
    if flags.threads and step.command in THREADED and step.option("--threads") is None:
        yield from ("--threads", str(flags.threads))
    if step.selects and flags.state:
        yield from ("--state", str(flags.state))
    if step.selects and flags.defer_state:
        yield from ("--defer", "--defer-state", str(flags.defer_state))
    if step.option("--log-path") is None:
        yield from ("--log-path", str(log_folder))


def _vars(step: Step, flags: JobFlags) -> Iterator[str]:
    merged = {**flags.vars, **own_vars(step)}
    if merged:
        yield from ("--vars", json.dumps(merged, default=str))


def own_vars(step: Step) -> dict[str, Any]:
    """What the step itself gives by `--vars`; raises ConfigInvalid."""
    text = step.option("--vars")
    if text is None:
        return {}
    try:
        own = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigInvalid(f"`--vars` of `{step.text}` is not YAML", why=str(error)) from error
    if not isinstance(own, dict):
        raise ConfigInvalid(
            f"`--vars` of `{step.text}` is not a mapping", hint="write it as --vars '{key: value}'"
        )
    return own


def _without_vars(step: Step) -> Iterator[str]:
    words = iter(step.words)
    for word in words:
        if word == "--vars":
            next(words, None)
        elif not word.startswith("--vars="):
            yield word
