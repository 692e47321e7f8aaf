"""What dbt itself selects: many selections of one manifest, by dbt's own tasks, none of which runs.

Used inside the worker, which runs under dbt's own interpreter: the standard library, and dbt with what it
needs itself. `dbt ls` for each selection would be the same answer, half a second each on thousands of models.
"""

from __future__ import annotations

import gc
import json
from copy import copy
from importlib import import_module
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # as `typing` has it, without the import
    from collections.abc import Callable, Iterator
    from typing import Any

# The task of each command decides which resource types it takes. The same in dbt 1.8 to 1.11.
TASKS = {
    "build": ("build", "BuildTask"),
    "clone": ("clone", "CloneTask"),
    "compile": ("compile", "CompileTask"),
    "docs generate": ("docs.generate", "GenerateTask"),
    "list": ("list", "ListTask"),
    "ls": ("list", "ListTask"),
    "run": ("run", "RunTask"),
    "seed": ("seed", "SeedTask"),
    "show": ("show", "ShowTask"),
    "snapshot": ("snapshot", "SnapshotTask"),
    "source freshness": ("freshness", "FreshnessTask"),
    "source snapshot-freshness": ("freshness", "FreshnessTask"),
    "test": ("test", "TestTask"),
}
# The parts of a manifest that hold what a selection can name.
KINDS = (
    "nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests",
    "functions",
)  # fmt: skip
# Methods that mean nothing without a manifest or run results to compare with.
COMPARING = frozenset({"state", "result", "source_status"})
# dbt's event of a criterion that nothing has.
UNMATCHED = "NoNodesForSelectionCriteria"


class Unmatched:
    """The criteria that nothing matched, as dbt told of them since it was asked last."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def __call__(self, event: Any) -> None:
        if event.info.name == UNMATCHED:
            self._told.append(event.data.spec_raw)

    def taken(self) -> list[str]:
        taken, self._told = list(dict.fromkeys(self._told)), []
        return taken


def answer(question: dict[str, Any], tell: Callable[..., None]) -> tuple[int, str]:
    """Write the answers into a file; dbt's exit code, and its message where there are none.

    ``question``: ``options`` of the parse and of dbt's log; ``manifest``, the path of one, or "" to
    parse the project; ``selections``, a list of (command, words); ``answers``, the file to write. It
    holds ``nodes`` (:func:`fact`), ``selectors`` (their names in selectors.yml) and, in the order of
    the selections, ``answers`` (:func:`selected`).
    """
    from click.exceptions import UsageError
    from dbt.cli.exceptions import CliException
    from dbt.cli.flags import args_to_context

    unmatched = Unmatched()
    try:
        context = args_to_context(["list", *question["options"]])
        context.obj = {"callbacks": [unmatched]}
        with context:
            answers, _ = _prepared(question, unmatched, tell)(context)
    except UsageError as error:
        return 2, error.format_message()
    except CliException as error:
        return 2, str(getattr(error, "exception", None) or error)
    finally:
        gc.enable()
    # At once: `json.dump` writes each of a million pieces by itself, ten times slower.
    Path(question["answers"]).write_text(json.dumps(answers), encoding="utf-8")
    return 0, ""


def _prepared(
    question: dict[str, Any], unmatched: Unmatched, tell: Callable[..., None]
) -> Callable[[Any], tuple[dict[str, Any], bool]]:
    """All of it as a command of dbt's own, which its decorators prepare as they do `dbt list`.

    Without Python's search for garbage: among millions of objects, of which none is any, it would take
    as long as all the rest. A parse makes garbage, and keeps it.
    """
    from dbt.cli import requires

    def answered(context: Any) -> tuple[dict[str, Any], bool]:
        gc.disable()
        manifest, config = context.obj["manifest"], context.obj["runtime_config"]
        tell("total", nodes=sum(1 for _ in _members(manifest)))
        return _answers(question, manifest, config, unmatched), True

    def with_manifest(context: Any) -> Any:
        if question["manifest"]:
            gc.disable()
            context.obj["manifest"] = _read(question["manifest"])
        return requires.manifest(write=False)(answered)(context)

    command: Callable[[Any], tuple[dict[str, Any], bool]] = with_manifest
    for step in (
        requires.runtime_config,
        requires.project,
        requires.profile,
        requires.preflight,
        requires.postflight,
    ):
        command = step(command)
    return command


def _read(path: str) -> Any:
    """A manifest.json, also of an older dbt.

    dbt reads every test as a singular one, whose `test_type:` and `test_name:` aren't right then.
    """
    from dbt.artifacts.resources import GenericTest
    from dbt.artifacts.schemas.manifest import WritableManifest
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import GenericTestNode

    manifest = Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(path))
    for unique_id, node in json.loads(Path(path).read_bytes())["nodes"].items():
        if node.get("test_metadata"):
            test = GenericTest.from_dict(node)
            manifest.nodes[unique_id] = GenericTestNode.from_resource(test)
    return manifest


def _answers(
    question: dict[str, Any], manifest: Any, config: Any, unmatched: Unmatched
) -> dict[str, Any]:
    nodes = Nodes(manifest)
    facts = [fact(node, enabled) for node, enabled in _members(manifest)]
    places = {each["unique_id"]: place for place, each in enumerate(facts) if each["enabled"]}
    unmatched.taken()
    answers = []
    for command, words in question["selections"]:
        argv = [*command.split(), *words, *question["options"]]
        answers.append(selected(command, argv, config, nodes, places))
        answers[-1]["unmatched"] = unmatched.taken()
    return {"nodes": facts, "selectors": sorted(config.selectors), "answers": answers}


class Nodes:
    """A manifest's graph, and what of it is enabled: looked at once for all selections.

    dbt does so for each, which takes a fiftieth of a second each where there are 10,000 nodes.
    """

    def __init__(self, manifest: Any) -> None:
        from dbt.compilation import Linker
        from dbt.graph.graph import Graph
        from dbt.graph.selector import NodeSelector

        self.manifest = manifest
        self._empty = Graph(Linker().graph)
        self._full = Graph(_linked(manifest).graph)
        self._enabled = NodeSelector(self._full, manifest).graph

    def selector(self, task: Any) -> Any:
        """The task's own, which has had no node to look at."""
        task.graph = self._empty
        selector = task.get_node_selector()
        selector.full_graph, selector.graph = self._full, self._enabled
        return selector


