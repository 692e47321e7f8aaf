"""Nothing that is printed is a command unless it is meant as one."""

from __future__ import annotations

import io

import pytest

from runner.github.fence import defused
from runner.record import StepResult
from runner.reports.lines import LineReporter
from tests.github_commands import commands_of

HOSTILE = (
    "::error::pwned",
    "   ::set-output name=x::pwned",
    "text ##[error]pwned",
    "##[add-path]/tmp",
    "::endgroup::",
    "::stop-commands::mine",
    "\t::warning file=a::b",
)


@pytest.mark.parametrize("line", HOSTILE)
def test_the_port_sees_the_command(line: str) -> None:
    assert commands_of([line]) or line.startswith("::stop-commands")


@pytest.mark.parametrize("line", HOSTILE)
def test_defused_text_is_no_command(line: str) -> None:
    assert commands_of(defused(f"before\n{line}\nafter").splitlines()) == []
    assert commands_of([defused(line), "::notice::x"]) == ["notice"]


def test_on_github_only_the_groups_are_commands() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, on_github=True)
    text = "\n".join(HOSTILE)
    reporter.say(text)
    reporter.step_started(text, 1, 1)
    for line in HOSTILE:
        reporter.line(line)
    step = StepResult(index=1, kind="step", text=text, argv=(), status="error", message=text)
    reporter.step_finished(step)
    reporter.error(text)
    reporter.warn(text)
    reporter.run_finished()
    reporter.close()
    assert commands_of(stream.getvalue().splitlines()) == ["group", "endgroup"]
    assert commands_of([*stream.getvalue().splitlines(), "::notice::x"])[-1] == "notice"


def test_elsewhere_colours_are_removed_and_no_fence_is_there() -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, on_github=False)
    reporter.line("\x1b[32mOK\x1b[0m")
    reporter.close()
    assert stream.getvalue() == "OK\n"
