"""`dbt-gitops sync` in real repositories, and what `validate` says of their workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner import __version__
from runner.workflow import PATH
from tests.conftest import Project
from tests.fake_github import FakeGitHub, Fault

JOBS = """\
version: 1
state: github
environments:
  production: { target: prod, secrets: [PASSWORD], github_environment: prod }
  ci: { target: ci, schema: "pr_{pr_number}" }
defaults: { environment: production, steps: [dbt build] }
jobs:
  nightly:
    triggers: { schedule: { cron: "17 5 * * MON-FRI", timezone: America/New_York }, dispatch: true }
  merge: { triggers: { merge: { branches: [main] } } }
  ci: { environment: ci, triggers: { pull_request: { branches: [main] } } }
"""
OTHER = """\
version: 1
environments: { production: { target: prod } }
jobs: { weekly: { environment: production, steps: [dbt build] } }
"""
SHA = "0123456789abcdef0123456789abcdef01234567"
PROJECT = "name: tiny\nversion: '1.0'\nprofile: tiny\n"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    project = Project(path=tmp_path / "shop")
    project.write("dbt_jobs.yml", JOBS)
    project.write("dbt_project.yml", PROJECT)
    project.init()
    return project


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


def workflow(shop: Project) -> str:
    return (shop.path / PATH).read_text()


def test_what_is_written_is_said_and_the_second_time_changes_nothing(shop: Project) -> None:
    first = shop.cli("sync")
    assert (first.code, first.err) == (0, "")
    assert first.out == WRITTEN
    before = workflow(shop)
    second = shop.cli("sync")
    assert (second.code, second.out) == (0, f"{PATH} is up to date: nothing has changed\n")
    assert workflow(shop) == before
    assert shop.cli("sync", "--check").code == 0
    assert not list((shop.path / PATH).parent.glob(".*"))


WRITTEN = f"""\
wrote {PATH} from dbt_jobs.yml
started by:
  pull requests: ci
  merges: merge
  hand, or another system: nightly
  at 05:17, Monday through Friday (America/New_York): nightly
jobs of the workflow:
  production: 2 jobs of environment production on ubuntu-latest
  ci-checks: 1 job of environment ci on ubuntu-latest
secrets to create:
  gh secret set PASSWORD --env prod
note: dbt-gitops/dbt-gitops@v{__version__} is not pinned to a commit: dbt-gitops sync --pin
"""


def test_a_secret_is_named_for_each_place_that_it_has_to_be_in(shop: Project) -> None:
    keys = "secrets: [AWS_SECRET_ACCESS_KEY, PASSWORD], github_environment: our prod"
    jobs = JOBS.replace("secrets: [PASSWORD], github_environment: prod", keys)
    shop.write("dbt_jobs.yml", jobs.replace("state: github", "state: s3://bucket/state"))
    done = shop.cli("sync")
    assert done.code == 0, done.err
    assert (
        """\
secrets to create:
  gh secret set AWS_SECRET_ACCESS_KEY --env 'our prod'
  gh secret set AWS_SECRET_ACCESS_KEY  # of the repository too, for plan or report
  gh secret set PASSWORD --env 'our prod'
