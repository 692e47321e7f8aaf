"""Selection criteria that match nothing: which word of them nothing has, and the nearest that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from heapq import nlargest
from itertools import accumulate, takewhile

from runner.builds.facts import Builds, Node
from runner.criterion import METHODS, read_criterion
from runner.model import Job
from runner.steps import Step
from runner.unknown import nearest

# How many of the known words are compared letter by letter.
COMPARED = 100


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A criterion of a job's step, by its index, that matches nothing.

    ``part`` is what of it nothing has, or "" where each part matches and they have nothing in common;
    ``method`` is dbt's, written or meant; ``nearest`` is the part with the nearest word that there is,
    "" where none is near. ``disabled``: a node has the word, and is disabled.
    """

    job: str
    step: int
    criterion: str
    part: str = ""
    method: str = ""
    nearest: str = ""
    disabled: bool = False


def misses(builds: Builds, jobs: Iterable[Job]) -> Iterator[Miss]:
    """Each criterion of each step that matches nothing, and each selector that isn't there."""
    words = Words(builds)
    for job in jobs:
        for index, step in enumerate(job.steps):
            answer = builds.of(step)
            if answer is None:
                continue
            found = words.of_error(step) if answer.error else words.of(answer.unmatched)
            yield from (replace(miss, job=job.name, step=index) for miss in found)


class Words:
    """What a manifest's nodes have, by dbt's method; each criterion is looked at once."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds
        self._known: dict[tuple[str, bool], frozenset[str]] = {}
        self._found: dict[str, tuple[Miss, ...]] = {}

    def of(self, criteria: Iterable[str]) -> Iterator[Miss]:
        """What is missing of criteria that match nothing; job and step are to be filled in."""
        for criterion in criteria:
            if criterion not in self._found:
                parts = [self._of_part(criterion, part) for part in criterion.split(",")]
                found = tuple(miss for miss in parts if miss)
                self._found[criterion] = found or (Miss(job="", step=0, criterion=criterion),)
            yield from self._found[criterion]

    def of_error(self, step: Step) -> Iterator[Miss]:
        """What dbt refuses of a step, where it is a name: of a selector, or of a method."""
        name = step.option("--selector")
        if name and name not in self._builds.selectors:
            near = nearest(name, self._builds.selectors) or ""
            yield Miss(job="", step=0, criterion=name, part=name, method="selector", nearest=near)
        for _, criterion in step.criteria():
            yield from (miss for miss in self.of((criterion,)) if not _is_method(miss.method))

    def _of_part(self, criterion: str, part: str) -> Miss | None:
        read = read_criterion(part)
        if not read.value:
            return None
        method, value = read.whole_method, read.value
        miss = Miss(job="", step=0, criterion=criterion, part=part, method=method)
        if not _is_method(method):
            near = nearest(method, METHODS)
            return replace(miss, nearest=str(replace(read, written=near)) if near else "")
        if method not in WORDS or self._has(method, value):
            return None
        if self._has(method, value, enabled=False):
            return replace(miss, disabled=True)
        near = self._nearest(method, value)
        return replace(miss, nearest=str(replace(read, value=near)) if near else "")

    def _has(self, method: str, value: str, enabled: bool = True) -> bool:
        known = self._words(method, enabled)
        if value in known or value.rstrip("/") in known:
            return True
        return any(fnmatchcase(word, value) for word in known) if _is_pattern(value) else False

    def _nearest(self, method: str, value: str) -> str:
        """Of thousands of names that begin alike, those that also end alike are compared."""
        if _is_pattern(value):
            return ""
        shared = _shared(value)
        likely = nlargest(COMPARED, sorted(self._words(method, True)), key=shared)
        return nearest(value, likely) or ""

    def _words(self, method: str, enabled: bool) -> frozenset[str]:
        key = method, enabled
        if key not in self._known:
            nodes = (node for node in self._builds.nodes.values() if node.enabled == enabled)
            self._known[key] = frozenset(
                word for node in nodes for word in WORDS[method](node) if word
            )
        return self._known[key]


def _is_method(method: str) -> bool:
    return not method or method.partition(".")[0] in METHODS


def _is_pattern(value: str) -> bool:
    return any(sign in value for sign in "*?[")


def _shared(value: str) -> Callable[[str], int]:
    backwards = value[::-1]

    def shared(word: str) -> int:
        return _alike(value, word) + _alike(backwards, word[::-1])

    return shared


def _alike(one: str, other: str) -> int:
    """How many letters they begin alike with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _paths(node: Node) -> Iterator[str]:
    """The file, and each folder above it."""
    return accumulate(node.path.split("/"), lambda above, name: f"{above}/{name}")


def _names(node: Node) -> Iterator[str]:
    """The ways to name it by dbt's `fqn`: its name, and dotted beginnings with and without package."""
    yield node.name
    yield from accumulate(node.fqn, lambda before, name: f"{before}.{name}")
    yield from accumulate(node.fqn[1:], lambda before, name: f"{before}.{name}")


def _source(node: Node) -> Iterator[str]:
    if node.resource_type == "source":
        yield from (node.source, f"{node.source}.{node.name}")
        yield f"{node.package}.{node.source}.{node.name}"


def _file(node: Node) -> Iterator[str]:
    name = node.path.rpartition("/")[2]
    yield from (name, name.rpartition(".")[0])


def _of_type(resource_type: str) -> Callable[[Node], Iterator[str]]:
    def names(node: Node) -> Iterator[str]:
        if node.resource_type == resource_type:
            yield from (node.name, f"{node.package}.{node.name}")

    return names


# What a node has, by the method that asks for it. Of other methods only dbt knows the words.
WORDS: dict[str, Callable[[Node], Iterable[str]]] = {
    "config.materialized": lambda node: (node.materialized,),
    "config.tags": lambda node: node.tags,
    "exposure": _of_type("exposure"),
    "file": _file,
    "fqn": _names,
    "metric": _of_type("metric"),
    "package": lambda node: (node.package,),
    "path": _paths,
    "resource_type": lambda node: (node.resource_type,),
    "saved_query": _of_type("saved_query"),
    "semantic_model": _of_type("semantic_model"),
    "source": _source,
    "tag": lambda node: node.tags,
    "unit_test": _of_type("unit_test"),
}
