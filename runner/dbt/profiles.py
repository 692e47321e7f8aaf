"""Where dbt's connection comes from, and a copy of it that writes into another schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runner.errors import ConfigInvalid

FILE = "profiles.yml"
# BigQuery has datasets, and takes the other word too.
SCHEMA_KEYS = ("schema", "dataset")
# `env_var('NAME')` and `var("NAME")`, in JSON; without a name where Jinja makes it.
_READS = re.compile(r"""\b(?:env_var|var)\s*\(\s*(?:\\?["'](\w+)\\?["']\s*[,)])?""")


def find_profiles_dir(configured: Path | None, project: Path, environ: Mapping[str, str]) -> Path:
    """The folder of profiles.yml, by dbt's own order after the environment's ``profiles_dir``."""
    candidates = [configured] if configured else _default_folders(project, environ)
    for folder in candidates:
        if (folder / FILE).is_file():
            return folder.absolute()
    looked = ", ".join(str(folder) for folder in candidates)
    raise ConfigInvalid(
        f"no {FILE} is there",
        why=f"looked in {looked}",
        hint="put it beside dbt_project.yml or name its folder in the environment's `profiles_dir`",
    )


def first_folder(configured: Path | None, project: Path, environ: Mapping[str, str]) -> Path:
    """Where dbt looks first: the folder that is named, else the project; it may have no file."""
    return configured or _default_folders(project, environ)[0]


def targets_of(profiles_dir: Path, profile: str) -> frozenset[str]:
    """The outputs of a profile by name; none where it has none, or Jinja names it."""
    return frozenset(map(str, _outputs(_read(profiles_dir / FILE).get(profile))))


def default_target(profiles_dir: Path, profile: str) -> str:
    """The target of who names none, "" where Jinja makes it or there is no such profile."""
    found = _read(profiles_dir / FILE).get(profile)
    if not isinstance(found, dict):
        return ""
    named = str(found.get("target") or "default")  # dbt's own word where the profile has none
    return "" if "{" in named else named


def names_read(profiles_dir: Path, profile: str) -> frozenset[str] | None:
    """The variables and vars that a profile's Jinja reads; None where it makes a name of them."""
    found = json.dumps(_read(profiles_dir / FILE).get(profile), default=str)
    names = [match[1] for match in _READS.finditer(found)]
    return None if None in names else frozenset(names)


def write_overlay(profiles_dir: Path, schema: str, into: Path) -> Path:
    """A copy of profiles.yml in ``into`` in which every output writes into ``schema``.

    All outputs, because the profile's name and target may be Jinja; dbt uses only one of them.
    Jinja stays as it is. The file is for its owner's eyes: profiles hold passwords.
    """
    source = profiles_dir / FILE
    profiles = _read(source)
    for name, profile in profiles.items():
        if name == "config":
            continue
        for output_name, output in _outputs(profile).items():
            if not isinstance(output, dict):
                raise ConfigInvalid(
                    f"output `{output_name}` of profile `{name}` in {source} is not a mapping"
                )
            _set_schema(output, schema)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    overlay = into / FILE
    overlay.touch(mode=0o600)
    overlay.write_text(
        yaml.safe_dump(profiles, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    return into


def plain_schemas(profiles_dir: Path, target: str | None) -> frozenset[str]:
    """The schemas that a target writes into where nothing replaces them, of whatever profile.

    Those of all outputs where no target is named. What Jinja makes isn't known here.
    """
    outputs = _of_target(profiles_dir, target)
    found = [output.get(key) for output in outputs for key in SCHEMA_KEYS if _is_plain(output, key)]
    return frozenset(map(str, found))


def all_plain(profiles_dir: Path, target: str | None) -> bool:
    """Whether :func:`plain_schemas` knows them all: each output names one, and without Jinja."""
    outputs = _of_target(profiles_dir, target)
    return bool(outputs) and all(
        any(_is_plain(output, key) for key in SCHEMA_KEYS) for output in outputs
    )


def _of_target(profiles_dir: Path, target: str | None) -> list[Any]:
    """The outputs of that name, or all."""
    profiles = _read(profiles_dir / FILE)
    named = [pair for profile in profiles.values() for pair in _outputs(profile).items()]
    return [output for name, output in named if target in (None, name)]


def _is_plain(output: object, key: str) -> bool:
    value = output.get(key) if isinstance(output, dict) else None
    return value is not None and "{" not in str(value)


def not_yaml(path: Path, error: Exception) -> ConfigInvalid:
    """The error without PyYAML's words, which quote the file: a line of profiles.yml may be a password."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    return ConfigInvalid(
        f"{path}{place} is not YAML",
        hint="put quotes around the value: passwords, and Jinja such as \"{{ env_var('NAME') }}\", need them",
    )


def _default_folders(project: Path, environ: Mapping[str, str]) -> list[Path]:
    if environ.get("DBT_PROFILES_DIR"):
        return [Path(environ["DBT_PROFILES_DIR"]).expanduser()]
    return [project, Path.home() / ".dbt"]


def _read(path: Path) -> dict[str, Any]:
    try:
        profiles = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:  # also a date that there isn't
        raise not_yaml(path, error) from None
    if not isinstance(profiles, dict):
        raise ConfigInvalid(f"{path} is not a mapping of profiles")
    return profiles


def _outputs(profile: object) -> dict[str, Any]:
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    return outputs if isinstance(outputs, dict) else {}


def _set_schema(output: dict[str, Any], schema: str) -> None:
    if "dataset" in output or (output.get("type") == "bigquery" and "schema" not in output):
        output["dataset"] = schema
    else:
        output["schema"] = schema
