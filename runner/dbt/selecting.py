"""Which nodes the steps of jobs select: each distinct selection asked of dbt once, in the warm session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runner.builds.facts import Builds, Node, Selected
from runner.dbt.session import WarmSession
from runner.errors import DbtFailed
from runner.model import Job
from runner.steps import Selection

# dbt's last lines, where it can't answer.
LAST_LINES = 15


@dataclass(kw_only=True)
class _Listener:
    """Who is told while dbt reads the project: that takes a minute where there are many models."""

    say: Callable[[str], None]
    selections: int
    lines: list[str]

    def line(self, text: str) -> None:
        self.lines = [*self.lines, text][-LAST_LINES:]

    def total(self, nodes: int) -> None:
        self.say(f"dbt has read {nodes:,} nodes; selections to answer: {self.selections:,}")

    def started(self, unique_id: str) -> None: ...
    def finished(self, unique_id: str, status: str) -> None: ...


def selections_of(jobs: Iterable[Job]) -> list[Selection]:
    """The distinct selections of all steps, in their order."""
    steps = (step.selection for job in jobs for step in job.steps)
    return list(dict.fromkeys(each for each in steps if each))


def ask(
    session: WarmSession,
    selections: Sequence[Selection],
    *,
    options: Sequence[str],
    manifest: Path | None,
    say: Callable[[str], None],
) -> Builds:
    """What dbt answers: one parse, or the manifest given; raises DbtFailed where dbt can't.

    ``options`` are those of the parse, such as `--target`. ``manifest`` is of the project as it is in
    the checkout: selectors.yml, and the files of `path:`, are read there.
    """
    listener = _Listener(say=say, selections=len(selections), lines=[])
    with TemporaryDirectory(prefix="dbt-gitops-answers-") as folder:
        answers = Path(folder, "answers.json")
        question = {
            "options": [*options, "--log-path", folder],
            "manifest": str(manifest.absolute()) if manifest else "",
            "selections": selections,
            "answers": str(answers),
        }
        outcome = session.ask(question, listener)
        if outcome.exit_code != 0:
            raise DbtFailed(
                f"dbt can't read {manifest or 'the project'}",
                why=outcome.message or "\n".join(listener.lines),
                hint="dbt parse writes it anew, with the dbt that is asked"
                if manifest
                else "dbt deps, where packages are missing; dbt parse shows the same",
            )
        return _builds(json.loads(answers.read_bytes()), selections)


def _builds(read: dict[str, Any], selections: Sequence[Selection]) -> Builds:
    nodes = [_node(fact) for fact in read["nodes"]]
    by_id = {node.unique_id: node for node in nodes}
    # A disabled version of a node may have the unique id of the enabled one.
    by_id.update((node.unique_id, node) for node in nodes if node.enabled)
    same: dict[frozenset[str], frozenset[str]] = {}

    def ids(places: list[int]) -> frozenset[str]:
        found = frozenset(nodes[place].unique_id for place in places)
        return same.setdefault(found, found)

    answers: dict[Selection, Selected] = {}
    for selection, answer in zip(selections, read["answers"], strict=True):
        found, more = answer["selected"], ids(answer["by_state"])
        answers[selection] = Selected(
            unique_ids=None if found is None else ids(found),
            by_state=more,
            error=answer["error"],
            unmatched=tuple(answer["unmatched"]),
        )
    return Builds(nodes=by_id, answers=answers, selectors=tuple(read["selectors"]))


def _node(fact: dict[str, Any]) -> Node:
    return Node(**{**fact, "fqn": tuple(fact["fqn"]), "tags": tuple(fact["tags"])})
