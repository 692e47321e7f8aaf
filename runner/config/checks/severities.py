"""Codes that `rules` sets, and that nothing has."""

from __future__ import annotations

from collections.abc import Iterator

from runner.config.text import shown
from runner.config.written import Written
from runner.model import Problem
from runner.unknown import did_you_mean


def rule_codes(written: Written) -> Iterator[Problem]:
    """Each that is neither a rule's nor a warning's."""
    entries = written.root.mapping("rules").entries
    if not entries:
        return
    from runner.config.rules import CODES  # late: few files set any, and running needs no rules

    for entry in entries.values():
        if entry.key.text not in CODES:
            yield written.source.problem(
                entry.key.span,
                "unknown-rule",
                f"there is no rule {shown(entry.key.text)}",
                why="`rules` sets the codes of rules and of warnings; errors can't be set",
                hint=did_you_mean(entry.key.text, CODES) or "docs/rules.md lists the codes",
            )
