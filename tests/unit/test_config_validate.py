"""``dbt-gitops validate`` and ``schema``: what they print, and what they return."""

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from runner.cli.main import cli
from runner.config import from_bytes
from runner.config.schema import schema_text
from runner.errors import ExitCode
from runner.github.commands import annotation, escape_data, escape_property
from runner.model import Problem
from runner.reports.problems import as_annotations, problem_text
from tests.configs import FOLDER
from tests.conftest import EXAMPLE, Project


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbt_project.yml").touch()
    return tmp_path


# One that no rule has anything to say of.
GOOD = EXAMPLE / "dbt_jobs.yml"


def put(case: str | Path, to: Path) -> None:
    shutil.copy(FOLDER / case, to)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["validate", *arguments], standalone_mode=False)
    assert result.exception is None
    assert result.stderr == ""
    return int(result.return_value), result.stdout


def test_a_valid_file(here: Path) -> None:
    put(GOOD, here / "dbt_jobs.yml")
    assert run() == (ExitCode.SUCCESS, "dbt_jobs.yml is valid: 5 jobs, 2 environments\n")


def test_a_problem_as_text(here: Path) -> None:
    put("invalid/unknown_key_nested.yml", here / "dbt_jobs.yml")
    code, out = run()
    assert code == ExitCode.CONFIG_INVALID
    assert out == (
        "error: unknown key `timezon` in `jobs.daily.triggers.schedule`\n"
        "  --> dbt_jobs.yml:11:9\n"
        "   |\n"
        "11 |         timezon: America/New_York\n"
        "   |         ^^^^^^^\n"
        "   = known here: cron, timezone\n"
        "   hint: did you mean `timezone`?\n"
        "\n"
        "1 problem in dbt_jobs.yml\n"
    )


def test_a_missing_file(here: Path) -> None:
    code, out = run()
    assert code == ExitCode.CONFIG_INVALID
    assert out == (
        "error: `dbt_jobs.yml` doesn't exist\n"
        " --> dbt_jobs.yml\n"
        "  hint: name the jobs file, or run dbt-gitops in its folder\n"
        "\n"
        "1 problem in dbt_jobs.yml\n"
    )


def test_a_warning_is_no_error(here: Path) -> None:
    put("valid/warning.yml", here / "dbt_jobs.yml")
    code, out = run()
    assert code == ExitCode.SUCCESS
    assert out.startswith("warning: the address of `slack` is written into the file\n")
    assert out.endswith("dbt_jobs.yml is valid: 1 job, 1 environment, 1 warning\n")


def test_several_files(here: Path) -> None:
    put(GOOD, here / "good.yml")
    put("invalid/everything.yml", here / "bad.yml")
    code, out = run("good.yml", "bad.yml")
    assert code == ExitCode.CONFIG_INVALID
    assert out.startswith("good.yml is valid: 5 jobs, 2 environments\nerror: ")
    assert out.endswith("\n12 problems in bad.yml\n")


def test_files_have_no_job_in_common(here: Path) -> None:
    put("valid/smallest.yml", here / "one.yml")
    put("valid/smallest.yml", here / "two.yml")
    code, out = run("one.yml", "two.yml", "one.yml")
    assert code == ExitCode.CONFIG_INVALID
    first, problem = out.split("error: ")
    assert first.count("one.yml is valid") == 1
    assert problem.startswith("there is a job `")
    assert "--> two.yml:" in problem
    assert "one.yml:" in problem
    assert "hint: give one of the two another name" in problem


def test_json_has_every_field(here: Path) -> None:
    put(GOOD, here / "good.yml")
    put("invalid/unknown_key_nested.yml", here / "bad.yml")
    code, out = run("--format", "json", "good.yml", "bad.yml")
    assert code == ExitCode.CONFIG_INVALID
    said = json.loads(out)
    good, bad = said["files"]
    assert said["valid"] is False
    assert good == {
        "file": "good.yml", "valid": True, "jobs": 5, "environments": 2, "problems": []
    }  # fmt: skip
    assert (bad["valid"], bad["jobs"]) == (False, None)
    (problem,) = bad["problems"]
    assert list(problem) == [field.name for field in fields(Problem)]
    assert (problem["file"], problem["line"], problem["column"], problem["end_column"]) == (
        "bad.yml", 11, 9, 16
    )  # fmt: skip


