"""The rules: each breaks its own bad file, and none has anything to say of a good one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from runner.config import Loaded, from_bytes, load
from runner.config.rules import CODES, RULES, Known, Rule
from runner.config.rules.elsewhere import ELSEWHERE
from runner.config.rules.examples import DAILY, JOB
from runner.config.rules.judging import Judged, judged
from runner.config.rules.rule import MANIFEST, Packages
from runner.history import Entry, History, Outcome
from tests.configs import VALID, load_in_project
from tests.reference import ROOT

EXAMPLES = sorted(ROOT.glob("examples/**/dbt_jobs.yml"))
START = datetime(2026, 11, 1, 4, 17, tzinfo=timezone.utc)


def loaded(text: str) -> Loaded:
    found = from_bytes(Path("dbt_jobs.yml"), text.encode())
    assert found.config is not None, found.problems
    return found


def past(minutes: int = 9) -> History:
    """Each job of the rules' files has run three times, and took so long."""
    return History(entries=tuple(_ran("daily", minutes, day) for day in (3, 2, 1)))


def _ran(job: str, minutes: int, day: int) -> Entry:
    at = START + timedelta(days=day)
    return Entry(
        run_id=f"{job}-{day}",
        job=job,
        environment="production",
        trigger="schedule",
        cause="scheduled",
        planned_at=at,
        outcome=Outcome(
            status="success", started_at=at, finished_at=at + timedelta(minutes=minutes)
        ),
    )


def judge(text: str, history: History | None = None) -> Judged:
    return judged(loaded(text), Known(history=history, packages=Packages(cleaned=True)))


def codes(text: str, history: History | None = None) -> list[str]:
    return [problem.code for problem in judge(text, history).loaded.problems]


# Those that need dbt's answers are run on answers of its own: tests/integration/test_rules_by_manifest.py.
OF_FILES = [rule for rule in RULES if rule.needs != MANIFEST]


@pytest.mark.parametrize("rule", OF_FILES, ids=lambda rule: rule.code)
def test_the_bad_file_breaks_this_rule_alone(rule: Rule) -> None:
    problems = judge(rule.bad, past()).loaded.problems
    assert {problem.code for problem in problems} == {rule.code}
    for problem in problems:
        assert 0 < problem.line <= rule.bad.count("\n")
        line = rule.bad.splitlines()[problem.line - 1]
        assert problem.column < problem.end_column <= len(line) + 1
        assert problem.source == ("" if rule.code == "plain-secret" else line)
        assert (problem.severity, problem.why) == (rule.severity, rule.why)
        assert problem.hint
        assert not problem.what.endswith(".")


@pytest.mark.parametrize("rule", OF_FILES, ids=lambda rule: rule.code)
def test_the_good_file_breaks_none(rule: Rule) -> None:
    assert judge(rule.good, past()).loaded.problems == ()


def test_codes_are_distinct_and_well_formed() -> None:
    assert len(CODES) == len(RULES) + len(ELSEWHERE)
    for code, told in CODES.items():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code)
        assert not told.why.endswith(".")
        assert not told.title.endswith(".")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_alarm_on_the_examples(path: Path) -> None:
    assert judged(load(path), Known(history=past())).loaded.problems == ()


# What each alarm on a valid case is of, and every one of them is right: the cases are for the schema.
ALARMS = {
    "everything": ["sla-after-timeout"] * 2 + ["unused-channel"] * 2 + ["top-of-the-hour"],
    "example": [
        "another-dbt",
        *("untold-failure", "top-of-the-hour") * 2,
        "untold-failure",
    ],
    "warning": ["secret-in-file"],
}


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
def test_no_false_alarm_on_the_valid_cases(case: Path, tmp_path: Path) -> None:
    problems = judged(load_in_project(case, tmp_path), Known()).loaded.problems
    assert [problem.code for problem in problems] == ALARMS.get(case.stem, [])


GOOD = RULES[0].good
LATE = GOOD.replace("17 4", "0 4")
LINE = '    triggers: { schedule: { cron: "0 4 * * *" } }\n'


