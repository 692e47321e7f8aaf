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
    "everything": ["sla-after-timeout"] + ["unused-channel"] * 2 + ["uneven-schedule"],
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
        ("dbt run, dbt test, dbt run-operation tell --args m:switch", 1),
        ("dbt run, dbt run-operation swap_schemas, dbt test", 1),
    ],
)
def test_tests_that_come_too_late_to_stop_anything(steps: str, said: int) -> None:
    found = codes(DAILY.replace("[dbt build]", f"[{steps}]"))
    assert found.count("run-and-test") == said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("dbt build --selct tag:x", ["`dbt build` has no option `--selct`"]),
        ("dbt build --selct=tag:x --ful-refresh", ["`--selct`", "`--ful-refresh`"]),
        ("dbt test --full-refresh", ["`dbt test` has no option `--full-refresh`"]),
        ("dbt build -fx --no-defer --threads=4 --quiet -stag:x", []),
        ("dbt ls --output json", []),
    ],
)
def test_options_that_dbt_does_not_have(step: str, said: list[str]) -> None:
    problems = judge(DAILY.replace("dbt build", step)).loaded.problems
    found = [each for each in problems if each.code == "unknown-option"]
    assert [each.what.endswith(what) for each, what in zip(found, said, strict=True)] == [
        True
    ] * len(said)
    assert all("did you mean" in each.hint for each in found if "selct" in each.what)


OF_PARTS = ("full-build-in-ci", "ci-without-defer")
WITHOUT_DEFER = GOOD.replace("    defer: { to: production }\n", "")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("dbt build", ["full-build-in-ci"]),
        ("dbt build --select *", ["full-build-in-ci"]),
        ("dbt seed, dbt test --select source:*", []),
        ("dbt build --select resource_type:seed", []),
        ("dbt build --select path:seeds/countries.csv", []),
        ("dbt build --select source:shop+", ["ci-without-defer"]),
        ("dbt build --select fqn:* tag:x", ["full-build-in-ci"]),
        ("dbt build --select +*", ["full-build-in-ci"]),
        ("dbt build --resource-type seed", []),
        ("dbt build --resource-type seed model", ["full-build-in-ci"]),
        ("dbt build --exclude-resource-type model", []),
        ("dbt build --resource-type seed, dbt build --select orders", ["ci-without-defer"]),
        ("dbt build --select '*,tag:x'", ["ci-without-defer"]),
        ("dbt build --select tag:*", ["ci-without-defer"]),
        ("dbt build --select orders", ["ci-without-defer"]),
        ("dbt build --select +orders", []),
        ("dbt build --select '+orders,tag:finance'", ["ci-without-defer"]),
        ("dbt build --select '+orders,+customers'", []),
        ("dbt build --select +orders customers", ["ci-without-defer"]),
        ("dbt build --select 2+orders", ["ci-without-defer"]),
        ("dbt build --select orders --defer --state x", []),
        # What a step needs may have been built before it.
        ("dbt run --select +orders, dbt test --select orders", []),
        ("dbt run --select +orders, dbt test --select 'orders,tag:x'", []),
        ("dbt run --select +orders, dbt test --select orders+", ["ci-without-defer"]),
        ("dbt run --select @orders, dbt test --select orders+", []),
        ("dbt run --select +orders+, dbt test --select orders 1+orders+", []),
        ("dbt run --select +orders, dbt test --select customers", ["ci-without-defer"]),
        ("dbt test --select orders, dbt run --select +orders", ["ci-without-defer"]),
        ("dbt test --select +orders, dbt run --select orders", ["ci-without-defer"]),
        ("dbt run --empty, dbt build --select tag:critical", []),
        ("dbt run --empty --select +tag:critical, dbt build --select tag:critical", []),
        ("dbt run --empty --select tag:critical", []),
        ("dbt run --empty --select tag:critical, dbt test --select tag:critical", ["ci-without-defer"]),
        ("dbt seed, dbt build --select orders", ["ci-without-defer"]),
        ("dbt run, dbt test --select orders", ["full-build-in-ci"]),
    ],
)  # fmt: skip
def test_what_pull_requests_build_and_on_what(steps: str, said: list[str]) -> None:
    text = WITHOUT_DEFER.replace("dbt build --select state:modified+", steps)
    listed = ", ".join(f'"{step}"' for step in steps.split(", "))
    text = text.replace(f"[{steps}]", f"[{listed}]")
    assert [code for code in codes(text) if code in OF_PARTS] == said


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("state:unmodified", []),
        ("tag:slow state:unmodified", []),
        ("'tag:slow,state:unmodified'", ["full-build-in-ci"]),
    ],
)
def test_what_leaves_out_all_that_has_not_changed(without: str, said: list[str]) -> None:
    step = f'["dbt build --exclude {without}"]'
    text = GOOD.replace("[dbt build --select state:modified+]", step)
    assert codes(text) == said


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