def test_annotations(here: Path) -> None:
    put("invalid/unknown_key_nested.yml", here / "dbt_jobs.yml")
    code, out = run("--format", "github")
    assert code == ExitCode.CONFIG_INVALID
    assert out == (
        "::error file=dbt_jobs.yml,line=11,col=9,endColumn=16,title=dbt-gitops%3A unknown-key::"
        "unknown key `timezon` in `jobs.daily.triggers.schedule`%0Aknown here: cron, timezone%0A"
        "hint: did you mean `timezone`?\n"
        "1 problem in dbt_jobs.yml\n"
    )


HOSTILE = "x::error file=a,line=1::no\r\n::stop-commands::x%0A"


def test_hostile_names_stay_one_annotation() -> None:
    text = f'version: 1\njobs: {{}}\nenvironments: {{}}\n{json.dumps(HOSTILE)}: "\\e[31m"\n'
    lines = as_annotations(from_bytes(Path("a,b:c%\nd.yml"), text.encode())).split("\n")
    assert [line.startswith("::error file=a%2Cb%3Ac%25%0Ad.yml,line=") for line in lines] == [
        *[True] * (len(lines) - 1),
        False,
    ]
    assert lines[-1] == "3 problems in a,b:c%\\nd.yml"


@given(st.text())
def test_escaping_leaves_one_line(text: str) -> None:
    line = annotation("error", text, title=text, file=text)
    assert not set(line) & set("\r\n")
    properties, _, data = line.removeprefix("::error").removeprefix(" ").partition("::")
    assert data == escape_data(text)
    assert len(properties.split(",")) == (2 if text else 1)
    back = escape_property(text).replace("%2C", ",").replace("%3A", ":")
    assert back == escape_data(text)


def test_an_annotation_without_a_place() -> None:
    assert annotation("notice", "50%\n") == "::notice::50%25%0A"


def test_a_terminal_gets_no_escape_codes_from_the_file() -> None:
    problem = Problem(
        file=Path("a\x1b[31m.yml"),
        line=1,
        column=3,
        end_column=5,
        code="x",
        what="x",
        source="\tä\x1b[0m漢字",
    )
    assert "\x1b[0m漢" not in problem_text(problem)
    assert "\x1b[31m.yml" not in problem_text(problem)


def test_carets_stand_under_wide_characters() -> None:
    problem = Problem(
        file=Path("x"), line=7, column=4, end_column=6, code="x", what="x", source="漢字: 漢字"
    )
    excerpt = problem_text(problem).split("\n")[-1]
    assert excerpt.endswith("\x1b[0m      \x1b[31m\x1b[1m^^^\x1b[0m")


@pytest.mark.parametrize(
    ("of", "name"), [("jobs", "dbt_jobs.schema.json"), ("run", "run.schema.json")]
)
def test_the_schema_is_printed(of: str, name: str) -> None:
    result = CliRunner().invoke(cli, ["schema", "--of", of], standalone_mode=False)
    assert result.return_value == ExitCode.SUCCESS
    assert result.stdout == schema_text(name)
    assert CliRunner().invoke(cli, ["schema"], standalone_mode=False).stdout == schema_text(
        "dbt_jobs.schema.json"
    )


