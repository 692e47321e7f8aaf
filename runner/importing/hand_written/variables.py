"""``env:`` of workflows: secrets by name, plain values, and what only GitHub can say."""

from __future__ import annotations

import re
from typing import Any

from runner.importing.fields import Fields
from runner.importing.hand_written.pieces import PROFILES, PROJECT, is_folder
from runner.importing.reading import text_of

_SECRET = re.compile(r"\$\{\{\s*secrets\.(\w+)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a job says by its `defer`, and what the runner sets for each of its steps.
_DEFERRAL = ("DBT_STATE", "DBT_DEFER_STATE", "DBT_DEFER", "DBT_DEFER_TO_STATE")
_OF_RUNNER = ("DBT_TARGET_PATH", "DBT_LOG_PATH")


class Variables:
    """The variables of one job, told from the narrowest place to the widest: the first value counts."""

    def __init__(self, job: dict[str, Any], environment: dict[str, Any], path: str) -> None:
        self._job = job
        self._environment = environment
        self._path = path
        self._to = f"environments.{job['environment']}"

    def add(self, fields: Fields, why: str = "") -> None:
        """Put variables into the job and the secrets of its environment; ``why`` says what changes."""
        for name in fields:
            self._add(name, fields, why)

    def _add(self, name: str, fields: Fields, why: str) -> None:
        value = fields.get(name)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        secret = _SECRET.fullmatch(text.strip())
        if lost := _why_lost(name):
            fields.dropped(name, lost)
        elif name in (PROFILES, PROJECT):
            self._folder(name, fields)
        elif secret:
            self._secret(name, secret[1], fields)
        elif "$" in text or isinstance(value, dict | list) or value is None:
            hint = "write the value itself, or keep it in a secret"
            fields.dropped(name, "an expression has no place in a jobs file", hint)
        elif name in self._environment.get("secrets", ()):
            fields.dropped(name, "it is a secret of the environment", "keep one of the two")
        else:
            self._plain(name, text, fields, why)

    def _plain(self, name: str, text: str, fields: Fields, why: str) -> None:
        if self._job.setdefault("env", {}).setdefault(name, text) != text:
            hint = "a job has one value for all its steps: make it two jobs if both are needed"
            fields.dropped(name, "a narrower `env` has another value", hint)
        elif why:
            fields.translated(name, f"{self._path}.env.{name}", why)
        else:
            fields.carried(name, f"{self._path}.env.{name}")

    def _folder(self, name: str, fields: Fields) -> None:
        value = text_of(fields.get(name))
        if not is_folder(value):
            hint = f"write `profiles_dir` into {self._to}"
            if name == PROJECT:
                hint = "write `project`, at the top of the jobs file"
            fields.dropped(name, "an expression has no place in a jobs file", hint)
        elif name == PROJECT:
            fields.translated(name, "project", "the folder of the dbt project")
        elif value.startswith("~"):
            fields.dropped(name, "dbt looks in the home folder by itself")
        else:
            why = "the folder of profiles.yml, from the jobs file"
            fields.translated(name, f"{self._to}.profiles_dir", why)

    def _secret(self, name: str, secret: str, fields: Fields) -> None:
        secrets = self._environment.setdefault("secrets", [])
        if name not in secrets:
            secrets.append(name)
        place = f"{self._to}.secrets"
        if name == secret:
            fields.translated(name, place, "the compiled workflow maps it")
        else:
            why = f"the secret is called as the variable: create {name} with what {secret} holds"
            fields.translated(name, place, why)


def _why_lost(name: str) -> str:
    if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
        return "GitHub keeps this name for itself, or it is none"
    if name in _DEFERRAL:
        return "the job's `defer` fetches the state"
    return "the runner says where each step writes" if name in _OF_RUNNER else ""


def without_secrets(job: dict[str, Any], environment: dict[str, Any]) -> list[str]:
    """Take out plain values that are secrets of the environment for another job; gives their names."""
    lost = [name for name in job.get("env", {}) if name in environment.get("secrets", ())]
    for name in lost:
        del job["env"][name]
    if not job.get("env", True):
        del job["env"]
    return lost
