"""GitHub workflows, written by hand, that call dbt."""

from runner.importing.hand_written.workflows import read

__all__ = ["read"]
