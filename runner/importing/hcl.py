"""HCL, the language of Terraform's files, as blocks and their attributes; values are worked out later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import process_escape_sequences
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput, UnexpectedToken

from runner.config.text import Source, Span, shown
from runner.errors import ConfigInvalid
from runner.importing.reading import Kind, read_text, wrong

KIND = Kind(name="a file of Terraform", patterns=("*.tf", "terraform.tfvars", "*.auto.tfvars"))
MOST_BYTES = 16 * 1024 * 1024
END = "$END"
_QUOTE = re.compile(r'(?<!\\)"')


@dataclass(frozen=True, kw_only=True)
class Expression:
    """What stands at an attribute's right; ``text`` is as it is written."""

    tree: Any
    text: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Block:
    """``resource "dbtcloud_job" "daily" {…}``: its type, its labels, and what is in it."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Expression]
    blocks: tuple[Block, ...]
    file: Path
    line: int


def read_hcl(file: Path) -> Block:
    """The whole file as a block without type; raises ConfigInvalid with line and column."""
    source = read_text(file, KIND, MOST_BYTES)
    try:
        tree: Any = hcl2.parses_to_tree(source.text)
        return _body("", (), tree.children[0], source, 1)
    except UnexpectedInput as error:
        raise _not_hcl(source, error) from error
    except (LarkError, RecursionError) as error:
        raise ConfigInvalid(f"{file}: this is not HCL", why=str(error)[:200]) from error


def expression_of(text: str) -> Any:
    """The tree of one expression; raises LarkError."""
    tree: Any = hcl2.parses_to_tree(f"x = {text}\n")
    return tree.children[0].children[0].children[2]


def _body(kind: str, labels: tuple[str, ...], body: Any, source: Source, line: int) -> Block:
    attributes: dict[str, Expression] = {}
    blocks: list[Block] = []
    for node in body.children:
        if not isinstance(node, Tree):
            continue
        if node.data == "attribute":
            name, value = _word(node.children[0]), node.children[2]
            text = source.text[value.meta.start_pos : value.meta.end_pos].strip()
            _check_new(attributes, name, source, node.meta)
            attributes[name] = Expression(tree=value, text=text, line=node.meta.line)
        elif node.data == "block":
            blocks.append(_block(node, source))
    return Block(
        type=kind,
        labels=labels,
        attributes=attributes,
        blocks=tuple(blocks),
        file=source.file,
        line=line,
    )


def _block(node: Any, source: Source) -> Block:
    words = [_word(each) for each in node.children if _is(each, "identifier", "keyword", "string")]
    body = next(each for each in node.children if _is(each, "body"))
    return _body(words[0], tuple(words[1:]), body, source, node.meta.line)


def _is(node: Any, *names: str) -> bool:
    return isinstance(node, Tree) and node.data in names


def _word(node: Any) -> str:
    """A name, or a text in quotes without anything to work out in it."""
    if node.data != "string":
        return str(node.children[0])
    tokens = node.scan_values(lambda each: isinstance(each, Token))
    return process_escape_sequences("".join(map(str, tokens))[1:-1])


def _check_new(attributes: Mapping[str, Expression], name: str, source: Source, meta: Any) -> None:
    if first := attributes.get(name):
        at = Span(meta.line, meta.column, meta.column + len(name))
        why = f"it stands on line {first.line} already"
        what = f"{shown(name)} is written twice"
        raise wrong(source, at, what, "remove one", why)


def _open_quote(source: Source) -> int:
    """The first line with a quote that isn't closed; 0 where there is none."""
    lines = enumerate(source.lines, start=1)
    return next((number for number, line in lines if len(_QUOTE.findall(line)) % 2), 0)


def _not_hcl(source: Source, error: UnexpectedInput) -> ConfigInvalid:
    token = error.token if isinstance(error, UnexpectedToken) else None
    lines = source.text.rstrip().count("\n") + 1
    if (token is not None and token.type == END) or error.line > lines:
        at = Span(lines, len(source.line(lines)) + 1, len(source.line(lines)) + 2)
        quote = _open_quote(source)
        hint = f"is the quote on line {quote} closed?" if quote else "is a closing brace missing?"
        return wrong(source, at, "this is not HCL: it ends in the middle", hint)
    at = Span(error.line, error.column, error.column + 1)
    said = str(token).strip().splitlines()[0] if token is not None and str(token).strip() else ""
    what = f"this is not HCL: {shown(said)} can't stand here" if said else "this is not HCL"
    return wrong(source, at, what, "`terraform validate` says more")
