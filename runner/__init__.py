"""Run dbt jobs that are declared in a versioned file, with GitHub Actions as the scheduler."""

__version__ = "0.1.0"
