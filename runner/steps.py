"""One step of a job: a dbt command as it is written in the jobs file.

Source of the command list: ``dbt --help`` of dbt-core 1.11; a test compares it with the real dbt.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from runner.criterion import COMPARING, read_criterion

# Commands whose second word belongs to the command.
GROUPS = {
    "source": ("freshness", "snapshot-freshness"),
    "docs": ("generate", "serve"),
}
# Commands that select nodes, and so can be deferred and compared with state.
SELECTING = frozenset(
    {
        "build", "clone", "compile", "docs generate", "list", "ls", "run", "seed", "show",
        "snapshot", "source freshness", "source snapshot-freshness", "test",
    }
)  # fmt: skip
OTHERS = frozenset({"clean", "debug", "deps", "parse", "retry", "run-operation"})
# Known to dbt, but a job can't run them: they wait for a person or never end.
INTERACTIVE = frozenset({"init", "docs serve"})
COMMANDS = SELECTING | OTHERS

# Options of the selecting commands that take every following word up to the next option.
SELECT_OPTIONS = frozenset({"-s", "-m", "--select", "--models", "--model"})
EXCLUDE_OPTIONS = frozenset({"--exclude"})
# What else decides which nodes a command selects.
SELECTION_OPTIONS = (
    SELECT_OPTIONS
    | EXCLUDE_OPTIONS
    | {
        "--selector", "--indirect-selection", "--resource-type", "--resource-types",
        "--exclude-resource-type", "--exclude-resource-types",
    }
)  # fmt: skip
# All that dbt takes a value for: one without eats the runner's own option behind it.
VALUE_OPTIONS = SELECTION_OPTIONS | {
    "--add-package", "--args", "--defer-state", "--event-time-end", "--event-time-start",
    "--inline", "--inline-direct", "--limit", "--log-file-max-bytes", "--log-format",
    "--log-format-file", "--log-level", "--log-level-file", "--log-path", "--output", "--output-keys",
    "--partial-parse-file-path", "--printer-width", "--profile", "--profiles-dir",
    "--project-dir", "--record-timing-info", "--sample", "--source", "--sqlparse", "--state",
    "--target", "--target-path", "--threads", "--vars", "--warn-error-options", "-o", "-r", "-t",
}  # fmt: skip
# Behind one of one letter its value may stand without a space.
SHORT_OPTIONS = frozenset(name for name in VALUE_OPTIONS if len(name) == 2)
# Letters of these may stand together, and before one with a value: `-fs tag:x`.
SHORT_SWITCHES = frozenset({"-d", "-f", "-q", "-x"})
# `--limit -1` is a value.
_OPTION = re.compile(r"-(?![0-9])")
# What no step may say, and why.
FORBIDDEN = {
    "--project-dir": "`project`, at the top of the jobs file, says where the project is",
    "--target-path": "the runner reads what dbt leaves in the project's target folder",
    "--no-write-json": "the record is made of the files that dbt writes",
}

# A command, and the words of it that decide what it selects.
Selection = tuple[str, tuple[str, ...]]


class NotADbtCommand(ValueError):
    """The text of a step isn't a dbt command; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """``dbt build --select tag:x``: command ``build``, args ``("--select", "tag:x")``."""

    text: str
    command: str
    args: tuple[str, ...] = ()

    @property
    def selects(self) -> bool:
        """Whether it selects nodes, and so takes ``--defer`` and ``--state``."""
        return self.command in SELECTING

    @property
    def words(self) -> tuple[str, ...]:
        """The command and its arguments, as dbt's own argv (without ``dbt``)."""
        return (*self.command.split(), *self.args)

    def option(self, *names: str) -> str | None:
        """The value of the first of these options that is given, or None. A flag's value is ''."""
        for index, word in enumerate(self.args):
            name, equals, value = word.partition("=")
            if name not in names:
                continue
            if equals:
                return value
            following = self.args[index + 1 : index + 2]
            return following[0] if following and not following[0].startswith("-") else ""
        return None

    def values(self, *names: str) -> tuple[str, ...]:
        """All values of these options, each of which takes every word up to the next option."""
        found: list[str] = []
        taking = False
        for word in self.args:
            name, equals, value = word.partition("=")
            if word.startswith("-"):
                taking = name in names
                found += [value] if taking and equals else []
            elif taking:
                found.append(word)
        return tuple(found)

    @property
    def selection(self) -> Selection | None:
        """The same for all steps that select the same; None where it selects no nodes by their names."""
        if not self.selects or self.option("--inline") is not None:
            return None
        words: list[str] = []
        kept = False
        for word in self.args:
            if word.startswith("-"):
                kept = word.partition("=")[0] in SELECTION_OPTIONS
            if kept:
                words.append(word)
        return self.command, tuple(words)

    @property
    def needs_state(self) -> bool:
        """Whether a selection criterion compares with state."""
        return any(compares(value) for _, value in self.criteria())

    def criteria(self) -> Iterator[tuple[str, str]]:
        """Each (option, selection criterion) of the step, e.g. ``("--select", "state:modified+")``."""
        for option, value in _pairs(self.args):
            if option in SELECT_OPTIONS or option in EXCLUDE_OPTIONS:
                for criterion in value.split():
                    yield option, criterion

    def without_state(self) -> Step:
        """The same step as a full build: every criterion that compares with state selects all.

        A union with everything is everything, so ``--select state:modified+ tag:x`` loses the
        whole option; an intersection loses only the part that compares.
        """
        kept: list[str] = []
        unbounded = False
        for option, value in self.criteria():
            rest = ",".join(part for part in value.split(",") if not compares(part))
            if rest:
                kept += [option, rest]
            elif option in SELECT_OPTIONS:
                unbounded = True
        if unbounded:
            kept = [*_only(kept, EXCLUDE_OPTIONS)]
        return self._with_args((*self._without_criteria(), *kept))

    def selecting(self, criteria: tuple[str, ...]) -> Step:
        """The same step on exactly these criteria."""
        args = self._without_criteria(also=frozenset({"--selector", "--indirect-selection"}))
        selection = ("--select", *criteria, "--indirect-selection", "empty")
        return self._with_args((*args, *selection))

    def _without_criteria(self, also: frozenset[str] = frozenset()) -> tuple[str, ...]:
        dropped = SELECT_OPTIONS | EXCLUDE_OPTIONS | also
        words: list[str] = []
        for option, value in _pairs(self.args):
            if option not in dropped:
                words += [word for word in (option, value) if word]
        return tuple(words)

    def _with_args(self, args: tuple[str, ...]) -> Step:
        text = shlex.join(["dbt", *self.command.split(), *args])
        return replace(self, args=args, text=text)


