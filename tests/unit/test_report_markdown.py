"""Whatever a name, a message or a branch is, it stays where it is put."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runner.record import PublishedState, Renamed
from runner.reports.comment import MARKER, SECTION, merge_section
from runner.reports.markdown import code, escape, fence, link, prose, table
from runner.reports.report import DifferenceLine, Place, Report
from runner.reports.section import section
from runner.reports.step_summary import step_summary
from runner.reports.text import clean, clipped, clipped_bytes, one_line
from tests.unit.report_samples import NOON, PAGE, SHA, chosen, made, node, step

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = re.compile(
    r"<!-- dbt-gitops:[a-z]+( \{.*\})? -->|</?(code|sub)>"
    r"|</?details( open)?>(<summary><b>[\w ,+:()]+</b></summary>)?"
)
HOSTILE = (
    "```\n# out\n```",
    "~~~~\n| a | b |\n|---|---|\n| c | d |",
    "</details><script>alert(1)</script>",
    "<!-- dbt-gitops:end -->\n\n# out",
    '<!-- dbt-gitops:section {"job": "ci"} -->',
    "--> out <!--",
    "a | b \\| c \\\\| d ` | `",
    "@octocat #1 GH-12 https://evil.example www.evil.example",
    "[x](https://evil.example) ![y](https://evil.example/z.png)",
    "- 1. > # *a* _b_ ~~c~~ &lt;img&gt; &#96;",
    "\x1b[31mred\x1b[0m\x00\x07\r\u2028\u202egnp.exe",
    "===\n---\n\n\n    indented",
    "]]\n<![CDATA[\n<?php ?>",
    "%%{init: {}}%% \"]; click n0 'javascript:alert(1)'; end\n subgraph",
    "`" * 100,
    "\ud800 \u0301\u0301 \u200d",
    "12) x",
    "",
)
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=40),
    st.text("`~|<>!-#@*_[]()\\&;:/.\n\r\t =+1a\"'", max_size=40),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map("\n".join),
)


def report_of(text: Callable[[], str]) -> Report:
    """A report in which every text is another one of ``text``."""
    names = [f"model.{number}{text()}.{text()}" for number in range(3)]
    failing = node(names[0], "error", name=text(), message=text(), file=f"a{text()}", line=3)
    nodes = (
        failing,
        node(names[1], text(), name=text(), resource_type=text(), file=f"b{text()}"),
        node("test.a.b", "warn", name=text(), message=text(), file=f"c{text()}"),
        node("test.a.c", "fail", name=text(), message=text(), resource_type=text()),
    )
    state = PublishedState(
        run_id=text(),
        job=text(),
        environment=text(),
        commit=text(),
        sha256=text(),
        published_at=NOON,
        dbt_version=text(),
        project=text(),
        dbt_schema_version=text(),
    )
    report = made(
        step(*nodes, text=text(), status="error"),
        step(index=2, text=text(), status="error", message=text()),
        step(index=3, kind="docs", text=text(), status="error", message=text()),
        job=text(),
        environment=text(),
        reason=text(),
        cause=text(),
        actor=text(),
        commit=f"c{text()}",
        branch=text(),
        schemas=(text(),),
        notes=(text(), text()),
        deferred_to=state,
        overrides={"vars": {text(): text()}, "target": text()},
        versions={text(): text()},
        state_reason=f"x{text()}",
        selection=(
            chosen(names[0], "macro", f"macro.a.{text()}", parents=(f"model.x{text()}.{text()}",)),
            chosen(names[1], "downstream", names[0], parents=(names[0],)),
            chosen(names[2], "downstream", names[0], parents=(names[1],)),
        ),
        renamed=(Renamed(old=text(), new=text()),),
        deleted=(text(),),
        place=Place(repository="acme/jaffle", head_sha=SHA, current_sha="b" * 40, summary_url=PAGE),
    )
    kinds: tuple[Any, ...] = ("warning", "added", "removed", "unchanged")
    lines = tuple(DifferenceLine(kind=kind, text=text()) for kind in kinds)
    return dataclasses.replace(report, difference=lines)


def outline(tokens: list[Token]) -> list[str]:
    """The document's blocks, however deep, without what is written in them."""
    return [f"{token.type} {token.tag} {token.info}" for token in tokens]


def comment(report: Report) -> str:
    body = merge_section(None, section(report))
    assert body is not None
    return body


RENDERINGS = [comment, step_summary]
TAME: dict[Callable[[Report], str], list[str]] = {
    each: outline(PARSER.parse(each(report_of(lambda: "tame")))) for each in RENDERINGS
}


