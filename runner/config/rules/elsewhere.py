"""Warnings that are no rules: they come of what else is checked, and their severity is set alike."""

from __future__ import annotations

from runner.config.rules.rule import Told

# Found whenever a file is loaded: an `ignore` of one that isn't there is useless.
IN_THE_FILE = (
    Told(
        code="shared-schema",
        title="Pull requests share a schema",
        why="two of them overwrite each other's tables, and none is dropped when it is closed",
    ),
    Told(
        code="secret-in-file",
        title="A secret address is written into the file",
        why="whoever can read the repository can send messages with it",
    ),
    Told(
        code="short-grace",
        title="A grace that is over before GitHub has fired",
        why="GitHub fires minutes late as a rule, and hours at times: what is later isn't run",
    ),
)
# Found where the profiles, the workflow or the history are at hand.
BESIDE_THE_FILE = (
    Told(
        code="unknown-target",
        title="A target that profiles.yml doesn't have",
        why="dbt ends at once where its profile has no such target",
    ),
    Told(
        code="lost-state",
        title="State that goes with the machine of each run",
        why="each run on GitHub has a checkout of its own, so nothing finds what another has kept",
    ),
    Told(
        code="stale-workflow",
        title="A compiled workflow that is behind the jobs file",
        why="GitHub runs what the workflow says",
    ),
    Told(
        code="edited-workflow",
        title="A compiled workflow that was changed by hand",
        why="GitHub runs what the workflow says, and the next `sync` would write over it",
    ),
    Told(
        code="crowded-slot",
        title="More jobs for a slot than GitHub lets wait",
        why="GitHub lets 100 runs wait for a slot, and cancels what comes beyond",
    ),
    Told(
        code="over-scheduled",
        title="A job that takes longer than the pause between its times",
        why="its runs wait for each other, replace each other or cancel each other, and never catch up",
    ),
)
OF_IGNORES = (
    Told(
        code="ignore-without-reason",
        title="An ignore that says no reason",
        why="whoever reads it later can't tell whether it still holds",
    ),
    Told(
        code="useless-ignore",
        title="An ignore that silences nothing",
        why="it would hide the next problem of the kind, which nobody has looked at",
    ),
)
ELSEWHERE = (*IN_THE_FILE, *BESIDE_THE_FILE, *OF_IGNORES)
