"""What there is to know of a project before its first jobs file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.dbt.project import has_packages
from runner.errors import ConfigInvalid
from runner.git import default_branch_of
from runner.importing.proposing import committing
from runner.importing.proposing.elsewhere import imports
from runner.importing.proposing.files import read_mapping, walked
from runner.importing.proposing.models import Contents, contents
from runner.importing.proposing.profile import Profile, Target, find_profile
from runner.importing.proposing.variables import Variable, settled, variables_in
from runner.importing.proposing.versions import Pins, adapters_named, pins_of

PROJECT_FILES = ("dbt_project.yml", "packages.yml", "dependencies.yml")


@dataclass(frozen=True, kw_only=True)
class Found:
    """``profile`` is None where no file has it; ``elsewhere`` are the files of other schedulers.

    ``variables`` are those that the project reads itself, whatever the target. ``siblings``: other
    jobs files are compiled into the same workflow, so a job's name may be taken.
    """

    folder: Path
    root: Path
    name: str
    profile_name: str
    profile: Profile | None
    adapter: str
    pins: Pins
    contents: Contents
    packages: bool
    branch: str
    variables: tuple[Variable, ...]
    elsewhere: Mapping[str, list[str]]
    siblings: bool = False

    @property
    def committed(self) -> Profile | None:
        """The profile that a machine of GitHub's will have."""
        return self.profile if self.profile and self.profile.committed else None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Those to choose from: of the profile, or of the one that is to be committed."""
        return self.committed.targets if self.committed else committing.to_commit(self.adapter)

    def target(self, name: str) -> Target | None:
        return next((each for each in self.targets if each.name == name), None)


def look(
    folder: Path,
    root: Path,
    environ: Mapping[str, str],
    adapter: str = "",
    siblings: bool = False,
) -> Found:
    """``folder`` is resolved. Raises ConfigInvalid where what is there can't be read.

    ``adapter`` is somebody's word, "" where it is to be found; :class:`NoAdapter` where it isn't.
    """
    project = read_mapping(folder / "dbt_project.yml")
    files = list(walked(root))
    profile = find_profile(folder, project.get("profile"), root, files, environ)
    there = contents(folder, project, environ)
    adapter = adapter or _adapter(profile, there, folder, root)
    wanted = project.get("require-dbt-version")
    return Found(
        folder=folder,
        root=root,
        name=str(project.get("name") or folder.name),
        profile_name=_plain(project.get("profile")) or str(project.get("name") or "default"),
        profile=profile,
        adapter=adapter,
        pins=pins_of(adapter, folder, root, wanted, there.dbt_version, environ),
        contents=there,
        packages=has_packages(folder),
        branch=default_branch_of(root, environ),
        variables=settled(_read_by(folder)),
        elsewhere=imports(root, files),
        siblings=siblings,
    )


class NoAdapter(ConfigInvalid):
    """Nothing says which database dbt connects to."""


def _adapter(profile: Profile | None, there: Contents, folder: Path, root: Path) -> str:
    """That of the profile's likeliest target, of a manifest, or the only one in requirement files."""
    if profile:
        target = profile.target(profile.production or profile.default)
        known = [each.adapter for each in profile.targets if each.adapter]
        found = (target.adapter if target else "") or next(iter(known), "")
        if found:
            return found
    if there.adapter:
        return there.adapter
    named = adapters_named(folder, root)
    if len(named) == 1:
        return named[0]
    also = f"; requirement files name {', '.join(named)}" if named else ""
    raise NoAdapter(
        "which database dbt connects to isn't known",
        why=f"no profiles.yml has the project's profile, and it was never parsed here{also}",
        hint="dbt-gitops init --adapter snowflake, or bigquery, databricks, postgres, …",
    )


def _read_by(folder: Path) -> list[Variable]:
    found: list[Variable] = []
    for name in PROJECT_FILES:
        if (folder / name).is_file():
            content: Any = read_mapping(folder / name)
            found += variables_in({key: v for key, v in content.items() if key != "profile"})
    return found


def _plain(name: object) -> str:
    return "" if name is None or "{" in str(name) else str(name)