@pytest.mark.parametrize(
    ("setting", "severity"),
    [("off", ""), ('"off"', ""), ("error", "error"), ("warning", "warning")],
)
def test_the_file_sets_severities(setting: str, severity: str) -> None:
    found = judge(f"{LATE}rules: {{ top-of-the-hour: {setting} }}\n").loaded
    assert [problem.severity for problem in found.problems] == [severity] * bool(severity)
    assert (found.config is None) == (severity == "error")


def test_warnings_of_other_checks_are_set_too() -> None:
    shared = GOOD.replace('    schema: "dbt_ci_pr_{pr_number}"\n', "")
    assert codes(shared) == ["shared-schema"]
    assert codes(f"{shared}rules: {{ shared-schema: off }}\n") == []
    assert judge(f"{shared}rules: {{ shared-schema: error }}\n").loaded.config is None


def test_a_code_that_nothing_has_is_an_error() -> None:
    text = f"{GOOD}rules: {{ top-of-the-huor: off, cron: off, missing-timeout: sometimes }}\n"
    problems = from_bytes(Path("dbt_jobs.yml"), text.encode()).problems
    assert [(each.code, each.severity, each.hint) for each in problems] == [
        ("unknown-rule", "error", "did you mean `top-of-the-hour`?"),
        ("unknown-rule", "error", "docs/rules.md lists the codes"),
        ("wrong-value", "error", ""),
    ]


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("\n", "  # dbt-gitops: ignore[top-of-the-hour] the source is ready then\n"),
        f"    # dbt-gitops: ignore[top-of-the-hour] the source is ready then\n{LINE}",
        f"    #dbt-gitops:ignore[ top-of-the-hour , ]: the source is ready then\n    # more\n{LINE}",
    ],
)
def test_a_comment_silences(line: str) -> None:
    found = judge(LATE.replace(LINE, line))
    assert [problem.code for problem in found.loaded.problems if problem.hint[:3] != "doc"] == []
    [silenced] = found.silenced
    assert (silenced.problem.code, silenced.reason) == (
        "top-of-the-hour",
        "the source is ready then",
    )


def test_an_ignore_needs_a_reason_and_a_use() -> None:
    bare = LINE.replace("\n", "  # dbt-gitops: ignore[top-of-the-hour]\n")
    assert codes(LATE.replace(LINE, bare)) == ["ignore-without-reason"]
    [useless] = judge(
        GOOD.replace("jobs:\n", "jobs:  # dbt-gitops: ignore[fan-in] so\n")
    ).loaded.problems
    assert (useless.code, useless.severity, useless.source[useless.column - 1 :][:6]) == (
        "useless-ignore",
        "warning",
        "fan-in",
    )
    [unknown] = judge(
        GOOD.replace("jobs:\n", "jobs:  # dbt-gitops: ignore[fan-on] so\n")
    ).loaded.problems
    assert unknown.hint == "did you mean `fan-in`?"


def test_an_ignore_of_what_was_not_looked_for_is_not_useless() -> None:
    tight = GOOD.replace(
        "timeout: 4h", "timeout: 10m  # dbt-gitops: ignore[tight-timeout] it is ended on purpose"
    )
    assert codes(tight) == []
    assert codes(tight, past()) == []
    assert codes(tight, past(minutes=1)) == ["useless-ignore"]


def test_a_text_is_no_comment() -> None:
    text = GOOD.replace(
        "    steps: [dbt build]\n",
        "    steps: [dbt build]\n    description: |\n      x # dbt-gitops: ignore[fan-in] so\n",
    )
    quoted = text.replace(
        "|\n      x # dbt-gitops: ignore[fan-in] so", '"x # dbt-gitops: ignore[y]"'
    )
    assert codes(text) == []
    assert codes(quoted) == []


def test_a_setting_of_the_defaults_is_pointed_at_there() -> None:
    text = GOOD.replace("    timeout: 30m\n", "").replace(
        "jobs:\n", "defaults: { timeout: 3h }\njobs:\n"
    )
    [problem] = judge(text).loaded.problems
    assert (problem.code, problem.source) == ("long-ci-timeout", "defaults: { timeout: 3h }")


