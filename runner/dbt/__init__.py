"""Run dbt: argv, installation, profiles, the warm session and the plain executable."""
