"""The state store of a jobs file, given the surroundings of this command."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.connecting import connect
from runner.errors import StateUnresolved
from runner.git import is_on
from runner.model import Config
from runner.state import GITHUB, StateStore, open_store
from runner.state.opening import open_files

if TYPE_CHECKING:
    from runner.github.client import GitHub
    from runner.state.cache import Cache
    from runner.state.history_store import FileHistory, HistoryStore
    from runner.state.provenance import Trusted

# The file of the compiled workflow; DBT_GITOPS_WORKFLOW names another.
WORKFLOW = ".github/workflows/dbt-jobs.yml"


def store_of(
    config: Config, environ: Mapping[str, str], default_branch: str, say: Callable[[str], None]
) -> StateStore:
    """``default_branch`` is GitHub's word, or "" where GitHub has to be asked for it.

    Nothing is asked for before it is needed: a job without deferral needs no token.
    """
    if config.state != GITHUB:
        return open_store(config.state, config.root)
    from runner.state.github_store import GitHubStore

    on_github = environ.get("GITHUB_ACTIONS") == "true"
    return GitHubStore(
        connect=lambda: _connect(config, environ),
        trusted=lambda github: trusted(github, config, environ, default_branch),
        jobs={job.name: job.environment for job in config.jobs.values() if job.deploys},
        say=say,
        closed="" if on_github else "with `state: github` only a workflow on GitHub publishes",
    )


def workflow(environ: Mapping[str, str]) -> str:
    """The file of the workflow that runs the jobs, from the repository's root."""
    return environ.get("DBT_GITOPS_WORKFLOW") or WORKFLOW


def history_store_of(
    config: Config,
    environ: Mapping[str, str],
    default_branch: str,
    say: Callable[[str], None],
    cache: Cache | None = None,
) -> HistoryStore:
    """As :func:`store_of`; what the workflow uploads is prepared in the runner's own folder."""
    if config.state != GITHUB:
        return file_history_of(config)
    from runner.state.github_history import GitHubHistory
    from runner.state.history_store import ARTIFACT

    return GitHubHistory(
        connect=lambda: _connect(config, environ),
        trusted=lambda github: trusted(github, config, environ, default_branch),
        folder=Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir(), ARTIFACT),
        say=say,
        cache=cache,
    )


def file_history_of(config: Config) -> FileHistory:
    """Of a store that isn't GitHub."""
    from runner.state.history_store import FileHistory

    return FileHistory(open_files(config.state, config.root))


def fleeting(config: Config, environ: Mapping[str, str]) -> str:
    """What is wrong with a store that goes with the machine of a workflow, "" where it stays."""
    if environ.get("GITHUB_ACTIONS") != "true" or not in_checkout(config):
        return ""
    return (
        f"state is kept in the folder {config.state} of this checkout, which goes with this machine: no"
        " later run finds it. Write `state: github`"
    )


def in_checkout(config: Config) -> bool:
    """Whether state is kept in a folder of the checkout."""
    location = config.state
    if location == GITHUB or "://" in location:
        return False
    return (config.root / location).resolve().is_relative_to(config.root.resolve())


def _connect(config: Config, environ: Mapping[str, str]) -> GitHub:
    from runner.github.connection import NotConnected

    try:
        return connect(config.root, environ)
    except NotConnected as error:
        raise StateUnresolved(
            f"state can't be read from GitHub: {error.what}", why=error.why, hint=error.hint
        ) from error


def trusted(
    github: GitHub, config: Config, environ: Mapping[str, str], default_branch: str
) -> Trusted:
    """The workflow that runs now, and the one that publishes where that is another."""
    from runner.state.provenance import Trusted

    # OWNER/REPO/.github/workflows/FILE@REF
    running = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    own = "/".join(running.split("/")[2:])
    branch = default_branch or github.repository().default_branch
    return Trusted(
        default_branch=branch,
        workflows=frozenset({workflow(environ), own} - {""}),
        on_branch=lambda sha: is_on(config.root, sha, f"refs/remotes/origin/{branch}", environ),
    )
