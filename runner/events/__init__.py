"""Events of GitHub: from the JSON that its runner leaves in a file to types."""

from runner.events.inputs import inputs_of
from runner.events.read import event_of, parse_event, read_event
from runner.events.running import Running, running
from runner.events.started_by import StartedBy, started_by
from runner.events.types import (
    MAX_DEPTH,
    Dispatch,
    DispatchOverrides,
    Event,
    Merge,
    MergeGroup,
    PullRequest,
    PullRequestClosed,
    Tick,
    Upstream,
    WorkflowRun,
)

__all__ = [
    "MAX_DEPTH",
    "Dispatch",
    "DispatchOverrides",
    "Event",
    "Merge",
    "MergeGroup",
    "PullRequest",
    "PullRequestClosed",
    "Running",
    "StartedBy",
    "Tick",
    "Upstream",
    "WorkflowRun",
    "event_of",
    "inputs_of",
    "parse_event",
    "read_event",
    "running",
    "started_by",
]