"""
        in done.out
    )


def test_check_says_what_is_stale_and_writes_nothing(shop: Project) -> None:
    missing = shop.cli("sync", "--check")
    assert missing.code == 2
    assert f"there is no {PATH}" in missing.err
    assert not (shop.path / PATH).exists()
    shop.cli("sync")
    before = workflow(shop)
    shop.write("dbt_jobs.yml", JOBS.replace("17 5", "18 5"))
    stale = shop.cli("sync", "--check")
    assert stale.code == 2
    assert (
        '-    - { cron: "17 5 * * MON-FRI", timezone: America/New_York } # nightly\n' in stale.out
    )
    assert (
        '+    - { cron: "18 5 * * MON-FRI", timezone: America/New_York } # nightly\n' in stale.out
    )
    assert stale.err == f"error: {PATH} is stale\n\nhint: dbt-gitops sync\n"
    assert workflow(shop) == before
    shop.write("dbt_jobs.yml", JOBS + "".join(f"  j{n}: {{ }}\n" for n in range(200)))
    assert "lines more\n" in shop.cli("sync", "--check").out


def test_a_change_by_hand_is_kept_unless_it_is_forced(shop: Project) -> None:
    shop.cli("sync")
    edited = workflow(shop).replace("timeout-minutes: 15", "timeout-minutes: 20")
    shop.write(PATH, edited)
    refused = shop.cli("sync")
    assert refused.code == 2
    assert f"error: {PATH} was changed by hand\n" in refused.err
    assert "dbt-gitops sync --force" in refused.err
    assert workflow(shop) == edited
    checked = shop.cli("sync", "--check")
    assert (checked.code, checked.err) == (2, refused.err)
    assert "-    timeout-minutes: 20" in checked.out
    warned = shop.cli("validate").out
    assert f"warning: {PATH} was changed by hand\n --> dbt_jobs.yml\n" in warned
    assert "dbt-gitops sync --force overwrites it\n" in warned
    forced = shop.cli("sync", "--force")
    assert (forced.code, forced.out.splitlines()[0]) == (0, f"rewrote {PATH} from dbt_jobs.yml")
    assert "not pinned" not in forced.out
    assert workflow(shop) != edited
    assert shop.cli("sync", "--check").code == 0


def test_another_workflow_is_kept_unless_it_is_forced(shop: Project) -> None:
    shop.write(PATH, "name: mine\n")
    refused = shop.cli("sync")
    assert refused.code == 2
    assert "is not a workflow that dbt-gitops compiled" in refused.err
    assert shop.cli("sync", "--check").err == refused.err
    assert workflow(shop) == "name: mine\n"
    assert shop.cli("sync", "--force").code == 0


def test_another_workflow_that_plans_is_said(shop: Project) -> None:
    name = ".github/workflows/by-hand.yml"
    steps = "[{ uses: dbt-gitops/dbt-gitops@v0.1.0, with: { command: plan } }]"
    shop.write(name, f"on: push\njobs: {{ plan: {{ runs-on: ubuntu-latest, steps: {steps} }} }}\n")
    done = shop.cli("sync")
    assert done.code == 0
    assert done.err == f"note: {name} plans too, and starts the same jobs once more: remove it\n"


def test_lines_that_end_as_windows_ends_them_are_no_change(shop: Project) -> None:
    shop.cli("sync")
    (shop.path / PATH).write_bytes(workflow(shop).replace("\n", "\r\n").encode())
    assert shop.cli("sync", "--check").code == 0


def test_several_files_are_remembered(shop: Project) -> None:
    shop.write("more/dbt_jobs.yml", OTHER)
    shop.write("more/dbt_project.yml", PROJECT)
    assert shop.cli("sync", "dbt_jobs.yml", "more/dbt_jobs.yml", "more/../dbt_jobs.yml").code == 0
    assert '# files: ["dbt_jobs.yml", "more/dbt_jobs.yml"]\n' in workflow(shop)
    shop.write("more/dbt_jobs.yml", OTHER.replace("weekly", "monthly"))
    inside = Project(path=shop.path / "more").cli("sync")
    assert inside.code == 0, inside.err
    assert "- monthly\n" in workflow(shop)
    assert "more-production:" in workflow(shop)
    (shop.path / "more" / "dbt_jobs.yml").unlink()
    gone = shop.cli("sync")
    assert gone.code == 2
    assert "was compiled from more/dbt_jobs.yml, which isn't there" in gone.err
    assert shop.cli("sync", "dbt_jobs.yml").code == 0
    assert "monthly" not in workflow(shop)


def test_files_that_do_not_go_together(shop: Project) -> None:
    shop.write("more/dbt_project.yml", PROJECT)
    shop.write("more/dbt_jobs.yml", OTHER.replace("weekly", "merge"))
    twice = shop.cli("sync", "dbt_jobs.yml", "more/dbt_jobs.yml")
    assert twice.code == 2
    assert "more/dbt_jobs.yml:3: there is a job `merge` already" in twice.err
    assert "dbt_jobs.yml:10 has it" in twice.err
    shop.write("more/dbt_jobs.yml", f"{OTHER}action: acme/dbt@v1\n")
    differs = shop.cli("sync", "dbt_jobs.yml", "more/dbt_jobs.yml")
    assert differs.code == 2
    assert "more/dbt_jobs.yml:4: another action than that of dbt_jobs.yml:1" in differs.err
    assert not (shop.path / PATH).exists()


def test_what_can_not_be_compiled(shop: Project, tmp_path: Path) -> None:
    shop.write("dbt_jobs.yml", "version: 2\n")
    assert shop.cli("sync").code == 2
    outside = Project(path=tmp_path / "elsewhere")
    outside.write("dbt_jobs.yml", JOBS)
    outside.write("dbt_project.yml", PROJECT)
    nowhere = outside.cli("sync")
    assert nowhere.code == 2
    assert "is not in a git checkout" in nowhere.err
    assert "hint: git init" in nowhere.err
    another = shop.cli("sync", str(outside.path / "dbt_jobs.yml"))
    assert another.code == 2
    assert "is not in the repository" in another.err
    shop.write("a\nb/dbt_jobs.yml", OTHER)
    shop.write("a\nb/dbt_project.yml", PROJECT)
    assert "a workflow can't name the file" in shop.cli("sync", "a\nb/dbt_jobs.yml").err
    assert shop.cli("sync", "--check", "--pin").code == 2


def test_a_workflow_that_can_not_be_written(shop: Project) -> None:
    shop.write(".github", "a file\n")
    refused = shop.cli("sync")
    assert refused.code == 2
    assert "can't be" in refused.err
    assert "Traceback" not in refused.err


# Pins


def pinned(shop: Project, fake: FakeGitHub, *options: str) -> tuple[int, str]:
    env = {
        "GITHUB_TOKEN": fake.token,
        "GITHUB_REPOSITORY": "octo-org/shop",
        "GITHUB_API_URL": fake.api_url,
    }
    done = shop.cli("sync", *options, **env)
    return done.code, done.out + done.err


def test_a_pin_takes_one_request_and_stays(shop: Project, fake: FakeGitHub) -> None:
    shop.write("dbt_jobs.yml", JOBS + "action: acme/dbt@v1\n")
    fake.refs["acme/dbt", "v1"] = SHA
    code, said = pinned(shop, fake, "--pin")
    assert (code, fake.count()) == (0, 1)
    assert "not pinned" not in said
    assert workflow(shop).count(f"- uses: acme/dbt@{SHA} # v1\n") == 5
    assert shop.cli("sync", "--check").code == 0
    shop.write("dbt_jobs.yml", JOBS.replace("17 5", "18 5") + "action: acme/dbt@v1\n")
    assert shop.cli("sync").code == 0
    assert f"acme/dbt@{SHA} # v1\n" in workflow(shop)
    fake.refs["acme/dbt", "v1"] = SHA[::-1]
    assert pinned(shop, fake, "--pin")[0] == 0
    assert SHA not in workflow(shop)


def test_a_pin_of_another_ref_is_not_kept_in_silence(shop: Project, fake: FakeGitHub) -> None:
    shop.write("dbt_jobs.yml", JOBS + "action: acme/dbt@v1\n")
    fake.refs["acme/dbt", "v1"] = SHA
    pinned(shop, fake, "--pin")
    shop.write("dbt_jobs.yml", JOBS + "action: acme/dbt@v2\n")
    done = shop.cli("sync")
    assert "note: acme/dbt@v2 is not pinned to a commit; its pin was another ref's" in done.out
    assert SHA not in workflow(shop)


@pytest.mark.parametrize("action", ["./", f"acme/dbt@{SHA}"])
def test_what_needs_no_pin_asks_nothing(shop: Project, fake: FakeGitHub, action: str) -> None:
    shop.write("dbt_jobs.yml", f"{JOBS}action: {action}\n")
    code, said = pinned(shop, fake, "--pin")
    assert (code, fake.count()) == (0, 0)
    assert "note:" not in said
    assert f"- uses: {action}\n" in workflow(shop)


def test_a_ref_that_is_not_there_or_a_github_that_fails(shop: Project, fake: FakeGitHub) -> None:
    code, said = pinned(shop, fake, "--pin")
    assert code == 4
    assert f"error: there is no v{__version__} in dbt-gitops/dbt-gitops\n" in said
    assert "hint: check `action:` in the jobs file" in said
    fake.faults.append(Fault(path="/commits/", status=403))
    assert pinned(shop, fake, "--pin")[0] == 4
    assert shop.cli("sync", "--pin", GITHUB_TOKEN="", GH_TOKEN="").code == 4
    assert not (shop.path / PATH).exists()


# What validate says


def test_validate_warns_of_a_stale_workflow_alone(shop: Project) -> None:
    assert "stale" not in shop.cli("validate").out
    shop.cli("sync")
    assert "workflow" not in shop.cli("validate").out
    shop.write("dbt_jobs.yml", JOBS.replace("17 5", "18 5"))
    stale = shop.cli("validate")
    assert stale.code == 0
    assert f"warning: {PATH} is not what this file compiles to\n --> dbt_jobs.yml\n" in stale.out
    assert "hint: dbt-gitops sync\n" in stale.out
    *_, problem = json.loads(shop.cli("validate", "--format", "json").out)["files"][0]["problems"]
    assert (problem["code"], problem["severity"], problem["line"]) == (
        "stale-workflow",
        "warning",
        0,
    )
    annotated = shop.cli("validate", "--format", "github").out
    assert annotated.startswith("::warning ")
    assert "stale-workflow" in annotated


def test_state_that_goes_with_its_machine_is_warned_of(shop: Project) -> None:
    shop.write("dbt_jobs.yml", JOBS.replace("state: github\n", ""))
    assert "state is kept" not in shop.cli("validate").out
    done = shop.cli("sync")
    assert done.code == 0
    assert done.err.startswith(
        "warning: state is kept in the folder .dbt-gitops/state of the checkout\n"
    )
    assert "`nightly` makes up for no time that was missed\n" in done.err
    assert "hint: write `state: github`\n" in done.err
    deferring = "  ci: { defer: { to: production }, "
    shop.write(
        "dbt_jobs.yml",
        JOBS.replace("github\n", "kept\n").replace(
            "  ci: { environment", deferring + "environment"
        ),
    )
    shop.cli("sync")
    said = shop.cli("validate").out
    assert "--> dbt_jobs.yml:2:1\n" in said
    assert "`nightly` makes up for no time that was missed and `ci` finds no state" in said


@pytest.mark.parametrize("state", ["github", "../kept", "s3://bucket/dbt"])
def test_state_that_stays_is_not_warned_of(shop: Project, state: str) -> None:
    shop.write("dbt_jobs.yml", JOBS.replace("state: github", f"state: {state}"))
    assert "state is kept" not in shop.cli("sync").err
    assert "state is kept" not in shop.cli("validate").out


def test_validate_says_nothing_of_what_it_can_not_know(shop: Project) -> None:
    shop.write("more/dbt_jobs.yml", OTHER)
    shop.write("more/dbt_project.yml", PROJECT)
    shop.cli("sync")
    alone = shop.cli("validate", "more/dbt_jobs.yml")
    assert "stale" not in alone.out + alone.err
    shop.cli("sync", "dbt_jobs.yml", "more/dbt_jobs.yml")
    shop.write("more/dbt_jobs.yml", "version: 2\n")
    shop.write("dbt_jobs.yml", JOBS.replace("17 5", "18 5"))
    assert "stale" not in shop.cli("validate", "dbt_jobs.yml").out
    shop.write("more/dbt_jobs.yml", OTHER.replace("weekly", "merge"))
    assert "is not what this file compiles to" in shop.cli("validate", "dbt_jobs.yml").out
    shop.write(PATH, "name: mine\n")
    assert "workflows" not in shop.cli("validate", "dbt_jobs.yml").out
