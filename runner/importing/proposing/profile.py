"""The project's profile: where it is, its targets, and what they read; never what is secret in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.dbt.profiles import FILE
from runner.git import is_ignored
from runner.importing.proposing.files import read_mapping
from runner.importing.proposing.variables import Variable, settled, variables_in
from runner.importing.secret_names import looks_secret

PRODUCTION = ("prod", "production", "prd", "live")
# The likeliest first.
CHECKS = ("ci", "pr", "slim_ci", "test", "qa", "staging", "stage", "dev", "development")


@dataclass(frozen=True, kw_only=True)
class Target:
    """``written_out`` are the keys whose value is a secret that stands in the file as it is."""

    name: str
    adapter: str
    variables: tuple[Variable, ...]
    written_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """``committed``: a checkout has it, or will once it is committed, because git doesn't ignore it."""

    file: Path
    committed: bool
    targets: tuple[Target, ...]
    default: str

    def target(self, name: str) -> Target | None:
        return next((each for each in self.targets if each.name == name), None)

    @property
    def production(self) -> str:
        """The likeliest target of production, "" where no name tells."""
        names = [each.name for each in self.targets]
        named = [name for name in names if name.lower() in PRODUCTION]
        return named[0] if named else names[0] if len(names) == 1 else ""

    def of_checks(self, production: str) -> str:
        """The likeliest target of pull requests, of the same adapter; "" where there is no other."""
        ours = self.target(production)
        others = [
            each.name
            for each in self.targets
            if each.name != production
            and each.name.lower() not in PRODUCTION
            and (ours is None or each.adapter == ours.adapter)
        ]
        named = [name for known in CHECKS for name in others if name.lower() == known]
        return next(iter([*named, *others]), "")


def find_profile(
    project: Path,
    wanted: object,
    root: Path,
    files: Iterable[Path],
    environ: Mapping[str, str],
) -> Profile | None:
    """Of dbt's own places, then of others in the repository, the first that has the profile.

    ``wanted`` is `profile` of dbt_project.yml; where it isn't there, or Jinja
    makes it, a file's only profile is meant.
    Raises ConfigInvalid where a file is no YAML.
    """
    named = environ.get("DBT_PROFILES_DIR")
    first = [Path(named).expanduser() / FILE] if named else []
    below = [path for path in files if path.name == FILE]
    for file in dict.fromkeys([*first, project / FILE, *below, Path.home() / ".dbt" / FILE]):
        if not file.is_file():
            continue
        found = _profile(read_mapping(file), wanted)
        if found is not None:
            committed = root in file.resolve().parents and not is_ignored(file, environ)
            return _read(file, committed, found)
    return None


def _profile(profiles: Mapping[str, Any], wanted: object) -> Mapping[str, Any] | None:
    found: Any = profiles.get(str(wanted))
    others = [each for name, each in profiles.items() if name != "config"]
    unknown = wanted is None or "{" in str(wanted)
    if found is None and unknown and len(others) == 1:
        found = others[0]
    outputs = found.get("outputs") if isinstance(found, dict) else None
    some = isinstance(outputs, dict) and any(isinstance(each, dict) for each in outputs.values())
    return found if some else None


def _read(file: Path, committed: bool, profile: Mapping[str, Any]) -> Profile:
    outputs = profile["outputs"].items()
    targets = tuple(_target(str(name), each) for name, each in outputs if isinstance(each, dict))
    default = str(profile.get("target") or "default")
    known = {each.name for each in targets}
    return Profile(
        file=file,
        committed=committed,
        targets=targets,
        default=default if default in known else "",
    )


def _target(name: str, output: Mapping[str, Any]) -> Target:
    adapter = str(output.get("type") or "")
    return Target(
        name=name,
        adapter="" if "{" in adapter else adapter,
        variables=settled(variables_in(output)),
        written_out=tuple(
            str(key)
            for key, value in output.items()
            if looks_secret(str(key)) and value and "env_var" not in str(value)
        ),
    )
