"""Jobs files, and beside them how `graph` draws them.

``python -m tests.drawn`` draws them again; look at the pictures before you commit them.
"""

from __future__ import annotations

from pathlib import Path

from runner.reports.job_graph import JobGraph, as_mermaid, job_graph
from runner.reports.job_graph_svg import as_svg
from tests.compiled import FOLDER as COMPILED
from tests.compiled import config_of
from tests.explained import FILES

FOLDER = Path(__file__).parent
FORMATS = {"mmd": as_mermaid, "svg": as_svg}
TWO = sorted((COMPILED / "two_projects").rglob("dbt_jobs.yml"))
GROUPS = {
    **{name: [file] for name, file in FILES.items()},
    "two_projects": TWO,
    "hostile": [FOLDER / "hostile.yml"],
}
CASES = [(name, suffix) for name in GROUPS for suffix in FORMATS]


def expected(name: str, suffix: str) -> Path:
    return FOLDER / f"{name}.{suffix}"


def graph_of(name: str) -> JobGraph:
    files = GROUPS[name]
    several = len(files) > 1
    names = [file.parent.name if several else file.name for file in files]
    configs = [config_of(Path("/repo", file.name), file.read_bytes()) for file in files]
    return job_graph(list(zip(names, configs, strict=True)))


def drawn(name: str, suffix: str) -> str:
    return FORMATS[suffix](graph_of(name)).rstrip("\n") + "\n"
