"""What profiles.yml says of the jobs' targets, and those that it doesn't have, as `validate` says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from runner.config import Loaded, Position
from runner.config.rules.rule import Profile
from runner.config.text import printable, shown
from runner.dbt.profiles import FILE, default_target, first_folder, names_read, targets_of
from runner.dbt.project import read_project
from runner.errors import ConfigInvalid
from runner.model import Config, Job, Problem
from runner.unknown import did_you_mean


def with_targets(loaded: Loaded, environ: Mapping[str, str]) -> Loaded:
    """With a warning for each that isn't in the profiles.yml of the project, or in one that is named.

    The one in somebody's home says nothing of the machine that runs the job.
    """
    return replace(loaded, problems=(*loaded.problems, *_problems(loaded, environ)))


def _problems(loaded: Loaded, environ: Mapping[str, str]) -> Iterator[Problem]:
    if (config := loaded.config) is None:
        return
    # A file may have a thousand jobs, and few folders.
    targets: dict[Path, frozenset[str]] = {}
    told: set[tuple[Position | None, str]] = set()
    for job in config.jobs.values():
        folder, place = _folder(config, job, environ), _place(loaded, job)
        if folder not in targets:
            targets[folder] = _known(config, folder)
        known = targets[folder]
        if job.target is None or not known or job.target in known or (place, job.target) in told:
            continue
        told.add((place, job.target))
        yield loaded.problem(
            "unknown-target",
            f"there is no target {shown(job.target)} in {printable(str(folder / FILE))}",
            why=printable(f"the project's profile has: {', '.join(sorted(known))}"),
            hint=printable(did_you_mean(job.target, sorted(known)))
            or f"add it to {FILE}, or name one of these",
            at=place,
        )


def profiles_of(config: Config, environ: Mapping[str, str]) -> dict[str, Profile]:
    """The profile that each job connects by, by the job's name, where its profiles.yml is at hand."""
    found: dict[Path, Profile | None] = {}
    profiles: dict[str, Profile] = {}
    for job in config.jobs.values():
        folder = _folder(config, job, environ)
        if folder not in found:
            found[folder] = _profile(config, folder)
        if profile := found[folder]:
            profiles[job.name] = profile
    return profiles


def _profile(config: Config, folder: Path) -> Profile | None:
    """None where :func:`_known` knows none."""
    if not _known(config, folder):
        return None
    name = str(read_project(config.project).get("profile"))
    return Profile(
        folder=folder, default=default_target(folder, name), reads=names_read(folder, name)
    )


def _folder(config: Config, job: Job, environ: Mapping[str, str]) -> Path:
    configured = config.environment_of(job).profiles_dir
    machine = environ if environ.get("GITHUB_ACTIONS") == "true" else {}
    return first_folder(configured, config.project, {**machine, **job.env})


def _known(config: Config, folder: Path) -> frozenset[str]:
    """None where no file is there, or where it or its profile isn't plain: then dbt has the word."""
    try:
        profile = read_project(config.project).get("profile")
        return targets_of(folder, str(profile)) if (folder / FILE).is_file() else frozenset()
    except (ConfigInvalid, OSError):
        return frozenset()


def _place(loaded: Loaded, job: Job) -> Position | None:
    """Where the target is written that the job has."""
    ways = (("jobs", job.name), ("environments", job.environment), ("defaults",))
    found = (loaded.where(*way, "target") for way in ways)
    return next(filter(None, found), None)
