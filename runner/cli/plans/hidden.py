"""Values that GitHub hides: an output of a job that holds one isn't passed on, and nobody is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from runner.blocks import blocks
from runner.errors import ConfigInvalid
from runner.model import Config
from runner.workflow.needs import store_secrets

# What is quoted and shorter, GitHub looks for with its quotes alone.
LONG = 8


def hiding(text: str, files: Sequence[Config], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets of the store that have a value, or a line of one, that stands in ``text``.

    GitHub's runner looks for each line by itself, for its form in JSON and, where it is quoted, for what
    is within the quotes: https://github.com/actions/runner/pull/1521
    """
    names = store_secrets(blocks(files))
    return tuple(name for name in names if any(part in text for part in _parts(environ.get(name))))


def refuse_hidden(
    legs: str, deploys: str, files: Sequence[Config], environ: Mapping[str, str]
) -> None:
    """Raises ConfigInvalid where GitHub would pass one of these outputs on as nothing, and say nothing."""
    names = hiding(f"{legs}\n{deploys}", files, environ)
    if not names:
        return
    name = names[0]
    whole = len(_lines(environ.get(name))) == 1
    raise ConfigInvalid(
        f"GitHub would drop what this plan says: it holds {_of_which(name, whole=whole)}",
        why="an output in which the value of a secret stands isn't passed to the jobs that run"
        + (_where(legs, files, environ, name) if whole else ""),
        hint="keep what is no secret, such as a region, out of `secrets:`: a variable does for it"
        if whole
        else f"store it in one line: jq -c . key.json | gh secret set {name}",
    )


def _of_which(name: str, *, whole: bool) -> str:
    return f"the value of the secret {name}" if whole else f"a line of the secret {name}"


def _where(legs: str, files: Sequence[Config], environ: Mapping[str, str], name: str) -> str:
    """The jobs whose leg it is, where it is one of theirs."""
    every = [leg for block in json.loads(legs).values() for leg in block["include"]]
    jobs = [leg["job"] for leg in every if name in hiding(json.dumps(leg), files, environ)]
    return f": it stands in what starts {', '.join(f'`{job}`' for job in jobs)}" if jobs else ""


def _parts(value: str | None) -> Iterator[str]:
    for line in _lines(value):
        bare = line[1:-1] if len(line) > LONG and line[0] == line[-1] == '"' else line
        yield from (line, bare, json.dumps(line)[1:-1])


def _lines(value: str | None) -> list[str]:
    return [line.strip() for line in re.split(r"[\r\n]+", value or "") if line.strip()]
