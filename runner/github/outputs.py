"""Outputs of a step: the file that GitHub's runner reads when the step has ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from runner.errors import ConfigInvalid


def write_outputs(file: Path, values: Mapping[str, str]) -> None:
    """Add outputs to the file of GITHUB_OUTPUT.

    Each stands between lines of a delimiter that nobody can guess, so no value ends early and says
    what isn't ours to say; one that holds it all the same is refused.
    """
    text = "".join(output(name, value) for name, value in values.items())
    try:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigInvalid(
            f"the outputs can't be written to {file}",
            why=str(error),
            hint="GITHUB_OUTPUT names the file; GitHub's runner sets it",
        ) from error


def output(name: str, value: str) -> str:
    """One output as the file has it."""
    return delimited(name, value, f"dbt-gitops-{secrets.token_hex(16)}")


def delimited(name: str, value: str, delimiter: str) -> str:
    """The same with this delimiter; raises ValueError where the value holds it."""
    if delimiter in value:
        raise ValueError(f"the output {name} holds its own delimiter")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