@lru_cache(maxsize=16384)
def parse_step(text: str) -> Step:
    """Read a step; raises :class:`NotADbtCommand`."""
    words = _words(text)
    if words[:1] != ["dbt"]:
        raise NotADbtCommand("a step is a dbt command and starts with `dbt`")
    name, *args = [*_apart(words[1:])] or [""]
    if name.startswith("-"):
        raise NotADbtCommand("dbt's options belong after the command")
    if name in GROUPS:
        if not args or args[0] not in GROUPS[name]:
            choices = " or ".join(f"`dbt {name} {second}`" for second in GROUPS[name])
            raise NotADbtCommand(f"`dbt {name}` needs a second word: {choices}")
        name = f"{name} {args.pop(0)}"
    if name in INTERACTIVE:
        raise NotADbtCommand(f"`dbt {name}` waits for a person; a job can't run it")
    if name not in COMMANDS:
        raise NotADbtCommand(
            f"`{name}` is not a dbt command" if name else "no dbt command is named"
        )
    _check_values(args)
    return Step(text=text, command=name, args=tuple(args))


def _apart(words: list[str]) -> Iterator[str]:
    """Short options that stand together, such as `-fstag:x`, as one word each: dbt reads both alike."""
    for word in words:
        while len(word) > 2 and word[:2] in SHORT_SWITCHES:
            yield word[:2]
            word = f"-{word[2:]}"
        attached = len(word) > 2 and word[:2] in SHORT_OPTIONS
        yield from (word[:2], word[2:]) if attached else (word,)


def _check_values(args: list[str]) -> None:
    for word, following in pairwise([*args, "-"]):
        if word in VALUE_OPTIONS and _OPTION.match(following):
            raise NotADbtCommand(f"`{word}` needs a value")


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NotADbtCommand(f"its quotes don't match ({error})") from error
    for word in words:
        if word in {"&&", "||", "|", ";", ">", ">>", "<", "&"} or word.startswith(("$(", "`")):
            raise NotADbtCommand(
                f"`{word}` is for a shell; a step is one dbt command, not a script"
            )
    return words


def _pairs(args: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each word as ("", word), or as (option, value) where it is a value of a selecting option."""
    selecting = ""
    for word in args:
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            selecting = ""
            if name in SELECT_OPTIONS | EXCLUDE_OPTIONS | {"--selector", "--indirect-selection"}:
                selecting = name
                if equals:
                    yield name, value
                continue
        yield (selecting, word) if selecting else ("", word)


def _only(flat: list[str], options: frozenset[str]) -> Iterator[str]:
    for option, value in zip(flat[::2], flat[1::2], strict=True):
        if option in options:
            yield from (option, value)


def compares(criterion: str) -> bool:
    """Whether a selection criterion, such as ``state:modified+``, compares with state."""
    return any(read_criterion(part).method in COMPARING for part in criterion.split(","))
