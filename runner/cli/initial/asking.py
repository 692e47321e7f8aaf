"""The questions of ``dbt-gitops init``, each with a good answer; without a terminal that is taken."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from runner.errors import ConfigInvalid
from runner.importing.proposing.files import projects_below
from runner.importing.proposing.look import Found
from runner.importing.proposing.propose import (
    Choices,
    ci_target_of,
    default_choices,
    quiet_minute,
    secrets_of,
)
from runner.importing.proposing.versions import ADAPTERS
from runner.schedule.cron import check_cron
from runner.schedule.zones import is_zone

_LOCALTIME = Path("/etc/localtime")
_IN_UTC = ("Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu")


def at_a_terminal() -> bool:
    return sys.stdin.isatty()


def project_folder(given: Path | None, ask: bool) -> Path:
    """The folder of dbt_project.yml: the given one, this one, or one below it; resolved.

    Raises ConfigInvalid where there is none, or several and nobody to ask.
    """
    start = (given or Path()).resolve()
    found = [start] if (start / "dbt_project.yml").is_file() else []
    if not found and given is None:
        found = projects_below(start)
    if not found:
        raise ConfigInvalid(
            f"there is no dbt project in {given or start}",
            why="no dbt_project.yml is there" + ("" if given else ", nor in a folder below"),
            hint="call it in the project's folder, or name it: dbt-gitops init --project-dir FOLDER",
        )
    if len(found) == 1:
        return found[0]
    names = [path.relative_to(start).as_posix() for path in found]
    if not ask:
        raise ConfigInvalid(
            f"there are {len(found)} dbt projects below {start}",
            why=f"each has a jobs file of its own: {', '.join(names)}",
            hint=f"dbt-gitops init --project-dir {names[0]}",
        )
    name = click.prompt("Which dbt project", type=click.Choice(names), err=True)
    return found[names.index(name)]


def ask_adapter(error: ConfigInvalid) -> str:
    click.echo(f"{error.what}: {error.why}", err=True)
    known = ", ".join(ADAPTERS)
    return str(click.prompt(f"Which adapter ({known}, …)", value_proc=adapter_of, err=True))


def adapter_of(text: str) -> str:
    """``dbt-Snowflake`` as ``snowflake``."""
    name = text.strip().lower().removeprefix("dbt-")
    if not re.fullmatch("[a-z][a-z0-9_-]*", name):
        raise click.BadParameter(f"{text} is no adapter's name, such as snowflake")
    return name


def local_zone(environ: Mapping[str, str]) -> str:
    """This machine's time zone by its IANA name, UTC where it has none that is known."""
    named = environ.get("TZ", "").lstrip(":")
    name = named or os.path.realpath(_LOCALTIME).partition("zoneinfo/")[2]
    return name if name and name not in _IN_UTC and is_zone(name) else "UTC"


def choices(found: Found, environ: Mapping[str, str], ask: bool) -> Choices:
    """The answers, or what would have been offered."""
    offered = default_choices(found, local_zone(environ))
    return _asked(found, offered) if ask else offered


def _asked(found: Found, offered: Choices) -> Choices:
    names = [each.name for each in found.targets]
    target = offered.target
    if found.committed and len(names) > 1:
        target = click.prompt(
            "Which target is production", type=click.Choice(names), default=target, err=True
        )
    cron = click.prompt(
        "When is it built: an hour of the day, or cron",
        default=offered.cron.split()[1],
        value_proc=lambda text: _cron(text, found.name),
        err=True,
    )
    timezone = click.prompt(
        "In which time zone", default=offered.timezone, value_proc=_zone, err=True
    )
    return Choices(
        target=target,
        ci_target=_asked_ci(found, target),
        cron=cron,
        timezone=timezone,
        merge=click.confirm(
            f"Deploy what is merged into {found.branch or 'the default branch'} at once",
            default=offered.merge,
            err=True,
        ),
    )


def _asked_ci(found: Found, target: str) -> str:
    """Nothing is asked where no target would do."""
    own = ci_target_of(found, target)
    if not own:
        return ""
    how = f"target {own}" if own != target or not secrets_of(found, own) else "its own secrets"
    wanted = click.confirm(
        f"Build what a pull request changes, in a schema of its own ({how})", default=True, err=True
    )
    return own if wanted else ""


def _cron(text: str, name: str) -> str:
    """Five fields as they are, and an hour as a quiet minute of it."""
    text = " ".join(text.split())
    if text.isdigit() and int(text) < 24:
        return f"{quiet_minute(name)} {int(text)} * * *"
    wrong = check_cron(text)
    if wrong:
        raise click.BadParameter(
            f"{text} is no hour from 0 to 23, and no cron that GitHub runs: {wrong.why}"
        )
    return text


def _zone(text: str) -> str:
    text = text.strip()
    if not is_zone(text):
        raise click.BadParameter(f"{text} is no time zone of IANA's, such as Europe/Berlin")
    return text
