"""The history of a jobs file as this command reads it, and what is kept of it for the next one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from runner.cli.connecting import connection_here
from runner.cli.running import cache_folder
from runner.cli.stores import history_store_of
from runner.errors import GitHubFailed
from runner.history import History
from runner.history_json import history_from_json, history_to_json
from runner.model import Config
from runner.state import GITHUB
from runner.state.cache import Cache

# Records of runs, and the newest history.
KEPT = 100
NEWEST = "history"
