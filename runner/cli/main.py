"""The command: one place exits, and one place catches."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from runner import __version__
from runner.errors import DbtGitopsError, ExitCode, JobsFileInvalid
from runner.github.commands import annotation
from runner.github.fence import defused

# Name → (module, what it does): a verb's module is imported when the verb is called.
VERBS = {
    "init": ("init", "Write a first jobs file, made of what the dbt project says."),
    "validate": ("validate", "Check jobs files and report every problem at once."),
    "import": ("importing.importing", "Import the jobs of another scheduler into the jobs file."),
    "sync": ("sync", "Compile the jobs files into a workflow of GitHub's."),
    "plan": ("plan", "Say which jobs an event of GitHub starts, and why."),
    "explain": ("explain", "Say what a job does, and which line says so."),
    "graph": ("graph", "Draw jobs, their chains and their deferral."),
    "run": ("run", "Run a job: dbt, deferral, retries, the record and the state."),
    "trigger": ("trigger", "Start a job on GitHub, and follow it."),
    "rerun": ("rerun", "Run a job's latest run again, in full or from its failure."),
    "cancel": ("cancel", "Cancel a run on GitHub."),
    "runs": ("runs", "Show what ran, how it ended and how long it took."),
    "report": (
        "report",
        "Report to GitHub, and to the history, what runs couldn't report themselves.",
    ),
    "clean": ("clean", "Drop the schemas of closed pull requests."),
    "state": ("state", "Look at the state that jobs have published."),
    "schema": ("schema", "Print the JSON Schema of the jobs file or of the run record."),
}


class Verbs(click.Group):
    """The verbs, each from a module of its own, imported late: `--help` is for people in a hurry."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"runner.cli.{VERBS[cmd_name][0]}")
        # `import` is a word of Python's.
        command: click.Command = getattr(module, "import_" if cmd_name == "import" else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in VERBS.items()])


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dbt-gitops")
def cli() -> None:
    """Run dbt jobs that are declared in dbt_jobs.yml."""


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    try:
        result: Any = cli.main(arguments, prog_name="dbt-gitops", standalone_mode=False)
        return int(result or 0)
    except DbtGitopsError as error:
        _tell(error)
        return int(error.exit_code)
    except click.UsageError as error:
        error.show()
        return int(ExitCode.CONFIG_INVALID)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.CONFIG_INVALID)
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Who reads our output has seen enough, as `head` does; nobody is left to tell.
        sys.stderr.close()
        return int(ExitCode.SUCCESS)
    except Exception:
        return _bug()


def _complain(text: str) -> None:
    click.echo(click.style("error: ", fg="red", bold=True) + defused(text), err=True)


def _tell(error: DbtGitopsError) -> None:
    """Once, and on GitHub for the page of the workflow's run too, where nobody reads logs first."""
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    if not isinstance(error, JobsFileInvalid):
        _complain(str(error))
        if on_github:
            click.echo(annotation("error", str(error), title="dbt-gitops"), err=True)
    if on_github:
        _summarize(error)


def _summarize(error: DbtGitopsError) -> None:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        from runner.reports.markdown import document, fence

        text = document(["### ❌ dbt-gitops", fence(str(error), "text")])
        with suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def _bug() -> int:
    import platform
    import traceback

    click.echo(defused(traceback.format_exc()), err=True)
    _complain(
        "this is a bug in dbt-gitops\n\nhint: report it with the lines above and these versions: "
        f"dbt-gitops {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    return int(ExitCode.BUG)
