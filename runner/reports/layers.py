"""Where the boxes of a graph stand: in layers from the left, each as high as its place among the others.

A simple form of Sugiyama's method. The libraries for it are large, unkept, or under a licence that this
program can't take along; jobs are few, and their chains are short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

Pair = tuple[str, str]
SWEEPS = 8


def layered(nodes: Sequence[str], pairs: Iterable[Pair]) -> list[list[str]]:
    """The nodes by layers, in the order in which they stand there; a pair goes to the right.

    A pair that would close a circle is left out. The same graph gives the same layers.
    """
    after: dict[str, list[str]] = {node: [] for node in nodes}
    before: dict[str, list[str]] = {node: [] for node in nodes}
    for left, right in dict.fromkeys(pairs):
        if left != right and not _reaches(after, right, left):
            after[left].append(right)
            before[right].append(left)
    depth = _depths(nodes, before)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    place = {node: index / len(each) for each in layers for index, node in enumerate(each)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        beside = before if forward else after
        for layer in layers if forward else reversed(layers):
            order = {node: _middle(beside[node], place, place[node]) for node in layer}
            layer.sort(key=order.__getitem__)
            place |= {node: index / len(layer) for index, node in enumerate(layer)}
    return layers


def with_lanes(nodes: Sequence[str], pairs: Sequence[Pair]) -> tuple[list[list[str]], list[str]]:
    """The same, with a lane in each layer that a pair has to pass, and the names of these lanes."""
    depth = {n: index for index, layer in enumerate(layered(nodes, pairs)) for n in layer}
    near: list[Pair] = []
    lanes: dict[str, None] = {}
    for pair in pairs:
        left, right = sorted(pair, key=depth.__getitem__)
        count = depth[right] - depth[left] - 1
        way = [left, *(lane_name((left, right), number) for number in range(count)), right]
        lanes |= dict.fromkeys(way[1:-1])
        near += pairwise(way)
    return layered([*nodes, *lanes], near), list(lanes)


def lane_name(pair: Pair, number: int) -> str:
    """Of a pair's lane, counted from the left from 0."""
    return f"{pair[0]} > {pair[1]} {number}"


def _reaches(after: Mapping[str, list[str]], start: str, end: str) -> bool:
    waiting, seen = [start], {start}
    for node in waiting:  # which grows
        if node == end:
            return True
        new = [each for each in after[node] if each not in seen]
        seen.update(new)
        waiting.extend(new)
    return False


def _depths(nodes: Iterable[str], before: Mapping[str, list[str]]) -> dict[str, int]:
    """How many nodes stand before each, on the longest way; without recursion, for chains may be long."""
    depth: dict[str, int] = {}
    for node in nodes:
        waiting = [node]
        while waiting:
            each = waiting[-1]
            missing = [other for other in before[each] if other not in depth]
            if missing:
                waiting.extend(missing)
                continue
            depth[each] = max((depth[other] + 1 for other in before[each]), default=0)
            waiting.pop()
    return depth


def _middle(others: Sequence[str], place: Mapping[str, float], own: float) -> float:
    return sum(place[other] for other in others) / len(others) if others else own
