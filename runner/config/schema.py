"""The jobs file's JSON Schema: the one place that says what shape it has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path as FilePath
from typing import Any

from runner.config.nodes import Entry, Mapping, Node, Path, Scalar, Sequence, find, plain
from runner.config.text import START, Source, Span, printable, shown
from runner.config.wording import (
    an_example,
    choice_meant,
    dotted,
    expected,
    flow,
    joined,
    not_the_type,
)
from runner.model import Problem
from runner.unknown import did_you_mean

# More say nothing new, and a hostile file could ask for hundreds of thousands.
MAX_ERRORS = 200

# Keywords about the keys of a mapping: of these, a mapping can have several to say. Of the others,
# one is enough for a value, and its type comes first.
_OF_KEYS = {"additionalProperties", "required"}
# What other tools call a key.
_SAME = {
    "commands": "steps",
    "cron": "schedule",
    "depends_on": "triggers",
    "needs": "triggers",
    "on": "triggers",
    "push": "merge",
    "runs-on": "runs_on",
    "runner": "runs_on",
    "variables": "vars",
}

_ROOT = FilePath(__file__).parents[1]
# In the wheel the schemas lie in the package; in a checkout beside it.
_FOLDERS = (_ROOT / "schemas" / "v1", _ROOT.parent / "schemas" / "v1")


@dataclass(frozen=True, kw_only=True)
class SchemaErrors:
    """What the schema finds, and the paths that later checks must not look at."""

    problems: tuple[Problem, ...] = ()
    unsound: frozenset[Path] = frozenset()
    complete: bool = True


@dataclass(frozen=True, kw_only=True)
class _Error:
    """One failed keyword, at the node that failed it. ``path`` is where the node stands."""

    path: Path
    keyword: str
    wanted: Any
    schema: dict[str, Any]
    about_key: bool = False


def schema_text(name: str) -> str:
    """The text of a schema, e.g. ``dbt_jobs.schema.json``; raises FileNotFoundError."""
    folder = next((folder for folder in _FOLDERS if (folder / name).is_file()), _FOLDERS[0])
    return (folder / name).read_text(encoding="utf-8")


def check(source: Source, root: Node) -> SchemaErrors:
    """Everything about a tree that the schema refuses."""
    errors = list(islice(_errors(plain(root)), MAX_ERRORS + 1))
    clearest: dict[Path, _Error] = {}
    for error in sorted(errors, key=lambda error: error.keyword != "type"):
        clearest.setdefault(error.path, error)
    problems: list[Problem] = []
    unsound: set[Path] = set()
    for error in errors:
        if error.keyword not in _OF_KEYS and clearest[error.path] is not error:
            continue
        for problem, path in _problems(source, root, error):
            problems.append(problem)
            if path is not None:
                unsound.add(path)
        if len(problems) > MAX_ERRORS:
            break
    complete = len(problems) <= MAX_ERRORS
    return SchemaErrors(
        problems=tuple(problems[:MAX_ERRORS]), unsound=frozenset(unsound), complete=complete
    )


@cache
def _validator() -> Any:
    """A validator with every reference written out, for following one costs more than the rest."""
    from jsonschema import Draft202012Validator  # a third of a cold start; only when needed

    schema = json.loads(schema_text("dbt_jobs.schema.json"))
    return Draft202012Validator(inlined(schema, schema["$defs"]))


def inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with each ``$ref`` replaced by what it refers to; keys beside it win."""
    if isinstance(schema, list):
        return [inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {k: v for k, v in schema.items() if k not in {"$ref", "$defs"}}
    if isinstance(schema.get("$ref"), str):
        target = definitions[schema["$ref"].removeprefix("#/$defs/")]
        return inlined({**target, **kept}, definitions)
    return {key: inlined(value, definitions) for key, value in kept.items()}


def _errors(value: object) -> Iterator[_Error]:
    for error in _validator().iter_errors(value):
        about_key = "propertyNames" in error.schema_path
        path = tuple(error.absolute_path)
        yield _Error(
            path=(*path, error.instance) if about_key else path,
            keyword=error.validator,
            wanted=error.validator_value,
            schema=error.schema,
            about_key=about_key,
        )


def _problems(source: Source, root: Node, error: _Error) -> Iterator[tuple[Problem, Path | None]]:
    """The problems of one error, each with the path that is unsound by it, if one is."""
    found = find(root, error.path)
    node = found.node if isinstance(found, Entry) else found
    if found is None or node is None:  # pragma: no cover - the validator saw this very tree
        return
    at = found.key.span if isinstance(found, Entry) else node.span
    if error.about_key:
        yield _bad_name(source, at, error), None
    elif error.keyword == "additionalProperties" and isinstance(node, Mapping):
        yield from _unknown_keys(source, node, error)
    elif error.keyword == "required" and isinstance(node, Mapping):
        at = at if error.path else START
        yield from ((problem, None) for problem in _missing_keys(source, node, at, error))
    elif error.keyword == "type":
        yield _wrong_type(source, node, _value_span(node, at), error), error.path
    else:
        yield _wrong_value(source, node, _value_span(node, at), error), error.path


def _value_span(node: Node, key: Span) -> Span:
    """Where to point for a value: at a scalar itself, at the key of a collection."""
    return node.span if isinstance(node, Scalar) and node.text else key


def _unknown_keys(
    source: Source, node: Mapping, error: _Error
) -> Iterator[tuple[Problem, Path | None]]:
    known = sorted(error.schema["properties"])
    why = f"known here: {joined(known)}"
    if "title" not in error.schema and "description" in error.schema:
        why = f"{why}; {error.schema['description']}"
    for key, entry in islice(node.entries.items(), MAX_ERRORS * 10):
        if key not in error.schema["properties"]:
            what = f"unknown key {shown(key)} in {dotted(error.path)}"
            hint = _meant(entry, known, error.path)
            problem = source.problem(entry.key.span, "unknown-key", what, why=why, hint=hint)
            yield problem, (*error.path, key)


def _meant(entry: Entry, known: list[str], path: Path) -> str:
    key = entry.key.text
    if path == ("defaults",) and key == "triggers":
        return "each job says its own `triggers`"
    if _SAME.get(key) in known:
        return f"it is called `{_SAME[key]}` here"
    if isinstance(entry.node, Scalar) and entry.node.kind == "null":
        split = "if it belongs to the value before it, put that value in quotes"
        return did_you_mean(key, known) or split
    return did_you_mean(key, known)


def _missing_keys(source: Source, node: Mapping, at: Span, error: _Error) -> Iterator[Problem]:
    """The keyword names all required keys; jsonschema makes an error of each that is missing."""
    for key in error.wanted:
        if key in node.entries:
            continue
        wanted = error.schema["properties"][key]
        what = f"{dotted(error.path)} has no `{key}`"
        hint = f"add {an_example(wanted, key)}"
        yield source.problem(at, "missing-key", what, why=_sentence(wanted), hint=hint)


def _bad_name(source: Source, at: Span, error: _Error) -> Problem:
    what = f"{shown(str(error.path[-1]))} is not a valid {error.schema['title'].lower()}"
    why = error.schema["patternErrorMessage"]
    slug = re.sub("[^a-z0-9_-]+", "-", str(error.path[-1])[:60].lower()).strip("-_")
    fits = re.search(error.schema["pattern"], slug)
    hint = f"for example `{slug}`" if fits and slug != error.path[-1] else ""
    return source.problem(at, "wrong-name", what, why=why, hint=hint)


def _wrong_type(source: Source, node: Node, at: Span, error: _Error) -> Problem:
    what = f"{dotted(error.path)} must be {expected(error.schema)}"
    why, hint = not_the_type(node, error.schema)
    return source.problem(at, "wrong-type", what, why=why, hint=hint)


def _wrong_value(source: Source, node: Node, at: Span, error: _Error) -> Problem:
    where = dotted(error.path)
    text = node.text if isinstance(node, Scalar) else ""
    schema, wanted = error.schema, error.wanted
    example = f"for example {an_example(schema)}"
    what, why, hint = f"{where} is not valid", f"{error.keyword}: {wanted}", ""
    if error.keyword == "enum":
        what, why = _not_one_of(where, text, wanted)
        near = choice_meant(text, wanted)
        hint = f"did you mean `{near}`?" if near else (example if len(wanted) == 1 else "")
    elif error.keyword == "pattern":
        what = f"{shown(text)} is not a valid {schema['title'].lower()}"
        why, hint = schema["patternErrorMessage"], example
    elif error.keyword in {"minimum", "maximum"}:
        what = f"{where} is {printable(text)[:30]}"
        why = f"the {'least' if error.keyword == 'minimum' else 'most'} is {wanted}"
    elif error.keyword == "minItems" and isinstance(node, Sequence) and node.items:
        what, why = f"{where} names one job", _sentence(schema)
        hint = f"write `name: {printable(str(plain(node.items[0])))[:60]}`"
    elif error.keyword in {"minLength", "minItems", "minProperties"}:
        what, why, hint = f"{where} is empty", _sentence(schema), example
    elif error.keyword == "maxProperties":
        what, why = f"{where} says more than one thing", _sentence(schema)
        hint = "keep one, and put the others under names of their own"
    return source.problem(at, "wrong-value", what, why=why, hint=hint)


def _not_one_of(where: str, text: str, wanted: list[object]) -> tuple[str, str]:
    choices = joined(choice if isinstance(choice, str) else flow(choice) for choice in wanted)
    one = "the only value here is" if len(wanted) == 1 else "it is one of"
    return f"{where} can't be {shown(text)}", f"{one} {choices}"


def _sentence(schema: dict[str, Any]) -> str:
    return str(schema["description"]).rstrip(".")