def test_a_comment_above_all_silences_what_is_about_the_whole_file() -> None:
    head = "# dbt-gitops: ignore[stale-workflow] it is compiled when it is merged\n"
    for text, silent in ((head + GOOD, True), (f"# jobs\n\n{head}{GOOD}", True), (GOOD, False)):
        file = loaded(text)
        stale = file.problem("stale-workflow", "x", why="y", hint="z", at=None)
        found = judged(replace(file, problems=(stale,)), Known())
        assert (found.loaded.problems == ()) == silent
        assert len(found.silenced) == silent


def test_many_jobs_without_a_timeout_are_told_of_once() -> None:
    bare = JOB.replace("    timeout: 4h\n", "")
    several = "".join(
        bare.replace("daily", f"job{n}").replace("17 4", f"{n} 4") for n in range(3, 7)
    )
    [problem] = judge(GOOD + several).loaded.problems
    assert (problem.code, problem.source) == ("missing-timeout", "jobs:")
    assert problem.what == "4 jobs have no timeout: `job3` is the first"
    defaults = GOOD.replace("jobs:", "defaults: { threads: 4 }\njobs:") + several
    assert judge(defaults).loaded.problems[0].source.startswith("defaults:")


def test_packages_that_are_not_installed() -> None:
    def found(steps: str, cleaned: bool = True) -> list[str]:
        file = loaded(DAILY.replace("[dbt build]", f"[{steps}]"))
        known = Known(packages=Packages(cleaned=cleaned))
        return [problem.code for problem in judged(file, known).loaded.problems]

    assert found("dbt deps --lock, dbt build") == ["packages-removed"]
    assert found("dbt deps --lock, dbt deps, dbt build") == []
    assert found("dbt deps --upgrade, dbt build") == []
    assert found("dbt build, dbt clean") == []
    assert found("dbt clean, dbt build", cleaned=False) == []


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("dbt run -s a, dbt run -s b, dbt test", 2),
        ("dbt run -s a, dbt test -s a, dbt run -s b, dbt test -s b", 2),
        ("dbt run -s a, dbt test -s b", 0),
        ("dbt build --exclude-resource-type test, dbt test", 1),
        ("dbt build --resource-type model, dbt test", 1),
        ("dbt build --exclude resource_type:test, dbt test -s a", 1),
        ("dbt build --exclude resource_type:seed, dbt test -s a", 0),
        ("dbt build --exclude-resource-type unit_test test, dbt test", 1),
        ("dbt build --resource-type model --resource-type seed, dbt test", 1),
        ("dbt build --resource-type model test, dbt test", 0),
        ("dbt build --resource-type=all, dbt test", 0),
        ("dbt build -s a --exclude-resource-type test, dbt test -s a", 1),
        ("dbt build -s a --exclude resource_type:test, dbt test -s a", 1),
        ("dbt build -s a --exclude-resource-type test, dbt run -s b, dbt test -s z", 0),
        ("dbt run, dbt test, dbt run-operation swap_schemas", 0),
        ("dbt run, dbt test, dbt run-operation grant_select", 1),
        ("dbt run, dbt run-operation swap_schemas, dbt test", 1),
    ],
)
def test_tests_that_come_too_late_to_stop_anything(steps: str, said: int) -> None:
    found = codes(DAILY.replace("[dbt build]", f"[{steps}]"))
    assert found.count("run-and-test") == said


def test_a_build_in_place_of_a_run_keeps_its_quotes() -> None:
    run = """dbt run --vars '{"d": "x y"}'"""
    text = DAILY.replace("[dbt build]", f"\n      - >-\n        {run}\n      - dbt test")
    [hint] = [each.hint for each in judge(text).loaded.problems if each.code == "run-and-test"]
    assert f"`{run.replace('run', 'build')}`" in hint