@pytest.mark.parametrize("rendering", RENDERINGS)
@given(data=st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_changes_the_documents_structure(
    rendering: Callable[[Report], str], data: st.DataObject
) -> None:
    holds(rendering, rendering(report_of(lambda: data.draw(texts))))


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_everywhere_changes_nothing(
    rendering: Callable[[Report], str], text: str
) -> None:
    holds(rendering, rendering(report_of(lambda: text)))


def github_tags(markdown: str) -> list[str]:
    """What GitHub's own parser makes of it; code within a line apart, which `prose` lets texts have."""
    html = str(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
    return [tag for tag in re.findall(r"<(/?\w+)", html) if tag.strip("/") != "code"]


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("text", HOSTILE)
def test_githubs_own_parser_agrees(rendering: Callable[[Report], str], text: str) -> None:
    tame = github_tags(rendering(report_of(lambda: "tame")))
    assert github_tags(rendering(report_of(lambda: text))) == tame


def holds(rendering: Callable[[Report], str], document: str) -> None:
    tokens = PARSER.parse(document)
    assert outline(tokens) == TAME[rendering]
    inline = [child for token in tokens for child in token.children or ()]
    written = [token.content for token in (*tokens, *inline) if token.type.startswith("html_")]
    for html in filter(None, "\n".join(written).splitlines()):
        assert OURS.fullmatch(html), html
    links = [str(token.attrGet("href")) for token in inline if token.type == "link_open"]
    assert all(link.startswith("https://github.com/acme/jaffle/") for link in links)
    assert not any(token.type == "image" for token in inline)
    for token in inline:
        if token.type == "text":
            assert not re.search(r"@\w|#\d", token.content, re.ASCII)
    if rendering is comment:
        assert len(SECTION.findall(document)) == document.count("<!-- dbt-gitops:end -->") == 1
        assert document.count(MARKER) == 1
    document.encode()


def rendered(markdown: str) -> str:
    """What a reader sees of it."""
    html = PARSER.render(markdown)
    text = re.sub(r"<[^>]+>", "", html)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text.strip().replace("\u200b", "")


@given(st.text('ab `|\\<>&*_[]@#$~!:/.-"1)', min_size=1, max_size=30))
@settings(deadline=None)
def test_a_reader_sees_the_text_as_it_is(text: str) -> None:
    shown = one_line(text).replace("\u200b", "") or "(empty)"
    assert rendered(code(text)) == shown
    assert rendered(escape(text)) == shown
    cell = table(("a",), [[code(text)], [escape(text)]], ("left",))
    cells = [t.children for t in PARSER.parse(cell) if t.type == "inline"][1:]
    assert [
        "".join(c.content for c in children or () if c.type != "html_inline").replace("\u200b", "")
        for children in cells
    ] == [shown, shown]


def test_nothing_links_itself() -> None:
    assert escape("https://a www.b") == "https&#58;//a www&#46;b"


def test_prose_keeps_code_marked() -> None:
    assert prose("`dbt build` failed: a_b") == "`dbt build` failed: a&#95;b"
    assert prose("one ` alone") == "one &#96; alone"
    assert prose(" ") == "(empty)"


@given(texts)
def test_a_fence_holds_all_of_its_text(text: str) -> None:
    tokens = PARSER.parse(f"{fence(text, 'text')}\n\nafter")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].content == (clean(text).strip("\n").rstrip() or "(empty)") + "\n"


def test_a_fence_is_the_shorter_of_two_kinds() -> None:
    assert fence("`" * 1000).startswith("~~~\n")
    assert fence("~~~~\n```") == "````\n~~~~\n```\n````"


def test_only_web_addresses_are_linked() -> None:
    assert link("`a`", "javascript:alert(1)") == "`a`"
    assert link("`a`", "https://x.example/a) b|c") == "[`a`](https://x.example/a%29%20b%7Cc)"


@given(texts, st.integers(1, 30))
def test_clipping_never_exceeds_its_limit_and_keeps_what_fits(text: str, longest: int) -> None:
    cut = clipped(text, longest)
    assert len(cut) <= longest
    assert cut == text or (len(text) > longest and cut.endswith("…"))


@given(st.text(st.characters(codec="utf-8")), st.integers(4, 30))
def test_clipping_bytes_never_exceeds_its_limit(text: str, longest: int) -> None:
    assert len(clipped_bytes(text, longest).encode()) <= longest


def test_clipping_takes_no_accent_off_its_letter() -> None:
    assert clipped("cafe\u0301s", 5) == "caf…"
    assert clipped("\U0001f469\u200d\U0001f680 is up", 3) == "…"
    assert clipped("a" * 140, 140) == "a" * 140


def test_control_characters_and_colours_are_gone() -> None:
    assert clean("\x1b[31mred\x1b[0m\x00\r\nnext\rlast\u202e\ud800") == "red\nnext\nlast"
    assert one_line("a\t b\n\x85c") == "a b c"
    assert clean("<!-- x --> ##[error]") == "<!\u200b-- x --> ##\u200b[error]"