def test_what_validate_does_not_import(here: Path) -> None:
    put("valid/example.yml", here / "dbt_jobs.yml")
    program = (
        "import sys; from runner.cli.validate import validate; "
        "validate.main([], standalone_mode=False); "
        "print(sorted({'rich', 'fsspec', 'github', 'requests', 'jinja2', 'hcl2', 'lark'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("jobs", "slots", "most"), [(200, 2, 0), (201, 2, 101), (201, 3, 0)])
def test_more_jobs_than_may_wait_for_a_slot(here: Path, jobs: int, slots: int, most: int) -> None:
    head = (
        f"version: 1\nproject: .\nrun_slots: {slots}\nenvironments: {{ production: {{ target: prod }} }}\n"
        "defaults: { environment: production, steps: [dbt build] }\njobs:\n"
    )
    apart = "  own: { concurrency: cancel }\n  off: { enabled: false }\n"  # these take no slot
    (here / "dbt_jobs.yml").write_text(
        head + "".join(f"  job-{number}: {{}}\n" for number in range(jobs)) + apart
    )
    code, out = run("--format", "json")
    assert code == ExitCode.SUCCESS
    problems = json.loads(out)["files"][0]["problems"]
    crowded = [each for each in problems if each["code"] == "crowded-slot"]
    assert [(each["line"], each["severity"]) for each in crowded] == [(3, "warning")] * bool(most)
    assert all(f"leaves {most} deployment jobs for one slot" in each["what"] for each in crowded)


def test_a_rule_of_severity_error_makes_a_file_invalid(here: Path) -> None:
    text = GOOD.read_text().replace("17 4", "0 4")
    (here / "dbt_jobs.yml").write_text(f"{text}rules: {{ top-of-the-hour: error }}\n")
    code, out = run()
    assert code == ExitCode.CONFIG_INVALID
    assert out.startswith("error: `0 4 * * *` fires on the hour: at 04:00 (America/New_York)\n")
    assert out.endswith("\n1 problem in dbt_jobs.yml\n")
    (here / "dbt_jobs.yml").write_text(f"{text}rules: {{ top-of-the-hour: off }}\n")
    assert run() == (ExitCode.SUCCESS, "dbt_jobs.yml is valid: 5 jobs, 2 environments\n")


CHANNEL = "https://hooks.slack.com/services/T0/B0/X"


def many_channels(number: int, rules: str = "") -> str:
    text = GOOD.read_text() + rules + "notifications:\n"
    return text + "".join(f"  team{n}: {{ slack: '{CHANNEL}{n}' }}\n" for n in range(number))


def test_of_many_warnings_alike_a_terminal_shows_the_first(here: Path) -> None:
    rules = "rules: { unused-channel: off, untold-failure: off }\n"
    (here / "dbt_jobs.yml").write_text(many_channels(12, rules))
    _, out = run()
    assert out.count("warning: ") == 10
    assert "\nand 2 more of secret-in-file: --format json has all\n" in out
    assert out.endswith("12 warnings\n")
    _, out = run("--format", "github")
    assert out.count("::warning ") == 10
    _, out = run("--format", "json")
    assert len(json.loads(out)["files"][0]["problems"]) == 12


@pytest.mark.parametrize(
    ("rules", "ignored", "said"),
    [("", "", True), ("rules: { secret-in-file: off }\n", "", False), ("", "so", False)],
)
def test_other_commands_print_warnings_as_the_file_sets_them(
    rules: str, ignored: str, said: bool, tiny: Project
) -> None:
    comment = f"  # dbt-gitops: ignore[secret-in-file] {ignored}" if ignored else ""
    tiny.append("dbt_jobs.yml", f"{rules}notifications:\n  x: {{ slack: {CHANNEL} }}{comment}\n")
    done = tiny.cli("explain", "daily")
    assert done.code == 0, done.err
    assert ("secret-in-file" in done.err or "the address of `slack`" in done.err) == said


def test_sync_warns_as_the_file_sets_it(tiny: Project) -> None:
    assert "state is kept in the folder" in tiny.cli("sync").err
    tiny.append("dbt_jobs.yml", "rules: { lost-state: off }\n")
    assert "state is kept in the folder" not in tiny.cli("sync").err


def test_steps_that_take_the_packages_away(tiny: Project) -> None:
    tiny.write("packages.yml", "packages:\n  - local: ../other\n")
    tiny.append("dbt_project.yml", "clean-targets: [target, dbt_packages]\n")
    jobs = (tiny.path / "dbt_jobs.yml").read_text()
    tiny.write("dbt_jobs.yml", jobs.replace("[dbt build]", "[dbt clean, dbt build]"))
    assert "`dbt clean` removes the packages, and the step after it needs them" in (
        tiny.cli("validate").out
    )
    (tiny.path / "packages.yml").write_bytes(b"packages:\n  - \xff\n")
    assert tiny.cli("validate").code == 0