def of_schedule(cron: str, timezone: str = "UTC", code: str = "top-of-the-hour") -> list[str]:
    """The hints of a rule."""
    zone = f', timezone: "{timezone}"' if timezone != "UTC" else ""
    text = DAILY.replace('cron: "17 4 * * *"', f'cron: "{cron}"{zone}')
    return [each.hint for each in judge(text).loaded.problems if each.code == code]


@pytest.mark.parametrize(
    ("cron", "timezone", "moved"),
    [
        ("0 4 * * *", "UTC", "39 4 * * *"),
        ("0 4 * * *", "America/New_York", "39 4 * * *"),
        ("0 4 * * *", "Asia/Kolkata", None),
        ("30 4 * * *", "Asia/Kolkata", "39 4 * * *"),
        ("45 4 * * *", "Asia/Kathmandu", "54 4 * * *"),
        ("0,45 4 * * *", "UTC", "9,54 4 * * *"),
        ("0,20,40 4 * * *", "UTC", "9,29,49 4 * * *"),
        ("0,58 4 * * *", "UTC", ""),
        ("0,15,30,45 4 * * *", "UTC", None),
        ("0 0,6,12,18 * * *", "UTC", "39 */6 * * *"),
    ],
)
def test_the_hour_is_that_of_utc(cron: str, timezone: str, moved: str | None) -> None:
    said = {None: [], "": ["another minute"]}
    expected = said.get(moved, [f'another minute, such as "{moved}"'])
    assert of_schedule(cron, timezone) == expected
    if moved:
        assert of_schedule(moved, timezone) == []
        assert of_schedule(moved, timezone, code="long-winded-schedule") == []


def test_one_hint_does_not_undo_the_other() -> None:
    assert of_schedule("0,20,40 4 * * *", code="long-winded-schedule") == []
    [hint] = of_schedule("0 0,6,12,18 * * *", code="long-winded-schedule")
    assert hint.startswith('"0 */6 * * *" fires')
    [hint] = of_schedule("7,27,47 0,6,12,18 * * *", code="long-winded-schedule")
    assert hint.startswith('"7,27,47 */6 * * *" fires')


@pytest.mark.parametrize(
    ("cron", "left", "even"),
    [
        ("*/25 * * * *", 10, "*/20"),
        ("20/15 * * * *", 30, "5/15"),
        ("3/9 * * * *", 6, "3/6"),
        ("0-59/25 * * * *", 10, "*/20"),
        ("17 */5 * * *", 4, "*/4"),
        ("17 2/5 * * *", 4, "2/4"),
        ("17 1/9 * * *", 6, "1/8"),
        ("3/6 * * * *", 6, None),
        ("5-55/10 * * * *", 10, None),
        # What begins late or ends early is meant to.
        ("10-50/10 * * * *", 20, None),
        ("0-40/15 * * * *", 30, None),
        ("17 8/2 * * *", 10, None),
        ("17 8-18/3 * * *", 15, None),
        ("*/15 * * * *", 15, None),
        ("7,27,47 * * * *", 20, None),
    ],
)
def test_a_step_that_does_not_go_round(cron: str, left: int, even: str | None) -> None:
    text = DAILY.replace("17 4 * * *", cron)
    said = [
        (each.what.rpartition(" ")[2], each.hint)
        for each in judge(text).loaded.problems
        if each.code == "uneven-schedule"
    ]
    assert said == ([(str(left), f"`{even}` is even")] if even else [])


