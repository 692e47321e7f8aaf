"""The jobs file: text, then positions, then the schema, then a Config, or every problem at once."""

from runner.config.load import Loaded, Position, default_file, from_bytes, load

__all__ = ["Loaded", "Position", "default_file", "from_bytes", "load"]
