"""Passwords and tokens that stand in the file."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.nodes import Entry, Path, find, plain
from runner.config.rules.examples import DAILY, PRODUCTION
from runner.config.rules.rule import Found, Rule, Subject
from runner.config.text import shown
from runner.secrecy import secrets_in

# Where values are written that dbt is given.
_GIVEN = ("env", "vars", "steps")


def _plain(subject: Subject) -> Iterator[Found]:
    for at in _places(subject):
        found = secrets_in(_plain_at(subject, at), at)
        for place, name in dict.fromkeys((secret.at, secret.name) for secret in found):
            # What stands in a step for itself has no name but the step's own.
            said = "a token in a step" if name == "steps" else shown(name)
            yield Found(
                what=f"{said} is written into the file as it is",
                hint="make it a secret of the repository, name it in `secrets` of the environment, and"
                " change it: it stays in the history",
                at=place,
            )


def _places(subject: Subject) -> Iterator[Path]:
    owners: list[Path] = [("defaults",)]
    owners += [("environments", name) for name in subject.config.environments]
    owners += [("jobs", name) for name in subject.config.jobs]
    return ((*owner, key) for owner in owners for key in _GIVEN)


def _plain_at(subject: Subject, at: Path) -> object:
    tree = subject.loaded.tree
    found = find(tree, at) if tree else None
    return plain(found.node) if isinstance(found, Entry) else None


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
