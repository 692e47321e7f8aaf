"""Imports point down: each layer of the house knows only what lies beneath it."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "runner"
# From the top to the ground. What shares a floor doesn't know its neighbours, unless named below.
FLOORS: list[set[str]] = [
    {"__main__"},
    {"cli"},
    {"cleaning", "delivery", "execution", "importing", "runs"},
    {"dbt", "state", "reports"},
    {"github", "workflow"},
    {"blocks", "chain", "config", "events", "triggers", "schedule"},
    {
        "builds",
        "cleaned",
        "history",
        "history_changes",
        "history_json",
        "history_readings",
        "model",
        "record",
        "record_json",
    },
    {"base_commit", "git", "masking", "steps", "stopping", "unknown", "unreached"},
    {"chain", "criterion", "durations", "errors", "options", "patterns", "run_id", "secrecy"},
]
NEIGHBOURS = {
    ("base_commit", "git"),
    ("builds", "model"),
    ("chain", "events"),
    ("chain", "triggers"),
    ("cleaned", "record"),
    ("cleaning", "execution"),
    ("config", "schedule"),
    ("triggers", "blocks"),
    ("triggers", "events"),
    ("triggers", "schedule"),
    ("history", "record"),
    ("history_changes", "history"),
    ("history_json", "history"),
    ("history_readings", "history"),
    ("history_json", "record_json"),
    ("record", "model"),
    ("record_json", "record"),
}
FILES = sorted(ROOT.rglob("*.py"))


def floor(room: str) -> int:
    return next(index for index, rooms in enumerate(FLOORS) if room in rooms)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0]


def climbs(room: str, names: set[str]) -> set[str]:
    """The rooms that are imported although they lie above, or beside without leave."""
    known = set().union(*FLOORS)
    used = {n.split(".")[1] for n in names if n.startswith("runner.") and n.split(".")[1] in known}
    return {
        other
        for other in used - {room}
        if floor(other) < floor(room)
        or (floor(other) == floor(room) and (room, other) not in NEIGHBOURS)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert not climbs(room, imports(path))


def test_an_import_that_points_up_is_seen() -> None:
    assert climbs("state", {"runner.execution.job"}) == {"execution"}
    assert climbs("state", {"runner.reports.terminal"}) == {"reports"}
    assert climbs("model", {"runner.steps"}) == set()


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms <= set().union(*FLOORS)


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("worker", {"dbt", "runner"}),
        ("answering", {"click", "dbt", "networkx"}),
        ("artifacts", set[str]()),
        ("leash", set[str]()),
        ("parsed", set[str]()),
    ],
)
def test_what_runs_under_dbts_interpreter_needs_nothing_else(name: str, beside: set[str]) -> None:
    used = imports(ROOT / "dbt" / f"{name}.py")
    packages = {module.split(".")[0] for module in used}
    assert packages - set(sys.stdlib_module_names) == beside
    ours = {module for module in used if module.startswith("runner.")}
    neighbours = ("runner.dbt.answering", "runner.dbt.artifacts", "runner.dbt.parsed")
    assert all(module.startswith(neighbours) for module in ours)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_github_room_imports_pygithub(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    assert "github" not in used or room_of(path) == "github"