UNTESTED = DAILY.replace("[dbt build]", "[dbt run]")
ON_PULL_REQUESTS = """\
  ci:
    environment: production
    target: ci
    triggers: { pull_request: { branches: [main] } }
    steps: [dbt build --select state:modified+]
    defer: { to: daily }
    timeout: 30m
"""


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("dbt run", True),
        ("dbt build", False),
        ("dbt build --resource-type model", True),
        ("dbt build --resource-types model seed", True),
        ("dbt build --exclude-resource-type unit_test test", True),
        ("dbt build --exclude-resource-type unit_test", False),
        ("dbt build --exclude resource_type:test", True),
        ("dbt run, dbt test --select tag:x", False),
        ("dbt build --resource-type seed", False),
    ],
)
def test_builds_that_test_nothing(steps: str, said: bool) -> None:
    found = codes(DAILY.replace("[dbt build]", f"[{steps}]"))
    assert ("never-tested" in found) == said


def test_what_a_pull_request_tests_is_not_production() -> None:
    apart = UNTESTED.replace("target: prod", 'target: prod, schema: "x_{pr_number}"')
    assert "never-tested" in codes(apart + ON_PULL_REQUESTS)
    by_hand = JOB.replace("daily", "checks").replace("dbt build", "dbt test")
    assert "never-tested" not in codes(UNTESTED + by_hand)


def test_a_schedule_is_said_in_words() -> None:
    [problem] = judge(DAILY.replace("17 4", "17 0,6,12,18")).loaded.problems
    assert problem.hint == (
        '"17 */6 * * *" fires at the same times: at 17 minutes past the hour, every 6 hours (UTC)'
    )
    [problem] = judge(DAILY.replace("17 4", "17 1,3,4,8,9,21")).loaded.problems
    assert (problem.code, problem.what) == (
        "long-winded-schedule",
        "`17 1,3,4,8,9,21 * * *` is hard to read: at 01:17, 03:17, 04:17, 08:17, 09:17 and 21:17 (UTC)",
    )


SECRETS = """\
    env: { PGPASSWORD: hunter22, USE_TOKEN: "false" }
    vars: { creds: { password: 1234567 }, partition_token: daily }
    steps:
      - "dbt run-operation grant --args '{password: swordfish}'"
      - "dbt run --vars '{api_token: ghp_012345678901234567890123456789012345}'"
      - dbt test
"""
PLAIN = ("hunter22", "1234567", "swordfish", "ghp_0")


def test_each_secret_is_told_of_once_and_by_its_place_alone() -> None:
    found = judge(DAILY.replace("    steps: [dbt build]\n", SECRETS)).loaded
    plain = [problem for problem in found.problems if problem.code == "plain-secret"]
    assert [problem.what.split("`")[1] for problem in plain] == [
        "PGPASSWORD",
        "password",
        "password",
        "api_token",
    ]
    assert all(problem.line and not problem.source for problem in plain)
    assert "run-and-test" in {problem.code for problem in found.problems}, "of the same step"
    assert not [each for each in PLAIN if each in str(found.problems)]


@pytest.mark.parametrize(
    "broken",
    [
        "    env: { PGPASSWORD: hunter22, A: [b] }\n",
        "    env: { PGPASSWORD: hunter22 ]\n",
        "    env: { PGPASSWORD: hunter22\0 }\n",
        '    env: { X: "postgres://me:hunter22@db/x" ]\n',
        "    steps: [\"dbt biuld --vars '{password: hunter22}'\"]\n",
        f"    steps: [\"dbt biuld --select {'x' * 23} --vars '{{password: hunter22}}'\"]\n",
        "    steps: [\"dbt build --vars '{password: hunter22'\"]\n",
    ],
)
def test_an_error_does_not_tell_a_secret_either(broken: str) -> None:
    found = from_bytes(Path("dbt_jobs.yml"), (DAILY + broken).encode())
    assert found.config is None
    assert "hunte" not in str(found.problems)


def test_other_lines_are_shown_as_they_are() -> None:
    found = judge(LATE.replace("    steps: [dbt build]\n", SECRETS)).loaded
    assert [each.source for each in found.problems if each.code == "top-of-the-hour"] == [
        LINE.rstrip("\n")
    ]


def test_a_secret_address_is_told_of_by_its_place_alone() -> None:
    channel = "notifications: { team: { slack: https://hooks.example.com/T0/B0 } }\n"
    found = judge(DAILY + channel).loaded
    [problem] = [each for each in found.problems if each.code == "secret-in-file"]
    assert (problem.line, problem.source) == (DAILY.count("\n") + 1, "")
