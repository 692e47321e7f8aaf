"""Where manifests and run records live."""

from runner.state.opening import GITHUB, open_store
from runner.state.store import StateStore

__all__ = ["GITHUB", "StateStore", "open_store"]
