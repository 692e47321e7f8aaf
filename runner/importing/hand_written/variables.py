"""``env:`` of workflows: secrets by name, plain values, and what only GitHub can say."""

from __future__ import annotations

import re
from typing import Any

from runner.importing.fields import Fields
from runner.importing.hand_written.pieces import PROFILES, PROJECT, is_folder
from runner.importing.hand_written.schemas import SCHEMA, names_schema, template_of
from runner.importing.hand_written.secrets import Secrets, secret_of
from runner.importing.reading import text_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a job says by its `defer`, and what the runner sets for each of its steps.
_DEFERRAL = ("DBT_STATE", "DBT_DEFER_STATE", "DBT_DEFER", "DBT_DEFER_TO_STATE")
_OF_RUNNER = ("DBT_TARGET_PATH", "DBT_LOG_PATH")


class Variables:
    """The variables of one job, told from the narrowest place to the widest: the first value counts."""

    def __init__(
        self,
        job: dict[str, Any],
        environment: dict[str, Any],
        path: str,
        secrets: Secrets,
        *,
        pull_request: bool,
    ) -> None:
        self._job = job
        self._environment = environment
        self._path = path
        self._to = f"environments.{job['environment']}"
        self._secrets = secrets
        self._pull_request = pull_request
        self._taken: dict[str, str] = dict(job.get("env", {}))

    def add(self, fields: Fields, why: str = "") -> None:
        """Put variables into the job and the secrets of its environment; ``why`` says what changes."""
        for name in fields:
            self._add(name, fields, why)

    def _add(self, name: str, fields: Fields, why: str) -> None:
        value = fields.get(name)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        secret = secret_of(value)
        if lost := _why_lost(name):
            fields.dropped(name, lost)
        elif name in (PROFILES, PROJECT):
            self._folder(name, fields)
        elif secret is not None:
            self._secret(name, secret, fields)
        elif "$" in text and self._pull_request and names_schema(name):
            self._schema(name, fields)
        elif "$" in text or isinstance(value, dict | list) or value is None:
            hint = "write the value itself, or keep it in a secret"
            fields.dropped(name, "an expression has no place in a jobs file", hint)
        elif self._secrets.has(self._job["environment"], name):
            fields.dropped(name, "it is a secret of the environment", "keep one of the two")
        else:
            self._plain(name, text, fields, why)

    def _plain(self, name: str, text: str, fields: Fields, why: str) -> None:
        if self._is_narrowed(name, text, fields):
            return
        self._job.setdefault("env", {})[name] = text
        if why:
            fields.translated(name, f"{self._path}.env.{name}", why)
        else:
            fields.carried(name, f"{self._path}.env.{name}")

    def _is_narrowed(self, name: str, value: str, fields: Fields) -> bool:
        """Whether a narrower place says otherwise; that is told."""
        if self._taken.setdefault(name, value) == value:
            return False
        hint = "a job has one value for all its steps: make it two jobs if both are needed"
        fields.dropped(name, "a narrower `env` has another value", hint)
        return True

    def _schema(self, name: str, fields: Fields) -> None:
        """The schema of a pull request: the environment's takes the place of that in profiles.yml."""
        wanted, to = template_of(fields.get(name)), f"{self._to}.schema"
        if wanted and self._environment["schema"] in (SCHEMA, wanted):
            if not self._is_narrowed(name, wanted, fields):
                self._environment["schema"] = wanted
                fields.translated(name, to, "it replaces what the profile reads from the variable")
            return
        why = (
            "another job of the environment has another" if wanted else "an expression has no place"
        )
        hint = f"write {to}, whose fields are {{pr_number}}, {{job}}, {{branch}} and {{sha7}}: it replaces the profile's"
        fields.dropped(name, why, hint)

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
        """Name a secret in the environment; ``secret`` is "" of what stands in the workflow itself."""
        if self._is_narrowed(name, f"secrets.{secret}", fields):
            return
        place = f"{self._to}.secrets"
        holds = f"what {secret} holds" if secret else "a new value"
        others = self._secrets.others(self._job["environment"], name)
        if others:
            why = f"a secret is called as its variable, and {name} is {others}"
            hint = (
                f"name one of GitHub's environments in {self._to}.github_environment, create {name} there"
                f" with {holds}, and add {name} to {place}"
            )
            fields.dropped(name, why, hint)
            return
        named = self._environment.setdefault("secrets", [])
        named += [] if name in named else [name]
        if not secret:
            why = f"it looks secret, so its name alone: create {name}, with a new value"
        elif name == secret:
            why = "the compiled workflow maps it"
        else:
            why = f"the secret is called as the variable: create {name} with {holds}"
        fields.translated(name, place, why)


def _why_lost(name: str) -> str:
    if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
        return "GitHub keeps this name for itself, or it is none"
    if name in _DEFERRAL:
        return "the job's `defer` fetches the state"
    return "the runner says where each step writes" if name in _OF_RUNNER else ""
