"""What an expression of HCL is worth, as far as it is plain; what isn't stays as it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hcl2.utils import process_escape_sequences
from lark import Token, Tree
from lark.exceptions import LarkError

from runner.importing.hcl import Expression, expression_of
from runner.importing.secret_names import HIDDEN

_HEREDOC = re.compile(r"<<(-?)([a-zA-Z][\w.-]*)\r?\n(.*?)^[ \t]*\2\s*\Z", re.DOTALL | re.MULTILINE)
_INTERPOLATION = re.compile(r"\$\{[^{}]*\}")
_SENSITIVE = re.compile(r"\bsensitive\s*\(")
_PLAIN = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, kw_only=True)
class Unresolved:
    """A value that isn't known here: ``text`` is how it is written, ``why`` says what is missing."""

    text: str
    why: str
    sensitive: bool = False

    @property
    def shown(self) -> str:
        """The text, hidden where a sensitive value stands in it as it is."""
        return HIDDEN if _SENSITIVE.search(self.text) else self.text


class Scope(Protocol):
    """What names mean."""

    def named(self, path: Sequence[str | int], text: str) -> Any:
        """The value of ``var.x`` as a path of names and indexes; an Unresolved where it isn't known."""


def value_of(expression: Expression, scope: Scope) -> Any:
    """Python's own values; each part that isn't known is an :class:`Unresolved`."""
    try:
        return _Reader(expression.text, scope).read(expression.tree)
    except RecursionError:
        return Unresolved(text=expression.text, why="it is nested too deeply")


def known(value: Any) -> tuple[Any, list[Unresolved]]:
    """The value without what isn't known of its parts, and those; None where nothing is."""
    if isinstance(value, Unresolved):
        return None, [value]
    if isinstance(value, list):
        parts = [known(each) for each in value]
        kept = [part for part, lost in parts if not lost]
        return kept, [each for _, lost in parts for each in lost]
    if isinstance(value, dict):
        inner = {name: known(each) for name, each in value.items()}
        sound = {name: part for name, (part, lost) in inner.items() if not lost}
        return sound, [each for _, lost in inner.values() for each in lost]
    return value, []


def spelt(value: Any) -> Any:
    """The value with what isn't known as it is written."""
    if isinstance(value, Unresolved):
        return value.shown
    if isinstance(value, list):
        return [spelt(each) for each in value]
    if isinstance(value, dict):
        return {name: spelt(each) for name, each in value.items()}
    return value


