"""Files that are Jinja before they are YAML, rendered as dbt-jobs-as-code does: the whole text at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.config.nodes import plain
from runner.config.text import Source, Span, shown
from runner.importing.reading import Kind, read_yaml, wrong

VARS = Kind(name="a file of variables", patterns=("*.yml", "*.yaml"))
TEMPLATE = "<template>"  # what Jinja calls a text without a name, in tracebacks
MOST = 2**31
ADD = "add it to a file of --vars"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Multiplication is for numbers: of text, and in powers, it fills the memory in one line."""

    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        small = all(isinstance(each, int | float) and abs(each) < MOST for each in (left, right))
        if operator == "**" or not small:
            raise SecurityError(f"`{operator}` is for numbers that aren't large")
        return left * right


def variables(files: Sequence[Path]) -> dict[str, Any]:
    """The variables of all files of --vars; raises ConfigInvalid where two of them name the same."""
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for file in files:
        source, root = read_yaml(file, VARS)
        for name, entry in root.entries.items():
            place = f"{file}:{entry.key.span.line}"
            if name in values:
                why = f"it stands in {places[name]} too"
                what = f"the variable {shown(name)} is set twice"
                raise wrong(source, entry.key.span, what, "remove one of the two", why)
            values[name], places[name] = _as_yaml(plain(entry.node)), place
    return values


def rendered(source: Source, values: Mapping[str, Any]) -> Source:
    """The text with its Jinja worked out; raises ConfigInvalid with line and column."""
    environment = _Sandbox(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    try:
        text = environment.from_string(source.text).render(dict(values))
    except TemplateSyntaxError as error:
        at = _first(source, error.lineno, r"\{[{%#]")
        why, hint = str(error.message), "for text with braces, write {% raw %} before it"
        raise wrong(source, at, "this is not Jinja", hint, why) from error
    except UndefinedError as error:
        _undefined(
            source, error, meta.find_undeclared_variables(environment.parse(source.text)), values
        )
    except (
        TemplateError,
        SecurityError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        at = _first(source, _line(error), r"\{[{%]")
        hint = "dbt-jobs-as-code's Jinja is for values such as {{ environment_id }}"
        raise wrong(source, at, "Jinja can't be worked out", hint, str(error)) from error
    return Source(file=source.file, text=text)


def _undefined(
    source: Source, error: UndefinedError, used: set[str], values: Mapping[str, Any]
) -> NoReturn:
    said = re.findall(r"'([^']+)'", str(error.message))
    name = said[-1] if said else "a variable"
    at = _first(source, _line(error), rf"\b{re.escape(name)}\b")
    others = sorted(used - {name} - values.keys())
    why = f"these have none either: {', '.join(others)}" if others else str(error.message)
    raise wrong(source, at, f"the variable {shown(name)} has no value", ADD, why) from error


def _first(source: Source, line: int, pattern: str) -> Span:
    """Where something begins in a line; the line's first column where it isn't there."""
    found = re.search(pattern, source.line(line))
    start = found.start() + 1 if found else 1
    return Span(line, start, max(found.end() + 1 if found else 2, start + 1))


def _line(error: BaseException) -> int:
    """The line of the template that an error was raised in: Jinja puts it into the traceback."""
    line, step = 1, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == TEMPLATE:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _as_yaml(value: Any) -> Any:
    """Nothing is written as YAML's null, not as Python's None."""
    if isinstance(value, dict):
        return {key: _as_yaml(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_yaml(each) for each in value]
    return "null" if value is None else value
