"""The commands and options that the runner knows are those of the real dbt."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from runner.options import options_of
from runner.steps import COMMANDS, INTERACTIVE, VALUE_OPTIONS

ASKED = """
import click, json
from dbt.cli.main import cli

def walk(command, name):
    if isinstance(command, click.Group) and name != ["dbt"]:
        return {k: v for each, inner in command.commands.items() for k, v in walk(inner, [*name, each]).items()}
    options = [each for each in command.params if isinstance(each, click.Option)]
    return {" ".join(name[1:]): {
        "all": [o for each in options for o in (*each.opts, *each.secondary_opts)],
        "valued": [o for each in options if not each.is_flag and not each.count for o in each.opts],
    }}

print(json.dumps({k: v for each, inner in cli.commands.items() for k, v in walk(inner, ["dbt", each]).items()}))
"""


def asked_of(dbt: Path) -> dict[str, dict[str, list[str]]]:
    """By the command: all its options, and those that need a value."""
    asked = [str(dbt.with_name("python")), "-c", ASKED]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found


def test_the_options_of_each_command(dbt: Path) -> None:
    found = asked_of(dbt)
    assert {name: set(found[name]["all"]) for name in COMMANDS} == {
        name: options_of(name) for name in COMMANDS
    }


def test_commands_and_the_options_that_need_a_value(dbt: Path) -> None:
    found = asked_of(dbt)
    assert found.keys() == COMMANDS | INTERACTIVE
    needing = {option for name in COMMANDS for option in found[name]["valued"]}
    assert {o for o in needing if "deprecated" not in o} == VALUE_OPTIONS
