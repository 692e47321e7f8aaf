"""Passwords and tokens that stand in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from runner.config.nodes import Path
from runner.config.rules.examples import DAILY, PRODUCTION
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown

_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS)$"
    r"|^DBT_ENV_SECRET_",
    re.IGNORECASE,
)
# As their makers write them: GitHub, AWS, Slack, Databricks, a private key, a JSON Web Token.
_VALUE = re.compile(
    r"\b(gh[a-z]_[A-Za-z0-9._-]{36,}|github_pat_\w{22,}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,}"
    r"|dapi[0-9a-f]{32})\b|-----BEGIN [A-Z ]*PRIVATE KEY|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."
)


def _plain(subject: Subject) -> Iterator[Found]:
    for at, name, value in _values(subject):
        # A name may be of a file, of a switch or of nothing; a value that starts so names a variable.
        named = _NAME.search(name) and len(value) > 3 and not value.startswith(("$", "{{", "/"))
        if named or _VALUE.search(value):
            yield Found(
                what=f"{shown(name)} is written into the file as it is",
                hint="make it a secret of the repository, name it in `secrets` of the environment, and"
                " change it: it stays in the history",
                at=at,
            )


def _values(subject: Subject) -> Iterator[tuple[Path, str, str]]:
    """Each (place, name, text); `env` and `vars` of a job hold those of the defaults as well."""
    config = subject.config
    for name, environment in config.environments.items():
        yield from _texts(("environments", name, "env"), environment.env)
        yield from _texts(("environments", name, "vars"), environment.vars)
    for name, job in config.jobs.items():
        around = config.environment_of(job)
        yield from _texts(("jobs", name, "env"), job.env, around.env)
        yield from _texts(("jobs", name, "vars"), job.vars, around.vars)
        for index, step in enumerate(job.steps):
            at = ("jobs", name, "steps", index)
            given = re.findall(
                r"(\w+)['\"]?\s*:\s*['\"]?([^\s,'\"}]+)", step.option("--vars") or ""
            )
            yield from ((at, key, value) for key, value in given)
            yield at, "a token in a step", " ".join(step.args)


def _texts(
    at: Path, values: Mapping[str, object], known: Mapping[str, object] | None = None
) -> Iterator[tuple[Path, str, str]]:
    for name, value in values.items():
        if isinstance(value, str) and (known or {}).get(name) != value:
            yield (*at, name), name, value


_GOOD = DAILY.replace(
    PRODUCTION,
    """\
  production:
    target: prod
    dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }
    secrets: [DBT_ENV_SECRET_PASSWORD]
""",
)

RULES = (
    Rule(
        code="plain-secret",
        title="A password or a token that stands in the file",
        why="whoever can read the repository, or has ever cloned it, has it; and no log masks it",
        bad=_GOOD.replace(
            "secrets: [DBT_ENV_SECRET_PASSWORD]", "env: { WAREHOUSE_PASSWORD: hunter2 }"
        ),
        good=_GOOD,
        check=_plain,
    ),
)
