"""The newest artifact that may be believed, with few requests, and a word on each passed over."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING

from runner.errors import StateUnresolved
from runner.github.answers import Artifact
from runner.state.provenance import EXPIRED, Trusted, distrust_of_artifact, distrust_of_run

if TYPE_CHECKING:
    from runner.github.client import GitHub

# What a search looks at before it gives up: who can open pull requests can upload without end. A list of
# them costs a request for each hundred, a run one of its own.
ARTIFACTS = 10_000
RUNS = 20
# What one list of the repository's newest holds.
PAGE = 100
# Artifacts that are named one by one; those after them are counted by their reasons.
NAMED = 5
DAWN = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Search:
    """Artifacts of one repository. A run that was asked for once isn't asked for again."""

    def __init__(self, github: GitHub, trusted: Trusted, say: Callable[[str], None]) -> None:
        self._github = github
        self._trusted = trusted
        self._say = say
        self._of_runs: dict[int, str] = {}

    def believed(self, names: Collection[str], passed: Passed) -> Iterator[Artifact]:
        """Those of these names that pass every rule, newest first.

        Costs a request for every 100 artifacts, one for a run whose artifact looks right,
        and one for its commit where the checkout doesn't know that. Raises :class:`StateUnresolved` where there are too many that don't pass.
        """
        for count, artifact in enumerate(self._newest_first(names)):
            if count == ARTIFACTS or len(self._of_runs) > RUNS:
                raise StateUnresolved(
                    "no state on GitHub could be believed",
                    why=f"{count} artifacts were looked at, from {len(self._of_runs)} runs",
                    hint="delete the artifacts that are named above, or run the job again",
                )
            distrust = self._distrust(artifact)
            if distrust:
                passed.over(artifact, distrust)
            else:
                yield artifact

    def believe(self, run_id: int) -> None:
        """A run that was found right before, by whoever remembers it: it isn't asked for again."""
        self._of_runs[run_id] = ""

    def passing(self) -> Passed:
        return Passed(self._say)

    def _newest_first(self, names: Collection[str]) -> Iterator[Artifact]:
        """Of several names the newest is mostly among the repository's newest: one list holds it.

        GitHub lists by one name or by none, so what is older costs a list for each name.
        """
        several = len(names) > 1
        recent = list(islice(self._github.artifacts(), PAGE)) if several else []
        yield from (artifact for artifact in recent if artifact.name in names)
        if several and len(recent) < PAGE:
            return
        seen = {artifact.id for artifact in recent}
        lists = [self._github.artifacts(name) for name in names]
        older = heapq.merge(*lists, key=lambda each: each.created_at or DAWN, reverse=True)
        yield from (artifact for artifact in older if artifact.id not in seen)

    def _distrust(self, artifact: Artifact) -> str:
        distrust = distrust_of_artifact(artifact, self._trusted)
        if distrust or artifact.workflow_run is None:
            return distrust
        run_id = artifact.workflow_run.id
        if run_id not in self._of_runs:
            run = self._github.run(run_id)
            distrust = distrust_of_run(run, self._trusted) or self._distrust_of_commit(run.head_sha)
            self._of_runs[run_id] = distrust
        return self._of_runs[run_id]

    def _distrust_of_commit(self, sha: str) -> str:
        """GitHub is asked where the checkout doesn't know the commit as one of the branch's."""
        branch = self._trusted.default_branch
        if self._trusted.on_branch(sha) or self._github.merge_base(branch, sha) == sha:
            return ""
        return f"its run's commit {sha[:7]} is not one of {branch}"


class Passed:
    """What one search passes over: the first are said at once, the rest counted at the end."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._named = 0
        self._more: Counter[str] = Counter()
        self.expired: Artifact | None = None  # the newest that was ours, and is only too old

    def __enter__(self) -> Passed:
        return self

    def __exit__(self, *_: object) -> None:
        for reason, count in self._more.items():
            self._say(f"passed over {count} more artifact{'s' * (count > 1)}: {reason}")

    def over(self, artifact: Artifact, reason: str) -> None:
        if reason == EXPIRED and self.expired is None:
            self.expired = artifact
        self._named += 1
        if self._named > NAMED:
            self._more[reason] += 1
            return
        of = f" of run {artifact.workflow_run.id}" if artifact.workflow_run else ""
        self._say(f"passed over artifact {artifact.id}{of}, {artifact.name}: {reason}")
