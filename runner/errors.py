"""Every way to end without success, and the exit code of each.

One place raises :class:`SystemExit` (``runner.cli.main``); everything below raises one of these or
returns a result. A message says what happened; ``why`` and ``hint`` say the rest.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process tells its caller. The README's table is compared with this by a test."""

    SUCCESS = 0
    STEP_FAILED = 1
    CONFIG_INVALID = 2
    STATE_UNRESOLVED = 3
    GITHUB_FAILED = 4
    DBT_FAILED = 5
    TIMED_OUT = 6
    BUG = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.SUCCESS: "success, or nothing was due",
    ExitCode.STEP_FAILED: "a step failed",
    ExitCode.CONFIG_INVALID: "the configuration is invalid",
    ExitCode.STATE_UNRESOLVED: "state can't be resolved, or what a run leaves can't be written",
    ExitCode.GITHUB_FAILED: "GitHub, or dbt Cloud for an import, refused or can't be reached",
    ExitCode.DBT_FAILED: "dbt is missing or crashed",
    ExitCode.TIMED_OUT: "timed out",
    ExitCode.BUG: "a bug in dbt-gitops (a traceback and the versions are printed)",
    ExitCode.INTERRUPTED: "interrupted",
}


class DbtGitopsError(Exception):
    """Something the user can act on: printed as ``error: what``, ``why`` and ``hint:``."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.what, self.why, f"\nhint: {self.hint}" if self.hint else ""]
        return "\n".join(part for part in parts if part)


class ConfigInvalid(DbtGitopsError):
    """The jobs file, the command line or the environment asks for something impossible."""

    exit_code = ExitCode.CONFIG_INVALID


class JobsFileInvalid(ConfigInvalid):
    """The first problem of a jobs file, all of whose problems have been printed and annotated."""


class EventMalformed(ConfigInvalid):
    """What GitHub's runner says about the event can't be read, or isn't what GitHub sends."""


class StateUnresolved(DbtGitopsError):
    """The manifest to defer to or to compare with is missing, damaged or out of reach."""

    exit_code = ExitCode.STATE_UNRESOLVED


class GitHubFailed(DbtGitopsError):
    """GitHub refused, or can't be reached. ``status`` is that of its answer, 0 without one."""

    exit_code = ExitCode.GITHUB_FAILED

    def __init__(self, what: str, *, why: str = "", hint: str = "", status: int = 0) -> None:
        super().__init__(what, why=why, hint=hint)
        self.status = status


class DbtCloudFailed(DbtGitopsError):
    """dbt Cloud refused, can't be reached, or answered what can't be used."""

    exit_code = ExitCode.GITHUB_FAILED


class DbtMissing(DbtGitopsError):
    """There is no dbt to run, or it can't be installed."""

    exit_code = ExitCode.DBT_FAILED


class DbtFailed(DbtGitopsError):
    """dbt can't read the project, or a manifest of it."""

    exit_code = ExitCode.DBT_FAILED


class TimedOut(DbtGitopsError):
    """A run, or the wait for its turn, took longer than it may."""

    exit_code = ExitCode.TIMED_OUT


class RecordFailed(DbtGitopsError):
    """What a run leaves behind can't be written."""

    exit_code = ExitCode.STATE_UNRESOLVED
