"""The history of a jobs file as people read it, and what is kept of GitHub's on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from runner.cli.cache import cache_folder
from runner.cli.stores import history_store_of
from runner.git import origin
from runner.github.connection import NotConnected, repository_of
from runner.history import History
from runner.model import Config
from runner.state import GITHUB
from runner.state.cache import Cache
from runner.state.kept_history import kept_history

# Records of runs, and the newest history.
KEPT = 100


def history_of(
    config: Config, environ: Mapping[str, str], say: Callable[[str], None]
) -> History | None:
    """From whichever store is configured; None where there is none yet. Raises StateUnresolved.

    Of GitHub it takes two requests where the newest is the one that was read before.
    """
    return history_store_of(config, environ, "", say, cache_of(config, environ, say)).read()


def history_at_hand(config: Config, environ: Mapping[str, str]) -> tuple[History | None, str]:
    """Without a network: a folder's, or GitHub's as it was when it was read last; and what is amiss.

    Raises StateUnresolved where a folder's can't be read.
    """
    if config.state == GITHUB:
        cache = cache_of(config, environ, lambda _: None)
        kept = kept_history(cache) if cache else None
        if kept:
            return kept.history, "the history is GitHub's as `dbt-gitops runs` read it last"
    if config.state == GITHUB or "://" in config.state:
        return None, f"the history isn't read: it is kept in {config.state}, not on this machine"
    return history_store_of(config, environ, "", lambda _: None).read(), ""


def cache_of(
    config: Config, environ: Mapping[str, str], say: Callable[[str], None]
) -> Cache | None:
    """A folder for each repository; None where the repository isn't known."""
    try:
        api_url, repository = repository_of(environ, origin(config.root, environ))
    except NotConnected:
        return None
    host = re.sub("[^A-Za-z0-9.-]", "_", urlsplit(api_url).netloc)
    folder: Path = cache_folder(environ) / "runs" / host / repository
    return Cache(folder, KEPT, say)
