"""Where manifests and run records live."""

from runner.state.opening import open_store
from runner.state.store import StateStore

__all__ = ["StateStore", "open_store"]
