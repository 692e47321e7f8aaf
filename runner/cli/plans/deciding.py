"""What an event starts here: with the checkout's jobs file, the base's, and the files that changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from runner.cli.plans.base_file import BaseFile, load_base
from runner.config.difference import Difference, difference
from runner.errors import ConfigInvalid
from runner.events import Dispatch, Event, Merge, MergeGroup, PullRequest
from runner.git import changed_paths, repository_root
from runner.history import History
from runner.model import Config
from runner.reports.plan import PlanReport
from runner.triggers import Changes, Plan, decide


def plan_report(
    config: Config,
    event: Event,
    ref: str | None,
    environ: Mapping[str, str],
    known: Known | None = None,
) -> PlanReport:
    """The plan and why. ``config`` is the checkout's; on a pull request, and in a merge queue, the base's decides.

    ``ref`` is the commit to compare the jobs file with, None for a pull request's own base.
    """
    config = _resolved(config)
    root = repository_root(config.root, environ)
    base = _base(config, root, _base_ref(event, ref), environ)
    changes = _changes(event, root or config.root, environ)
    holds: Config | None = config
    proposed = None
    if isinstance(event, (PullRequest, MergeGroup)) and base.file:
        holds, proposed = base.file.config, config
    known = known or Known()
    policy = _policy(config, root, event, environ)
    decided = _decided(holds, event, changes, proposed, known, policy.config if policy else None)
    notes = [
        base.file.note if base.file else "",
        _about_files(event, changes),
        _about_inputs(event),
        policy.note if policy else "",
    ]
    return PlanReport(
        plan=decided,
        config=holds,
        checkout=config,
        difference=base.difference,
        notes=tuple(filter(None, notes)),
    )


def _policy(
    config: Config, root: Path | None, event: Event, environ: Mapping[str, str]
) -> BaseFile | None:
    """The default branch's jobs file, where overrides are asked for on another ref.

    None where the checkout's own file says what may be overridden. A default branch without a sound
    file lets nothing be overridden.
    """
    if not isinstance(event, Dispatch) or not event.overrides.given() or root is None:
        return None
    if not event.off_default:
        return None
    branch = event.default_branch
    found = load_base(config.path, root, f"refs/remotes/origin/{branch}", environ)
    if found.config:
        return found
    return BaseFile(config=replace(config, jobs={}), note=f"on {branch}: {found.note}")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the decision takes into account beside the file; ``elsewhere`` are other files' jobs."""

    history: History | None = None
    now: datetime | None = None
    elsewhere: frozenset[str] = frozenset()


def _resolved(config: Config) -> Config:
    """The Config without links in its path, as git names its checkout."""
    return replace(config, path=config.path.parent.resolve() / config.path.name)


@dataclass(frozen=True, kw_only=True)
class _Base:
    """``file`` is None where nothing is compared."""

    file: BaseFile | None
    difference: Difference | None = None


def _base_ref(event: Event, given: str | None) -> str | None:
    return given or (event.base_sha if isinstance(event, (PullRequest, MergeGroup)) else None)


def _base(config: Config, root: Path | None, ref: str | None, environ: Mapping[str, str]) -> _Base:
    if ref is None:
        return _Base(file=None)
    if root is None:
        raise ConfigInvalid(
            f"{config.root} is not in a git checkout",
            why="the jobs file is compared with the base's",
        )
    file = load_base(config.path, root, ref, environ)
    return _Base(file=file, difference=difference(file.config, config, _now()))


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _changes(event: Event, root: Path, environ: Mapping[str, str]) -> Changes:
    paths: tuple[str, ...] | None = None
    if isinstance(event, (PullRequest, MergeGroup)):
        paths = changed_paths(root, event.base_sha, event.head_sha, environ, since_fork=True)
    elif isinstance(event, Merge) and not event.created and not event.deleted:
        paths = changed_paths(root, event.before, event.after, environ, since_fork=False)
        paths = event.changed_paths if paths is None else paths
    return Changes(root=root, paths=paths)


def _decided(
    holds: Config | None,
    event: Event,
    changes: Changes,
    proposed: Config | None,
    known: Known,
    policy: Config | None,
) -> Plan:
    if holds is None:  # a base without a jobs file: what the pull request adds isn't run
        assert proposed is not None
        return decide(replace(proposed, jobs={}), event, changes, proposed)
    return decide(
        holds,
        event,
        changes,
        proposed,
        history=known.history,
        now=known.now,
        policy=policy,
        elsewhere=known.elsewhere,
    )


def _about_files(event: Event, changes: Changes) -> str:
    if changes.paths is not None or not isinstance(event, (PullRequest, MergeGroup, Merge)):
        return ""
    return (
        "which files changed isn't known, so no job is held back by its paths: both commits and all"
        " between them are needed (`fetch-depth: 0`)"
    )


def _about_inputs(event: Event) -> str:
    if not isinstance(event, Dispatch) or not event.unknown:
        return ""
    return f"inputs that mean nothing here: {', '.join(event.unknown)}"
