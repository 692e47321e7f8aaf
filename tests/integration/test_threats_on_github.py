"""What a pull request may hold to harm those who review it: none of it reaches them as it is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.fake_github import FakeGitHub
from tests.github_commands import commands_of
from tests.on_github import OnGitHub

PASSWORD = "correct-horse-battery"
MESSAGE = (
    "::set-output name=x::1 "
    "and ##[error]in a line --> <!-- dbt-gitops:end --> @octocat </details><script>alert(1)</script> "
    "| a | b | ```` fence ```` "
)
BRANCH = "x$(touch${IFS}pwned);`id`"


@pytest.fixture
def hostile(tiny: Project, tmp_path: Path) -> Iterator[OnGitHub]:
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write(
        "dbt_jobs.yml", jobs.replace("target: ci\n", "target: ci\n    secrets: [PASSWORD]\n")
    )
    tiny.commit("a secret")
    assert tiny.run("daily").code == 0
    tiny.git("checkout", "--quiet", "-b", BRANCH)
    tiny.write(
        "models/two.sql",
        "select cast('{{ env_var('PASSWORD') }}' as integer) as id from {{ ref('one') }}\n",
    )
    tiny.write(
        "models/evil.sql",
        "select 1 as id\n"
        f"{{% if execute %}}{{{{ exceptions.raise_compiler_error({MESSAGE!r} ~ '`' * 100000) }}}}"
        "{% endif %}\n",
    )
    tiny.commit("evil")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with FakeGitHub() as fake:
        yield OnGitHub(project=tiny, fake=fake, scratch=scratch, branch=BRANCH)


def test_nothing_hostile_gets_through(hostile: OnGitHub) -> None:
    hostile.pull_request()
    done = hostile.cli("run", "ci", PASSWORD=PASSWORD)
    assert done.code == 1
    [comment] = hostile.fake.comments
    statuses = " ".join(description for _, description in hostile.statuses())
    said = [done.out, done.err, comment.body, hostile.summary(), statuses]
    records = [path.read_text(errors="replace") for path in files(hostile)]
    assert not any(PASSWORD in text for text in said + records)
    assert any("***" in text for text in said)

    for lines in (done.out.splitlines(), done.err.splitlines()):
        assert set(commands_of(lines)) <= {"group", "endgroup", "error"}
    for page in (comment.body, hostile.summary()):
        assert "<script" not in outside_fences(page)
        assert " @octocat" not in outside_fences(page)
    assert comment.body.count("<!-- dbt-gitops:end -->") == 1
    assert len(comment.body.encode()) <= 65_000
    assert not (hostile.project.path / "pwned").exists()
    assert hostile.outputs()["status"] == "error"


def test_what_is_hostile_is_found_again_and_replaced(hostile: OnGitHub) -> None:
    hostile.pull_request()
    for run in ("80", "81"):
        assert hostile.cli("run", "ci", PASSWORD=PASSWORD, GITHUB_RUN_ID=run).code == 1
    [comment] = hostile.fake.comments
    assert comment.body.count("dbt-gitops:section") == 1
    assert "actions/runs/81" in comment.body


def test_a_spoofed_comment_is_not_ours(hostile: OnGitHub) -> None:
    spoof = "<!-- dbt-gitops:comment -->\n\nall is well, merge it"
    hostile.fake.add_comment(7, spoof, login="mallory")
    hostile.pull_request()
    assert hostile.cli("run", "ci", PASSWORD=PASSWORD).code == 1
    assert [one.body == spoof for one in hostile.fake.comments] == [True, False]


def files(there: OnGitHub) -> list[Path]:
    """What the last run has left, and would be uploaded."""
    return [path for path in there.project.runs[-1].rglob("*") if path.is_file()]


def outside_fences(page: str) -> str:
    """A page without its code, where a mention is plain text."""
    shown, fence = [], ""
    for line in page.splitlines():
        mark = re.match("`{3,}|~{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif mark:
            fence = mark.group()
        else:
            shown.append(line)
    return "\n".join(shown)
