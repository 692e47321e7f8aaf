"""GitHub's filter patterns: the examples of its own cheat sheet, and hostile names."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.patterns import matches, selected

YES = [
    ("feature/*", ["feature/my-branch", "feature/your-branch"]),
    ("feature/**", ["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"]),
    ("main", ["main"]),
    ("*", ["main", "releases", "README.md"]),
    ("**", ["all/the/branches", "every/tag", "main"]),
    ("*feature", ["mona-feature", "feature", "ver-10-feature"]),
    ("v2*", ["v2", "v2.0", "v2.9"]),
    ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"]),
    ("*.jsx?", ["page.js", "page.jsx"]),
    ("**.js", ["index.js", "js/index.js", "src/js/app.js"]),
    ("docs/*", ["docs/README.md", "docs/file.txt"]),
    ("docs/**", ["docs/README.md", "docs/mona/octocat.txt"]),
    ("docs/**/*.md", ["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"]),
    ("**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"]),
    ("**/README.md", ["README.md", "js/README.md"]),
    ("**/*src/**", ["a/src/app.js", "my-src/code/js/app.js"]),
    ("**/*-post.md", ["my-post.md", "path/their-post.md"]),
    ("**/migrate-*.sql", ["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"]),
    (r"\!file", ["!file"]),
    (r"a\*b\[", ["a*b["]),
    (r"trailing\\", ["trailing\\"]),
    ("+plus", ["+plus"]),
    ("no[close", ["no[close"]),
    ("[a-c]?x+", ["x", "bx", "cxxx"]),
]
NO = [
    ("feature/*", ["feature/a/b", "feature", "xfeature/a", "Feature/a"]),
    ("main", ["main2", "amain", ""]),
    ("*", ["path/with/slash"]),
    ("v[12].[0-9]+.[0-9]+", ["v3.0.0", "v1.x.0", "v1..0"]),
    ("*.jsx?", ["page.jsxx", "page.j", "src/page.js"]),
    (".yml", ["fyml"]),
    ("docs/**/*.md", ["docs.md", "xdocs/a.md", "docs/a.txt"]),
    ("**/README.md", ["READMEXmd", "aREADME.md"]),
    ("[a-c]?x+", ["ax2", "a", "dx"]),
]


@pytest.mark.parametrize(("pattern", "name"), [(p, n) for p, names in YES for n in names])
def test_matches(pattern: str, name: str) -> None:
    assert matches(name, pattern)


@pytest.mark.parametrize(("pattern", "name"), [(p, n) for p, names in NO for n in names])
def test_does_not_match(pattern: str, name: str) -> None:
    assert not matches(name, pattern)


@pytest.mark.parametrize(
    ("patterns", "name", "meant"),
    [
        (["*.md", "!README.md"], "hello.md", True),
        (["*.md", "!README.md"], "README.md", False),
        (["*.md", "!README.md"], "docs/hello.md", False),
        (["*.md", "!README.md", "README*"], "README.md", True),
        (["!README.md", "*.md"], "README.md", True),
        (["!main"], "topic", False),  # GitHub wants a positive one too
        (["releases/**", "!releases/**-alpha"], "releases/10", True),
        (["releases/**", "!releases/**-alpha"], "releases/beta/3-alpha", False),
        ([], "main", False),
    ],
)
def test_the_last_pattern_that_matches_decides(patterns: list[str], name: str, meant: bool) -> None:
    assert selected(name, patterns) is meant


@given(st.text(alphabet="ab*?+[]-!\\/", max_size=20), st.text(alphabet="ab/*[", max_size=20))
def test_any_pattern_gives_an_answer(pattern: str, name: str) -> None:
    assert matches(name, pattern) in (True, False)


@given(st.text(max_size=40))
def test_two_stars_match_everything(name: str) -> None:
    assert matches(name, "**")


def test_a_hostile_name_takes_no_time() -> None:
    started = time.process_time()
    assert not matches("a/" * 500, "**/*a*a*a*a*a*a*a*/" * 5 + "b")
    assert time.process_time() - started < 2