def _linked(manifest: Any) -> Any:
    """As dbt's compiler links it, without the summary that it writes; raises as dbt on a cycle."""
    from dbt.compilation import Linker
    from networkx import is_directed_acyclic_graph

    class Quick(Linker):  # type: ignore[misc]
        def find_cycles(self) -> Any:
            """dbt walks along every edge to name one; whether there is any takes a tenth of that."""
            return None if is_directed_acyclic_graph(self.graph) else super().find_cycles()

    linker = Quick()
    linker.link_graph(manifest)
    return linker


def selected(
    command: str, argv: list[str], config: Any, nodes: Nodes, places: dict[str, int]
) -> dict[str, Any]:
    """``selected``, the places of its nodes, or None with dbt's ``error``.

    ``by_state`` are those that it may select besides, as it compares. ``config`` is dbt's.
    """
    from click.exceptions import UsageError

    try:
        task = _task(command, argv, config, nodes.manifest)
        spec, selector = task.get_selection_spec(), nodes.selector(task)
        least = most = selector.get_selected(bounded(spec, most=False))
        if _compares(spec):
            most = selector.get_selected(bounded(spec, most=True))
    except UsageError as error:
        return {"selected": None, "by_state": [], "error": error.format_message()}
    except Exception as error:  # dbt's own errors have no base that its plug-ins share
        return {"selected": None, "by_state": [], "error": str(error) or type(error).__name__}
    found, more = (sorted(places[each] for each in ids) for ids in (least, most - least))
    return {"selected": found, "by_state": more, "error": ""}


def bounded(spec: Any, *, most: bool) -> Any:
    """The same selection where each criterion that compares selects everything, or nothing at all.

    So dbt itself says what is selected at most and at least, whatever the state.
    """
    from dbt.graph.cli import parse_difference
    from dbt.graph.selector_spec import SelectionDifference, SelectionUnion

    if not _compares(spec):
        return spec
    if not hasattr(spec, "components"):
        return parse_difference(None, None) if most else SelectionUnion([])
    first, *others = spec.components
    turned = most != isinstance(spec, SelectionDifference)  # the more is left out, the less is left
    same = copy(spec)
    same.components = [bounded(first, most=most), *(bounded(each, most=turned) for each in others)]
    # Where nothing is in the place of a criterion, it says nothing that nothing has it all.
    same.expect_exists = spec.expect_exists and most
    return same


def _compares(spec: Any) -> bool:
    return any(criterion.method in COMPARING for criterion in _criteria(spec))


def _task(command: str, argv: list[str], config: Any, manifest: Any) -> Any:
    """The command's task, which isn't run."""
    from dbt.cli.flags import Flags, args_to_context
    from dbt.flags import set_flags

    module, name = TASKS[command]
    flags = Flags(args_to_context(argv))
    set_flags(flags)
    return getattr(import_module(f"dbt.task.{module}"), name)(flags, config, manifest)


def _criteria(spec: Any) -> Iterator[Any]:
    """The single criteria that a selection is made of."""
    if not hasattr(spec, "components"):
        yield spec
        return
    for component in spec.components:
        yield from _criteria(component)


def _members(manifest: Any) -> Iterator[tuple[Any, bool]]:
    """Everything that a selection can name, and whether it is enabled."""
    for kind in KINDS:
        for node in getattr(manifest, kind, {}).values():
            yield node, bool(getattr(getattr(node, "config", None), "enabled", True))
    for nodes in manifest.disabled.values():
        for node in nodes:
            yield node, False


def fact(node: Any, enabled: bool) -> dict[str, Any]:
    """As :class:`runner.builds.Node`."""
    resource_type = node.resource_type
    config = getattr(node, "config", None)
    return {
        "unique_id": node.unique_id,
        "resource_type": str(getattr(resource_type, "value", resource_type)),
        "name": node.name,
        "package": node.package_name,
        "path": node.original_file_path,
        "fqn": list(node.fqn),
        "tags": list(getattr(node, "tags", None) or []),
        "source": getattr(node, "source_name", ""),
        "materialized": getattr(config, "materialized", None) or "",
        "enabled": enabled,
    }