class _Reader:
    """Works out one expression, whose text stands in what it can't work out."""

    def __init__(self, text: str | Tree[Token], scope: Scope) -> None:
        self._written = text
        self._scope = scope

    @property
    def _text(self) -> str:
        return self._written if isinstance(self._written, str) else _joined(self._written)

    def read(self, node: Any) -> Any:
        read: Callable[[Any], Any] | None = getattr(self, f"_{node.data}", None)
        return read(node) if read else self._unknown("it is worked out by Terraform")

    def _unknown(self, why: str) -> Unresolved:
        return Unresolved(text=self._text, why=why)

    def _expr_term(self, node: Any) -> Any:
        trees = [each for each in node.children if isinstance(each, Tree)]
        inner = [each for each in trees if each.data != "new_line_or_comment"]
        return self.read(inner[0])

    def _literal_value(self, node: Any) -> Any:
        return _PLAIN[str(node.children[0])]

    def _int_lit(self, node: Any) -> int:
        return int("".join(map(str, node.children)))

    def _float_lit(self, node: Any) -> float:
        return float("".join(map(str, node.children)))

    def _unary_op(self, node: Any) -> Any:
        value = self.read(node.children[1])
        if str(node.children[0]) == "-" and isinstance(value, int | float):
            return -value
        if str(node.children[0]) == "!" and isinstance(value, bool):
            return not value
        return self._unknown("it is worked out by Terraform")

    def _conditional(self, node: Any) -> Any:
        parts = [each for each in node.children if isinstance(each, Tree)]
        condition, yes, no = (each for each in parts if each.data != "new_line_or_comment")
        value = self.read(condition)
        if isinstance(value, bool):
            return self.read(yes if value else no)
        return value if isinstance(value, Unresolved) else self._unknown("it is a condition")

    def _tuple(self, node: Any) -> list[Any]:
        items = [each for each in node.children if isinstance(each, Tree)]
        kept = [each for each in items if each.data != "new_line_or_comment"]
        return [_Reader(each, self._scope).read(each) for each in kept]

    def _object(self, node: Any) -> Any:
        found: dict[str, Any] = {}
        for element in node.children:
            if not (isinstance(element, Tree) and element.data == "object_elem"):
                continue
            name = self._key(element.children[0].children[0])
            if isinstance(name, Unresolved):
                return name
            value = element.children[2]
            found[str(name)] = _Reader(value, self._scope).read(value)
        return found

    def _key(self, node: Any) -> Any:
        inner = node.children[0] if node.data == "expr_term" else node
        plain = isinstance(inner, Tree) and inner.data == "identifier"
        if plain or node.data == "keyword":
            return _joined(inner)
        return self.read(node)

    def _string(self, node: Any) -> Any:
        parts = [self._part(each) for each in node.children[1:-1]]
        return self._together(parts)

    def _part(self, node: Any) -> Any:
        inner = node.children[0]
        if isinstance(inner, Tree):
            if inner.data == "interpolation":
                return self.read(inner.children[1])
            return self._unknown("it has a directive `%{…}`")
        if inner.type.startswith("ESCAPED"):
            return str(inner)[1:]
        if "\n" in inner:
            return self._unknown("its quote isn't closed in its line")
        return process_escape_sequences(str(inner))

    def _together(self, parts: list[Any]) -> Any:
        if lost := next((each for each in parts if isinstance(each, Unresolved)), None):
            return Unresolved(text=self._text, why=lost.why, sensitive=lost.sensitive)
        if any(isinstance(each, list | dict) for each in parts):
            return self._unknown("a list or a map stands in a text")
        return "".join(map(as_text, parts))

    def _heredoc_template(self, node: Any) -> Any:
        return self._heredoc(str(node.children[0]))

    def _heredoc_template_trim(self, node: Any) -> Any:
        return self._heredoc(str(node.children[0]))

    def _heredoc(self, token: str) -> Any:
        found = _HEREDOC.match(token)
        if found is None:
            return self._unknown("it is a text of several lines that can't be read")
        lines = found[3].replace("\r\n", "\n").splitlines(keepends=True)
        indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
        cut = min(indents, default=0) if found[1] else 0
        text = "".join(line[cut:] if line.strip() else "\n" for line in lines)
        if "${" not in text and "%{" not in text:
            return text
        try:
            return self.read(expression_of(_quoted(text)))
        except LarkError:
            return self._unknown("it has `${…}` that can't be read")

    def _function_call(self, node: Any) -> Any:
        name = _joined(node.children[0])
        given = next(iter(node.find_data("arguments")), None)
        trees = [each for each in given.children if isinstance(each, Tree)] if given else []
        args = [self.read(each) for each in trees if each.data != "new_line_or_comment"]
        lost = [each for arg in args for each in known(arg)[1]]
        if name not in _FUNCTIONS or (lost and name not in _OF_LISTS):
            why = lost[0].why if lost else f"`{name}()` is worked out by Terraform"
            secret = name == "sensitive" or any(each.sensitive for each in lost)
            return Unresolved(text=self._text, why=why, sensitive=secret)
        try:
            return _FUNCTIONS[name](*args)
        except (TypeError, ValueError):
            return self._unknown(f"`{name}()` is worked out by Terraform")

    def _identifier(self, node: Any) -> Any:
        return self._scope.named([_joined(node)], self._text)

    def _get_attr_expr_term(self, node: Any) -> Any:
        return self._path(node)

    def _index_expr_term(self, node: Any) -> Any:
        return self._path(node)

    def _path(self, node: Any) -> Any:
        path = self._names(node)
        if isinstance(path, Unresolved):
            return path
        return self._scope.named(path, self._text)

    def _names(self, node: Any) -> list[str | int] | Unresolved:
        if node.data == "expr_term":
            return self._names(node.children[0]) if len(node.children) == 1 else self._no_path()
        if node.data == "identifier":
            return [_joined(node)]
        if node.data not in ("get_attr_expr_term", "index_expr_term"):
            return self._no_path()
        before = self._names(node.children[0])
        if isinstance(before, Unresolved):
            return before
        last = node.children[1]
        if last.data == "get_attr":
            return [*before, _joined(last.children[1])]
        if last.data == "short_index":
            return [*before, int(str(last.children[1]))]
        inner = [each for each in last.children if isinstance(each, Tree)]
        index = self.read(next(each for each in inner if each.data != "new_line_or_comment"))
        return [*before, index] if isinstance(index, str | int) else self._no_path()

    def _no_path(self) -> Unresolved:
        return self._unknown("it is worked out by Terraform")


def as_text(value: Any) -> str:
    """A value in a text, as Terraform writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _joined(node: Any) -> str:
    """What is written there, from its tokens: without the spaces between them."""
    tokens = node.scan_values(lambda each: isinstance(each, Token))
    return "".join(str(token) for token in tokens)


def _quoted(text: str) -> str:
    """The same in quotes; what is worked out in it stays."""
    parts: list[str] = []
    end = 0
    for found in _INTERPOLATION.finditer(text):
        parts += [_escaped(text[end : found.start()]), found[0]]
        end = found.end()
    return f'"{"".join(parts)}{_escaped(text[end:])}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _concat(*lists: list[Any]) -> list[Any]:
    return [item for each in lists for item in [*each]]


def _joined_by(separator: str, *lists: list[Any]) -> str:
    return separator.join(as_text(item) for item in _concat(*lists))


def _merged(*maps: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for each in maps for name, value in {**each}.items()}


_OF_LISTS = ("concat", "tolist", "toset", "merge", "tomap")
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": _concat,
    "join": _joined_by,
    "lower": lambda text: as_text(text).lower(),
    "merge": _merged,
    "tobool": lambda value: {"true": True, "false": False}.get(value, value),
    "tolist": lambda items: [*items],
    "tomap": _merged,
    "tonumber": lambda value: int(value) if isinstance(value, str) else value,
    "toset": lambda items: [*dict.fromkeys(items)],
    "tostring": as_text,
    "trimspace": lambda text: as_text(text).strip(),
    "upper": lambda text: as_text(text).upper(),
}
