"""``dbt-gitops graph``: jobs, chains and deferral as a picture."""

from __future__ import annotations

import os
from pathlib import Path

import click

from runner.cli.config_file import load_configs
from runner.cli.jobs_files import jobs_files
from runner.cli.options import configs_option
from runner.cli.saying import say
from runner.errors import ConfigInvalid, ExitCode
from runner.reports.job_graph import JobGraph, as_mermaid, job_graph
from runner.reports.job_graph_svg import as_svg

RENDERERS = {"mermaid": as_mermaid, "svg": as_svg}
# Mermaid's own limits, above which GitHub shows no picture.
MOST_EDGES, LARGEST_TEXT = 500, 50_000


@click.command()
@configs_option
@click.option(
    "--format",
    "output",
    type=click.Choice(list(RENDERERS)),
    default="mermaid",
    show_default=True,
    help="mermaid for markdown, svg for pages.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write it here.  [standard output]")
def graph(config: tuple[Path, ...], output: str, out: Path | None) -> ExitCode:
    """Draw the jobs: what starts each, which jobs start each other, and what they defer to.

    An arrow has the endings on which the next job starts, here or in another repository; several arrows meet where all of them have to
    end. A dashed arrow is deferral. The SVG follows its reader's light or dark theme.
    """
    paths = config or jobs_files(dict(os.environ))
    files = load_configs(paths)
    drawn = job_graph(list(zip(map(str, paths), files, strict=True)))
    text = RENDERERS[output](drawn).rstrip("\n")
    if output == "mermaid":
        _warn_of_limits(drawn, text)
    if out is None:
        click.echo(text)
        return ExitCode.SUCCESS
    try:
        out.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigInvalid(
            f"{out} can't be written", why=error.strerror or str(error), hint="name another --out"
        ) from error
    say(f"wrote {out}")
    return ExitCode.SUCCESS


def _warn_of_limits(drawn: JobGraph, text: str) -> None:
    if len(drawn.edges) > MOST_EDGES or len(text) > LARGEST_TEXT:
        say(
            f"warning: mermaid draws at most {MOST_EDGES} arrows and {LARGEST_TEXT:,} characters, and this"
            f" has {len(drawn.edges):,} and {len(text):,}: --format svg draws it"
        )
