"""``python -m runner``: the same as the ``dbt-gitops`` command."""

from runner.cli.main import main

if __name__ == "__main__":
    main()
