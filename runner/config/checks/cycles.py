"""Jobs that start each other for ever."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.nodes import Scalar
from runner.config.text import shown
from runner.config.written import Written, upstreams
from runner.model import Problem

# Of a longer circle, the middle is left out of the message.
_MOST_NAMES = 12


def trigger_cycles(written: Written) -> Iterator[Problem]:
    """One problem for each circle that a walk along the triggers runs into."""
    waits_for = {
        job.name: {
            name.text: name
            for trigger in job.triggers.mappings("job")
            for name in upstreams(trigger)
        }
        for job in written.jobs.values()
    }
    order = {name: place for place, name in enumerate(waits_for)}
    for circle in _circles(waits_for):
        first = circle.index(min(circle, key=order.__getitem__))
        turned = circle[first:] + circle[:first]
        # The walk goes from a job to what it waits for; people read what starts what.
        starts = [turned[0], *reversed(turned)]
        at = waits_for[turned[0]][turned[1] if len(turned) > 1 else turned[0]].span
        itself = len(circle) == 1
        what = (
            f"job {shown(circle[0])} starts itself"
            if itself
            else f"these jobs start each other for ever: {_path(starts)}"
        )
        hint = "remove this trigger" if itself else "remove one of the `job` triggers in the circle"
        yield written.source.problem(at, "trigger-cycle", what, hint=hint)


def ends_that_start_nothing(written: Written) -> Iterator[Problem]:
    """Jobs that wait for one that only pull requests start: what those run starts nothing."""
    for job in written.jobs.values():
        for trigger in job.triggers.mappings("job"):
            for name in upstreams(trigger):
                before = written.jobs.get(name.text)
                if before and before.triggers.entries.keys() == {"pull_request"}:
                    what = f"job {shown(job.name)} never starts after {shown(name.text)}"
                    why = "only pull requests start that one, and their runs start no other job"
                    hint = f"wait for another job, or give `{name.text}` another trigger too"
                    yield written.source.problem(
                        name.span, "never-starts", what, why=why, hint=hint
                    )


def _path(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        half = _MOST_NAMES // 2
        names = [*names[:half], f"… ({len(names) - 2 * half} more)", *names[-half:]]
    return " → ".join(names)


def _circles(edges: dict[str, dict[str, Scalar]]) -> Iterator[list[str]]:
    """Depth first with a stack of its own, for a chain may be thousands of jobs long."""
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        place = {start: 0}
        path = [start]
        pending = [iter(edges[start])]
        while pending:
            after = next(pending[-1], None)
            if after is None:
                pending.pop()
                left = path.pop()
                del place[left]
                done.add(left)
            elif after in place:
                yield path[place[after] :]
            elif after in edges and after not in done:
                place[after] = len(path)
                path.append(after)
                pending.append(iter(edges[after]))
