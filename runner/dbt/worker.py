"""The warm session's worker: runs under dbt's own interpreter."""