def test_what_several_jobs_share_is_told_of_once() -> None:
    text = DAILY.replace('schedule: { cron: "17 4', 'schedule: &s { cron: "0 4') + JOB.replace(
        "daily", "other"
    ).replace('schedule: { cron: "17 4 * * *" }', "schedule: *s")
    assert codes(text) == ["top-of-the-hour", "twin-jobs"]
    ignored = text.replace("  other:\n", "  other:  # dbt-gitops: ignore[twin-jobs] so\n")
    assert codes(ignored) == ["top-of-the-hour"]


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
        '    steps: ["PGPASSWORD=hunter22 dbt build"]\n',
        "    env: [PGPASSWORD=hunter22]\n",
    ],
)
def test_an_error_does_not_tell_a_secret_either(broken: str) -> None:
    found = from_bytes(Path("dbt_jobs.yml"), (DAILY + broken).encode())
    assert found.config is None
    assert "hunte" not in str(found.problems)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("{ PGPASSWORD: 'hu''nter22' }", 0),
        ("\n      PGPASSWORD:\n        correct horse\n        hunter22", 0),
        ('{ PGPASSWORD: "correct\n      hunter22", SLACK: [a] }', 0),
        ("\n      PGPASSWORD: |\n        hunter22\n      SLACK: [a]", 1),
    ],
)
def test_however_it_is_written(secret: str, shown: int) -> None:
    text = f"{DAILY}    env: {secret}\n"
    found = from_bytes(Path("dbt_jobs.yml"), text.encode())
    problems = judge(text).loaded.problems if found.config else found.problems
    assert problems
    assert "nter22" not in str(problems)
    assert len([each.source for each in problems if each.source]) == shown


def test_an_ordinary_word_is_masked_in_its_place_alone() -> None:
    words = "    env: { PGPASSWORD: test, DB_PASSWORD: production }\n"
    found = judge(DAILY.replace("steps: [dbt build]", "steps: [dbt run, dbt test]") + words).loaded
    assert "test" in " ".join(each.what + each.hint + each.source for each in found.problems)
    plain = [each for each in found.problems if each.code == "plain-secret"]
    assert [each.source for each in plain] == ["", ""]
    assert found.mask.text("dbt test --target production") == "dbt test --target production"
    assert found.mask.text("DB_PASSWORD=production") == "DB_PASSWORD=***"


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


def test_an_ignored_timeout_does_not_count_with_the_others() -> None:
    bare = JOB.replace("    timeout: 4h\n", "")
    several = [bare.replace("daily", f"job{n}").replace("17 4", f"{n} 4") for n in range(3, 8)]
    ignored = "  # dbt-gitops: ignore[missing-timeout] it never hangs\n"
    found = judge(GOOD + "".join(f"{ignored}{job}" for job in several[:4]) + several[4])
    assert [problem.what for problem in found.loaded.problems] == ["`job7` has no timeout"]
    assert len(found.silenced) == 4
    [problem] = judge(GOOD + ignored + "".join(several)).loaded.problems
    assert problem.what == "4 jobs have no timeout: `job4` is the first"


ANCHORED = DAILY.replace('schedule: { cron: "17 4', 'schedule: &at { cron: "0 4') + "".join(
    JOB.replace("daily", name).replace('{ cron: "17 4 * * *" }', "*at").replace("build", command)
    for name, command in (("second", "seed"), ("third", "snapshot"))
)


