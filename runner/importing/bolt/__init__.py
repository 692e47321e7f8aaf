"""Schedules of Paradime Bolt: ``paradime_schedules.yml`` and ``.bolt/**/*.yml``."""

from runner.importing.bolt.files import read

__all__ = ["read"]
