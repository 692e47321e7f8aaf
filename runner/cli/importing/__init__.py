"""``dbt-gitops import``: jobs of other schedulers, one module a source."""