def test_a_place_that_jobs_share_is_told_of_once() -> None:
    [problem] = [each for each in judge(ANCHORED).loaded.problems if each.code == "top-of-the-hour"]
    assert problem.what == (
        "`0 4 * * *` fires on the hour: at 04:00 (UTC); 2 more jobs have it from here"
    )
    late = DAILY.replace("    timeout: 4h\n", "").replace(
        "jobs:", "defaults: { timeout: 8h }\njobs:"
    )
    twice = late + JOB.replace("    timeout: 4h\n", "").replace("daily", "second").replace(
        "17", "27"
    )
    [problem] = judge(twice).loaded.problems
    assert problem.what.endswith("GitHub ends it at 6h; 1 more job has it from here")


def test_two_things_of_one_place_are_both_told() -> None:
    uneven = DAILY.replace('"17 4 ', '"*/25 */5 ')
    assert codes(uneven).count("uneven-schedule") == 2


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore[fan-in]", ["useless-ignore"]),
        ("ignore[fan-in,useless-ignore] kept for July", []),
        ("ignore[fan-in,useless-ignore]", ["ignore-without-reason"]),
        ("ignore[useless-ignore] so", ["useless-ignore"]),
        ("ignore[ignore-without-reason] so", ["useless-ignore"]),
    ],
)
@pytest.mark.parametrize("place", ["jobs:  # dbt-gitops: {}\n", "# dbt-gitops: {}\njobs:\n"])
def test_what_is_said_of_ignores_is_ignored_alike(
    comment: str, said: list[str], place: str
) -> None:
    assert codes(GOOD.replace("jobs:\n", place.format(comment))) == said


def test_a_comment_above_another_is_about_that_too() -> None:
    kept = "# dbt-gitops: ignore[useless-ignore] kept for July\n# dbt-gitops: ignore[fan-in] so\n"
    assert codes(GOOD.replace("jobs:\n", f"{kept}jobs:\n")) == []


@pytest.mark.parametrize(
    ("crons", "said"),
    [
        (["17 * * * *"], True),
        (["17 */2 * * *", "47 */2 * * *"], True),
        (["17 */2 * * MON-FRI", "17 */2 * * SAT,SUN"], False),
        (["17 */2 1 * *", "17 */2 15 * *"], False),
        (["17 * * * MON#1"], True),
    ],
)
def test_what_is_hourly_on_a_day(crons: list[str], said: bool) -> None:
    schedules = ", ".join(f'{{ cron: "{cron}" }}' for cron in crons)
    text = DAILY.replace('{ cron: "17 4 * * *" }', f"[{schedules}]")
    assert ("long-timeout" in codes(text)) == said


@pytest.mark.parametrize(
    ("pin", "hint"),
    [
        ("duckdb", "dbt-duckdb==1.11.*"),
        ("duckdb!=1.9", "dbt-duckdb==1.11.*"),
        ("duckdb[md]>=1.9", "dbt-duckdb[md]==1.11.*"),
        ("duckdb==1.*", "dbt-duckdb==1.11.*"),
        ("duckdb~=1.10", "dbt-duckdb==1.11.*"),
        ("duckdb~=1.10.0", ""),
        ("duckdb>=1.9,<2", ""),
        ("duckdb==1.11.2", ""),
    ],
)
def test_what_bounds_a_version(pin: str, hint: str) -> None:
    problems = judge(DAILY.replace("duckdb==1.11.*", pin)).loaded.problems
    assert [problem.code for problem in problems] == ["loose-version"] * bool(hint)
    assert all(problem.hint.startswith(f"`{hint}`") for problem in problems)


def test_that_nothing_is_sent_yet_is_not_hidden() -> None:
    channels = "notifications: { a: { slack: $A }, b: { slack: $B } }\n"
    problems = judge(DAILY + "    notify: { a: [started] }\n" + channels).loaded.problems
    assert [problem.code for problem in problems] == ["untold-failure", "unused-channel"]
    assert all("this version sends none yet" in problem.hint for problem in problems)
