"""What an experienced eye would say of a jobs file that is valid: each rule is a code and a check.

Only `validate` runs them; a file that says `rules` is held to their codes by every command.
"""

from __future__ import annotations

from runner.config.rules import (
    chains,
    coverage,
    limits,
    options,
    packages,
    pull_requests,
    schedules,
    secrets,
    selections,
    state,
    steps,
    telling,
    versions,
)
from runner.config.rules.elsewhere import ELSEWHERE
from runner.config.rules.rule import Found, Known, Rule, Subject, Told

RULES: tuple[Rule, ...] = (
    *pull_requests.RULES,
    *steps.RULES,
    *options.RULES,
    *schedules.RULES,
    *limits.RULES,
    *versions.RULES,
    *secrets.RULES,
    *telling.RULES,
    *chains.RULES,
    *state.RULES,
    *packages.RULES,
    *selections.RULES,
    *coverage.RULES,
)
# All that a message may be called, but for errors.
CODES: dict[str, Told] = {told.code: told for told in (*RULES, *ELSEWHERE)}

__all__ = ["CODES", "RULES", "Found", "Known", "Rule", "Subject", "Told"]
