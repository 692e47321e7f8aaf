"""What a command says beside its result."""

from __future__ import annotations

import click

from runner.github.fence import defused


def say(text: str) -> None:
    """To standard error; what strangers have chosen in it is no command of GitHub's."""
    click.echo(defused(text), err=True)
