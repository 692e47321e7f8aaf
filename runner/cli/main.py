"""The command: one place exits, and one place catches."""


def main() -> None:
    """Run the command line."""
