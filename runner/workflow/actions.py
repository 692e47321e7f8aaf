"""The actions that the workflow calls, each by its version or by the commit of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runner import __version__
from runner.model import Config

CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
RELEASE = f"dbt-gitops/dbt-gitops@v{__version__}"
COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class Action:
    """``name`` is ``owner/repo``, or ``./`` without a ``ref``. ``commit`` pins the ref, "" where nothing does."""

    name: str
    ref: str = ""
    commit: str = ""

    @property
    def pinnable(self) -> bool:
        """Whether its ref may mean another commit tomorrow."""
        return bool(self.ref) and not COMMIT.fullmatch(self.ref)

    @property
    def uses(self) -> str:
        """As it stands behind ``uses:``, with the comment that says what the commit is."""
        if not self.ref:
            return self.name
        return (
            f"{self.name}@{self.commit} # {self.ref}" if self.commit else f"{self.name}@{self.ref}"
        )


def action_of(files: Sequence[Config]) -> Action:
    """The one that the jobs files name, which agree; else that of this release."""
    named = next((config.action for config in files if config.action), RELEASE)
    name, _, ref = named.partition("@")
    return Action(name=name, ref=ref)


def pinned_in(text: str, action: Action) -> str:
    """The commit that a workflow pins this action's ref to, "" where it doesn't."""
    return _pin(text, action, re.escape(action.ref)) if action.pinnable else ""


def has_pin(text: str, action: Action) -> bool:
    """Whether a workflow pins this action, to a commit of whichever ref."""
    return bool(_pin(text, action, r"\S+"))


def _pin(text: str, action: Action, ref: str) -> str:
    uses = rf"^\s*-? uses: {re.escape(action.name)}@([0-9a-f]{{40}}) # {ref}$"
    found = re.search(uses, text, re.MULTILINE)
    return found[1] if found else ""
