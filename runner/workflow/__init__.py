"""The workflow that the jobs files are compiled into: text from Configs, without any reading or writing."""

from runner.workflow.actions import Action, action_of, has_pin, pinned_in
from runner.workflow.compile import PATH, Source, compiled
from runner.workflow.header import Header, NotOurs, header_of, is_edited

__all__ = [
    "PATH",
    "Action",
    "Header",
    "NotOurs",
    "Source",
    "action_of",
    "compiled",
    "has_pin",
    "header_of",
    "is_edited",
    "pinned_in",
]
