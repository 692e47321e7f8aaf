"""The compiled workflow: as expected for whole files, sound for any, and clean for every tool."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.blocks import blocks
from runner.model import (
    OVERRIDES,
    Channel,
    Config,
    DispatchTrigger,
    Elsewhere,
    Environment,
    Job,
    JobTrigger,
    MergeTrigger,
    PullRequestTrigger,
    Schedule,
    Triggers,
)
from runner.schedule.cron import github_cron
from runner.steps import parse_step
from runner.triggers.starting import group
from runner.workflow import (
    Action,
    NotOurs,
    Source,
    action_of,
    compiled,
    header_of,
    is_edited,
    pinned_in,
)
from runner.workflow.actions import CHECKOUT, has_pin
from runner.workflow.events import union
from runner.workflow.header import with_header
from runner.workflow.writing import literal, scalar
from tests.compiled import CASES, RELEASED, WORKFLOW, Case, config_of
from tests.workflows.checks import CHECKS, as_it_was, scripts

Document = dict[Any, Any]


def text_of(jobs: str, head: str = "") -> str:
    environments = "environments: { production: { target: prod }, ci: { target: ci } }"
    whole = f"version: 1\n{head}\n{environments}\ndefaults: {{ environment: production, steps: [dbt build] }}\njobs:\n{jobs}"
    config = config_of(Path("/repo/dbt_jobs.yml"), whole.encode())
    return compiled([Source(path="dbt_jobs.yml", config=config)], RELEASED)


def document_of(jobs: str, head: str = "") -> Document:
    return parsed(text_of(jobs, head))


def parsed(text: str) -> Document:
    document: Document = yaml.safe_load(text)
    document["on"] = document.pop(True)  # YAML 1.1 reads `on` so
    return document


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_compiled_as_expected(case: Case) -> None:
    assert case.compiled() == case.expected.read_text()


# There are no scripts for the fourth.
@pytest.mark.parametrize("check", ["zizmor", "schema", "actionlint"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_compiled_is_clean(case: Case, check: str) -> None:
    assert CHECKS[check](case.expected) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_a_script_and_only_secrets_that_are_named_are_there(case: Case) -> None:
    text = case.expected.read_text()
    assert not list(scripts(yaml.safe_load(text)))
    for name, value in re.findall(r"^ *(\S+): (\$\{\{ secrets\..*)$", text, re.MULTILINE):
        assert value == f"${{{{ secrets.{name} }}}}"


def test_the_checkout_is_that_of_the_documented_workflow() -> None:
    assert CHECKOUT.partition(" ")[0] in WORKFLOW.read_text()


def test_what_the_tools_do_not_know_is_taken_out_and_nothing_else() -> None:
    text = 'x:\n  - { cron: "1 2 * * *", timezone: UTC } # a\n  queue: max # b\n  queue: min\n'
    assert as_it_was(text) == 'x:\n  - { cron: "1 2 * * *" } # a\n  #\n  queue: min\n'


def test_a_jobs_own_environment_alone_gives_it_secrets() -> None:
    [chains] = [case for case in CASES if case.name == "chains"]
    jobs = parsed(chains.compiled())["jobs"]
    env = {name: set(job["steps"][-1].get("env", ())) for name, job in jobs.items()}
    store = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert env == {
        "plan": store,
        "production": store
        | {"DBT_ENV_SECRET_PASSWORD", "PAGERDUTY_KEY", "DASHBOARDS_TOKEN", "ON_CALL_TOKEN"},
        "reporting": {"REPORTING_PASSWORD", "SLACK_WEBHOOK_URL"},
        "ci-checks": {"DBT_ENV_SECRET_CI_PASSWORD", "SLACK_WEBHOOK_URL"},
        "clean": {"DBT_ENV_SECRET_CI_PASSWORD"},
        "report": store | {"ON_CALL_TOKEN"},
    }


def test_only_a_block_with_dependents_may_start_others() -> None:
    [chains] = [case for case in CASES if case.name == "chains"]
    jobs = parsed(chains.compiled())["jobs"]
    actions = {name: job["permissions"]["actions"] for name, job in jobs.items()}
    assert {name for name, level in actions.items() if level == "write"} == {"production", "report"}


@pytest.mark.parametrize("trigger", ["merge: {}", "dispatch: true"])
def test_only_where_a_merge_starts_a_job_statuses_are_reported(trigger: str) -> None:
    document = document_of(f"  load: {{ triggers: {{ {trigger} }} }}\n")
    for name in ("production", "report"):
        permissions = document["jobs"][name]["permissions"]
        assert permissions.get("statuses") == ("write" if "merge" in trigger else None)


def test_three_hundred_jobs_of_one_environment() -> None:
    jobs = "".join(f"  j{n}: {{ triggers: {{ dispatch: true }} }}\n" for n in range(300))
    document = document_of(jobs)
    assert set(document["jobs"]) == {"plan", "production", "production-2", "report"}
    assert document["jobs"]["report"]["needs"] == ["plan", "production", "production-2"]
    options = document["on"]["workflow_dispatch"]["inputs"]["job"]["options"]
    assert options == [f"j{n}" for n in range(300)]


def test_one_more_job_is_a_small_difference() -> None:
    jobs = "".join(
        f'  j{n}: {{ triggers: {{ schedule: {{ cron: "{n} 4 * * *" }} }} }}\n' for n in range(9)
    )
    before = text_of(jobs).splitlines()
    after = text_of(
        jobs + "  more: { triggers: { schedule: { cron: '17 5 * * *' } } }\n"
    ).splitlines()
    added = [line for line in after if line not in before]
    assert len(after) == len(before) + 2
    assert [line.strip().partition(":")[0] for line in added] == [
        "# checksum",
        "- { cron",
        "- more",
    ]


def test_merges_without_branches_wake_up_nothing_on_other_branches() -> None:
    alone = document_of("  a: { triggers: { merge: } }")
    assert "github.event.repository.default_branch" in alone["jobs"]["plan"]["if"]
    both = document_of(
        "  a: { triggers: { merge: } }\n  b: { triggers: { merge: { branches: [x] } } }"
    )
    assert both["on"]["push"] == {"branches": ["**"]}
    assert "default_branch" not in both["jobs"]["plan"]["if"]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([("main",)], ("main",)),
        ([("a/**", "!a/b"), ("a/**", "!a/b")], ("a/**", "!a/b")),
        ([("a/**", "!a/b"), ("a/b",)], ("a/**", "a/b")),
        ([("main",), ()], ()),
        ([()], ()),
        ([], ()),
    ],
)
def test_patterns_of_several_jobs(lists: list[tuple[str, ...]], expected: tuple[str, ...]) -> None:
    assert union(lists) == expected


def test_expressions_of_the_jobs_file_are_text() -> None:
    assert literal("a ${{ secrets.X }}") == "\"a ${{ '${{' }} secrets.X }}\""
    for text in (
        "on",
        "No",
        "1",
        "",
        " a",
        "a: b",
        "#",
        "null",
        "~",
        "'",
        '"',
        "größer",
        "a/b_c-1.x",
    ):
        assert yaml.safe_load(scalar(text)) == text


# The header


def test_a_change_by_hand_is_seen() -> None:
    text = text_of("  a: {}")
    assert text.startswith("# Generated by `dbt-gitops sync` from dbt_jobs.yml: don't edit.")
    assert not is_edited(text)
    assert header_of(text).files == ("dbt_jobs.yml",)
    odd = with_header("name: dbt\n", ["{checksum}.yml", "b.yml"])
    assert odd.startswith("# Generated by `dbt-gitops sync` from these jobs files: don't edit.")
    assert (is_edited(odd), header_of(odd).files) == (False, ("{checksum}.yml", "b.yml"))
    assert is_edited(text + "# x\n")
    assert is_edited(text.replace('files: ["dbt_jobs.yml"]', 'files: ["other.yml"]'))
    for other in (
        "name: dbt\n",
        text.replace("# files", "# file"),
        text.replace('["dbt', "[dbt"),
        "",
    ):
        with pytest.raises(NotOurs):
            header_of(other)


# The action


def test_the_action_is_the_files_or_the_releases() -> None:
    config = config_of(Path("/repo/dbt_jobs.yml"), b"version: 1\naction: acme/dbt@v1\n" + SMALL)
    assert action_of([config]) == Action(name="acme/dbt", ref="v1")
    assert action_of([replace(config, action="./")]).uses == "./"
    assert action_of([replace(config, action="")]).uses.startswith("dbt-gitops/dbt-gitops@v")
    sha = replace(config, action=f"acme/dbt@{'a' * 40}")
    assert not action_of([sha]).pinnable


SMALL = b"environments: { p: {} }\njobs: { a: { environment: p, steps: [dbt build] } }\n"


def test_a_pin_holds_for_its_ref_alone() -> None:
    text = text_of("  a: {}")
    assert pinned_in(text, RELEASED) == RELEASED.commit
    assert pinned_in(text, replace(RELEASED, ref="v0.1")) == ""
    assert pinned_in(text, replace(RELEASED, name="acme/dbt-gitops")) == ""
    assert pinned_in(text, Action(name="./")) == ""
    assert has_pin(text, replace(RELEASED, ref="v9"))
    assert not has_pin(text, replace(RELEASED, name="acme/dbt-gitops"))


# Any jobs file

NAMES = st.from_regex("[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
SECRETS = st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1
)
SCHEDULES = st.builds(
    Schedule,
    cron=st.sampled_from(
        ["17 4 * * *", "0  6 * * MON#1", "30 23 L * *", "*/5 * 1,15 JAN-MAR *", "0 5 * * L5"]
    ),
    timezone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]
    ),
)
BRANCHES = st.lists(WORDS, max_size=3).map(tuple)
PULL_REQUESTS = st.builds(PullRequestTrigger, branches=BRANCHES, drafts=st.booleans())
DISPATCHES = st.builds(
    DispatchTrigger, overrides=st.lists(st.sampled_from(OVERRIDES), unique=True).map(tuple)
)
STEPS = (parse_step("dbt build"),)


@st.composite
def environments(draw: st.DrawFn) -> dict[str, Environment]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return {
        name: Environment(
            name=name,
            schema=draw(st.sampled_from([None, "pr_{pr_number}", "shared"])),
            secrets=tuple(draw(st.lists(SECRETS, max_size=3))),
            runs_on=tuple(draw(st.lists(WORDS, min_size=1, max_size=2))),
            github_environment=draw(st.none() | WORDS),
        )
        for name in names
    }


@st.composite
def configs(draw: st.DrawFn, path: str = "dbt_jobs.yml", prefix: str = "") -> Config:
    known = draw(environments())
    names = [prefix + name for name in draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))]
    channel = Channel(name="c", kind="slack", address=draw(st.sampled_from(["$HOOK", "x"])))
    jobs = {
        name: Job(
            name=name,
            environment=draw(st.sampled_from(sorted(known))),
            steps=STEPS,
            triggers=Triggers(
                schedule=tuple(draw(st.lists(SCHEDULES, max_size=2))),
                pull_request=draw(st.none() | PULL_REQUESTS),
                merge=draw(st.none() | st.builds(MergeTrigger, branches=BRANCHES)),
                job=tuple(
                    JobTrigger(names=(each,))
                    for each in draw(st.lists(st.sampled_from(names), max_size=2))
                ),
                dispatch=draw(st.none() | DISPATCHES),
            ),
            notify={"c": ("failure",)} if draw(st.booleans()) else {},
            concurrency=draw(st.sampled_from(["replace", "queue", "cancel"])),
            disable_after=draw(st.none() | st.just(3)),
            dispatches=draw(
                st.sampled_from([(), (Elsewhere(repository="a/b", job="c", token="$TOKEN"),)])
            ),
            timeout=timedelta(hours=1),
            enabled=draw(st.booleans()),
        )
        for name in names
    }
    return Config(
        path=Path("/repo", path),
        project=Path("/repo"),
        state=draw(st.sampled_from(["github", ".state", "s3://bucket"])),
        environments=known,
        jobs=jobs,
        notifications={"c": channel},
        watch=draw(st.none() | SCHEDULES),
    )


@given(st.lists(NAMES, min_size=1, unique=True), st.integers(1, 9), st.integers(1, 99))
def test_no_jobs_name_makes_the_group_of_something_else(
    some: list[str], slots: int, number: int
) -> None:
    """As `slot-1` beside the first slot, or `ci-7` beside pull request 7 of `ci`."""
    names = dict.fromkeys([*some, "ci", f"ci-{number}", "history", "slot-1", "plan-1", "clean-1"])
    document = document_of("  ci: { triggers: { pull_request: {} } }\n  daily: {}\n")
    check = document["jobs"]["production-checks"]["concurrency"]["group"]
    check = check.replace(" ", "").replace("||github.event.merge_group.head_sha", "")
    of_checks = check.replace("${{github.event.number}}", str(number))
    groups = [
        document["jobs"]["report"]["concurrency"]["group"],
        f"dbt.plan.{number}",
        f"dbt.clean.{number}",
        *(group(name, None) for name in names),
        *(group("any", slot + 1) for slot in range(slots)),
        *(of_checks.replace("${{matrix.job}}", name) for name in names),
    ]
    assert len(set(groups)) == len(groups)
    assert "'dbt.plan.{0}'" in document["jobs"]["plan"]["concurrency"]["group"]
    assert "$" not in "".join(groups)


@settings(max_examples=150, deadline=None)
@given(configs(), configs(path="b/dbt_jobs.yml", prefix="b-"), st.booleans())
def test_any_jobs_file_compiles(first: Config, second: Config, both: bool) -> None:
    files = [first, second] if both else [first]
    paths = ["dbt_jobs.yml", "b/dbt_jobs.yml"]
    sources = [Source(path=path, config=file) for path, file in zip(paths, files, strict=False)]
    text = compiled(sources, RELEASED)
    assert text == compiled(sources, RELEASED)
    assert not is_edited(text)
    document = parsed(text)
    assert schedules_in(document) == schedules_of(files)
    assert set(document["jobs"]) - {"plan", "clean", "report"} == {b.name for b in blocks(files)}
    for block in blocks(files):
        assert_sound(block.environment, block.kind, document["jobs"][block.name])


def schedules_in(document: Document) -> list[tuple[str, str]]:
    entries = document["on"].get("schedule", [])
    return sorted((each["cron"], each.get("timezone", "UTC")) for each in entries)


def schedules_of(files: list[Config]) -> list[tuple[str, str]]:
    found = {
        (github_cron(schedule.cron), schedule.timezone)
        for file in files
        for schedule in (
            *(s for job in file.jobs.values() if job.enabled for s in job.triggers.schedule),
            *filter(None, [file.watch]),
        )
    }
    return sorted(found)


def assert_sound(environment: Environment, kind: str, job: Document) -> None:
    """Its machine, its environment of GitHub's and its secrets are those of the jobs file, as text."""
    labels = job["runs-on"] if isinstance(job["runs-on"], list) else [job["runs-on"]]
    assert [said(label) for label in labels] == list(environment.runs_on)
    if kind != "checks":
        assert said(job.get("environment", "")) == (environment.github_environment or "")
    assert set(environment.secrets) <= set(job["steps"][-1].get("env", {}))
    assert ("pull-requests" in job["permissions"]) == (kind == "checks")


def said(text: str) -> str:
    """What GitHub makes of a text: the one expression in it is `${{` itself."""
    return text.replace("${{ '${{' }}", "${{")
