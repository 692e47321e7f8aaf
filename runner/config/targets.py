"""What the ``to`` of a deferral means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Target:
    """Exactly one of the two is a name."""

    environment: str | None = None
    job: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """No such name; ``kind`` is what was looked for."""

    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Ambiguous:
    """A bare name that is both an environment and a job."""


def resolve(
    text: str, job: str, environments: Collection[str], jobs: Collection[str]
) -> Target | Unknown | Ambiguous:
    """``self``, ``environment:name``, ``job:name`` or a bare name, as ``job`` says it."""
    if text == "self":
        return Target(job=job)
    kind, colon, name = text.partition(":")
    if colon and kind == "environment":
        return Target(environment=name) if name in environments else Unknown(kind=kind, name=name)
    if colon and kind == "job":
        return Target(job=name) if name in jobs else Unknown(kind=kind, name=name)
    if text in environments and text in jobs:
        return Ambiguous()
    if text in environments:
        return Target(environment=text)
    return Target(job=text) if text in jobs else Unknown(kind="environment or job", name=text)
