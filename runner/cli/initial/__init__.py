"""The parts of ``dbt-gitops init``: what it asks, and what it says."""
