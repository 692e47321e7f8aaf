"""The options that change one run: those of `run` and of `trigger` are the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from runner.cli.launch.overrides import parse_env, parse_timeout, parse_vars
from runner.events import DispatchOverrides

Command = Callable[..., int]
_OPTIONS = (
    click.option("--target", help="Another target of profiles.yml."),
    click.option("--threads", type=click.IntRange(min=1), help="Another number of threads."),
    click.option(
        "--vars", "vars_", help="dbt vars as YAML or JSON; added to the job's, key by key."
    ),
    click.option(
        "--env", multiple=True, metavar="K=V", help="An environment variable; repeatable."
    ),
    click.option(
        "--steps", multiple=True, help="A dbt command instead of the job's steps; repeatable."
    ),
    click.option("--schema", help="Write into this schema."),
    click.option("--defer-to", metavar="NAME", help="Defer to this environment or job, or self."),
    click.option("--full", is_flag=True, help="Build all: no deferral, no comparison with state."),
    click.option(
        "--git-ref",
        metavar="REF",
        help="Run another commit, branch or tag, in a temporary worktree; origin's branch where"
        " there is none of that name here.",
    ),
    click.option(
        "--dbt",
        metavar="VERSION",
        help="Another version of dbt-core, with the adapter that is pinned.",
    ),
    click.option("--timeout", metavar="DURATION", help="Another timeout, such as 90m."),
    click.option(
        "--generate-docs/--no-generate-docs",
        default=None,
        help="Whether docs come after the steps.",
    ),
)


def overriding(command: Command) -> Command:
    """The options, which the command gets together, as ``asked``: a DispatchOverrides."""

    @wraps(command)
    def wrapped(
        *,
        vars_: str | None,
        env: tuple[str, ...],
        timeout: str | None,
        target: str | None,
        threads: int | None,
        steps: tuple[str, ...],
        schema: str | None,
        defer_to: str | None,
        full: bool,
        git_ref: str | None,
        dbt: str | None,
        generate_docs: bool | None,
        **others: Any,
    ) -> int:
        asked = DispatchOverrides(
            target=target,
            threads=threads,
            vars=parse_vars(vars_),
            env=parse_env(env),
            steps=steps,
            schema=schema,
            defer_to=defer_to,
            full=full,
            git_ref=git_ref,
            dbt=dbt,
            timeout=parse_timeout(timeout),
            generate_docs=generate_docs,
        )
        return command(asked=asked, **others)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
