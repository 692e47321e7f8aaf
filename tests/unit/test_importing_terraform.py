"""Terraform's dbtcloud_job: from .tf files, and from what `terraform show -json` prints."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.cli.main import run
from runner.importing import jobs_as_code, terraform
from runner.importing.dbt_cloud import drafted_of
from runner.importing.draft import Draft
from runner.importing.hcl import KIND, read_hcl
from runner.importing.hcl_values import Unresolved, spelt, value_of
from runner.importing.reading import files_of
from runner.importing.writing import config_of, drafted
from tests.importing.sources import CASES, draft_of

FILE = Path("dbt_jobs.yml")
OF_THIS = [case for case in CASES if case.parent.name == "terraform"]
ENVIRONMENT = (
    'resource "dbtcloud_environment" "prod" {\n  name = "Production"\n  project_id = 5\n}\n'
)
JOB = """\
resource "dbtcloud_job" "daily" {
  name           = "Daily"
  environment_id = dbtcloud_environment.prod.environment_id
  project_id     = 5
  execute_steps  = ["dbt build"]
  triggers       = { schedule = true }
  schedule_hours = [4]
}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", OF_THIS, ids=lambda case: case.stem)
def test_every_field_of_a_job_is_told(case: Path) -> None:
    draft = draft_of(case)
    told = {row.field.partition(".")[0].partition("[")[0] for row in draft.rows}
    assert not any("never-shown" in row.value for row in draft.rows)
    assert "never-shown" not in drafted(draft, None)
    if case.suffix == ".json":
        whole = json.loads(case.read_text())
        root = (whole.get("planned_values") or whole["values"])["root_module"]
        found = [
            r for r in root["resources"] if r["type"] == "dbtcloud_job" and r["mode"] == "managed"
        ]
        assert found
        for each in found:
            assert set(each["values"]) <= told
        return
    for file in files_of([case], KIND):
        for block in read_hcl(file).blocks:
            if block.type == "resource" and block.labels[0].endswith("_job"):
                assert {*block.attributes, *(inner.type for inner in block.blocks)} <= told


def test_the_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("infra").mkdir()
    Path("infra/jobs.tf").write_text(JOB)
    Path("infra/environments.tf").write_text(ENVIRONMENT)
    Path("infra/outputs.tf").write_text("# nothing yet\n")
    assert run(["import", "terraform", "infra", "--report", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["carried"]
    job = config_of(FILE, FILE.read_text()).jobs["daily"]
    assert (job.environment, job.triggers.schedule[0].cron) == ("production", "0 4 * * *")
    assert run(["import", "terraform", "infra/*.tf", "--check"]) == 0
    Path("infra/jobs.tf").write_text(JOB.replace("[4]", "[5]"))
    capsys.readouterr()
    assert run(["import", "terraform", "infra", "--check"]) == 1
    assert "0 5 * * *" in capsys.readouterr().out
    assert run(["import", "terraform", "infra", "--project", "6"]) == 2
    assert "there is no job of project 6" in capsys.readouterr().err


BAD = {
    'resource "a" "b" {\n  x = [1,\n': (
        "bad.tf:2:10: this is not HCL: it ends in the middle",
        "brace",
    ),
    'resource "a" "b" {\n  x = "y\n}\n': (
        "bad.tf:3:2: this is not HCL: it ends in the middle",
        "quote on line 2",
    ),
    'resource "a" "b" {\n  x = = 1\n}\n': (
        "bad.tf:2:7: this is not HCL: `= 1",
        "terraform validate",
    ),
    'resource "a" "b" {\n  x = 1\n  x = 2\n}\n': ("bad.tf:3:3: `x` is written twice", "line 2"),
    "<!doctype html><html>500</html>": (
        "bad.tf:1:1: this is a web page, not a file of Terraform",
        "*.tf",
    ),
    "": ("bad.tf is empty", "dbtcloud_job"),
    'variable "x" {}\n': ("there is no `dbtcloud_job` to import", "terraform show"),
    JOB + JOB: ("bad.tf:9: dbtcloud_job.daily is there twice", "bad.tf:1 too"),
    JOB.replace("{\n", "{\n  for_each = var.x\n", 1): ("there is no `dbtcloud_job`", "for_each"),
    JOB.replace('["dbt build"]', "var.steps"): ("there is no job to import", ""),
    '{"format_version": "1.0", "values": {"root_mod': (
        "bad.tf:1:",
        "it ends in the middle",
    ),
    '{"a": 1,\n "b": }': ("bad.tf:2:7 is not JSON", "terraform show -json"),
    '{"format_version": "1.0"}': ("has no resources of Terraform", "is empty"),
    '{"version": 4, "resources": []}': ("has no resources of Terraform", "the state file itself"),
    '{"resource": {"dbtcloud_job": {}}}': (
        "has no resources of Terraform",
        "configuration in JSON",
    ),
    '{"values": {"root_module": {"resources": []}}}': ("there is no `dbtcloud_job`", ""),
    '{"values": 5}': ("there is no `dbtcloud_job`", ""),
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_touches_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    Path("good.tf").write_text(JOB)
    assert run(["import", "terraform", "good.tf"]) == 0
    before = FILE.read_bytes()
    Path("bad.tf").write_text(text)
    capsys.readouterr()
    assert run(["import", "terraform", "bad.tf"]) == 2
    what, more = BAD[text]
    said = capsys.readouterr().err
    assert what in said
    assert more in said
    assert FILE.read_bytes() == before


def test_a_folder_without_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert run(["import", "terraform", "empty"]) == 2
    assert "*.tf" in capsys.readouterr().err
    Path("page.json").write_text("<html></html>")
    assert run(["import", "terraform", "page.json"]) == 2
    assert "page.json:1:1: this is a web page" in capsys.readouterr().err


def test_two_folders_are_two_modules(here: Path) -> None:
    for folder, name in (("one", "Eu"), ("two", "Us")):
        Path(folder).mkdir()
        Path(folder, "jobs.tf").write_text(
            JOB.replace('"Daily"', "var.name")
            + ENVIRONMENT.replace("Production", name)
            + f'variable "name" {{ default = "{name} daily" }}\n'
        )
    jobs = config_of(FILE, text_of(terraform.read([Path("one"), Path("two")]))).jobs
    assert {name: job.environment for name, job in jobs.items()} == {
        "eu-daily": "eu",
        "us-daily": "us",
    }


def variable(name: str, project: str) -> str:
    return (
        f'resource "dbtcloud_environment_variable" "{name.lower()}" {{\n  name = "{name}"\n'
        f"  project_id = 5\n  environment_values = {project}\n}}\n"
    )


def test_what_is_secret_is_not_repeated(here: Path) -> None:
    name = '"Daily"\n  description = "by ${sensitive("hunter1")}"'
    text = (
        JOB.replace('"Daily"', f"{name}\n  dbt_version = local.version")
        + ENVIRONMENT
        + 'locals { version = sensitive("hunter2") }\n'
        + 'variable "db_password" { default = "hunter3" }\n'
        + variable("DBT_FOO", '{ project = sensitive("hunter4") }')
        + variable("DBT_PASSWORD", '{ project = "hunter5", Other = "hunter6" }')
        + variable("DBT_BAR", '{ project = var.db_password, Other = "x${sensitive ("hunter7")}" }')
        + variable("DBT_ALL", 'sensitive({ project = "hunter8" })')
        + variable("DBT_DAY", '{ project = "1" }')
    )
    Path("jobs.tf").write_text(text)
    draft = terraform.read([Path("jobs.tf")])
    secrets = draft.environments["production"]["secrets"]
    assert secrets == ["DBT_FOO", "DBT_PASSWORD", "DBT_BAR"]
    assert draft.jobs["daily"]["env"] == {"DBT_DAY": "1"}
    assert "hunter" not in f"{draft.rows}{text_of(draft)}"


def test_environments_of_sensitive_numbers_are_still_several(here: Path) -> None:
    number = "dbtcloud_environment.prod.environment_id"
    jobs = [
        JOB.replace("daily", f"job{n}").replace("Daily", f"{n}").replace(number, f"sensitive({n})")
        for n in (1, 2)
    ]
    Path("jobs.tf").write_text("".join(jobs))
    draft = terraform.read([Path("jobs.tf")])
    assert len({each["environment"] for each in draft.jobs.values()}) == 2


@pytest.mark.parametrize(
    ("named", "threads"),
    [
        (["."], 12),
        (["jobs.tf", "b.auto.tfvars", "terraform.tfvars", "a.auto.tfvars"], 12),
        (["a.auto.tfvars", ".", "prod.tfvars"], 16),
        (["prod.tfvars", "."], 16),
        (["jobs.tf", "terraform.tfvars"], 4),
        (["jobs.tf"], 2),
    ],
)
def test_which_value_of_a_variable_counts(here: Path, named: list[str], threads: int) -> None:
    job = JOB.replace('"Daily"', '"Daily"\n  num_threads = var.threads')
    Path("jobs.tf").write_text(f'{job}{ENVIRONMENT}variable "threads" {{ default = 2 }}\n')
    given = {"terraform": 4, "a.auto": 8, "b.auto": 12, "prod": 16}
    for name, value in given.items():
        Path(f"{name}.tfvars").write_text(f"threads = {value}\n")
    draft = terraform.read([Path(each) for each in named])
    assert draft.jobs["daily"]["threads"] == threads


def test_a_schedule_that_is_not_known_is_none() -> None:
    """Without its hours it would run every hour."""
    file = Path("jobs.tf")
    text = ENVIRONMENT + JOB.replace("[4]", "[4, var.hour]")
    draft = read_text(file, text)
    assert "schedule" not in draft.jobs["daily"]["triggers"]
    [row] = [row for row in draft.rows if row.field.startswith("schedule_hours")]
    assert (row.fate, "var.hour" in row.why, "terraform show" in row.hint) == (
        "dropped",
        True,
        True,
    )


def test_what_is_written_alike_is_one_environment() -> None:
    both = JOB.replace("dbtcloud_environment.prod.environment_id", "var.prod_environment_id")
    ci = (
        both.replace('"daily"', '"ci"')
        .replace("prod_env", "ci_env")
        .replace("{ schedule", "{ github_webhook")
        .replace('["dbt build"]', '["dbt build -s state:modified+"]')
        .replace("project_id  ", "deferring_environment_id = var.prod_environment_id\nproject_id")
    )
    draft = read_text(Path("jobs.tf"), both + ci)
    assert draft.jobs["daily-ci"]["environment"] == "ci"
    assert draft.jobs["daily-ci"]["defer"] == {"to": "prod"}


def read_text(file: Path, text: str) -> Draft:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / file).write_text(text)
        return terraform.read([Path(folder) / file])


SAME: dict[str, Any] = {
    "name": "Daily",
    "environment_id": 70,
    "project_id": 5,
    "execute_steps": ["dbt seed", "dbt build --target prod --vars '{\"a\": 1}'"],
    "settings": {"threads": 8, "target_name": "default"},
    "execution": {"timeout_seconds": 3600},
    "generate_docs": True,
    "run_generate_sources": True,
    "triggers": {"github_webhook": False, "schedule": True, "on_merge": False},
    "description": "All of it",
}
AFTER: dict[str, Any] = {
    **SAME,
    "name": "After",
    "triggers": {"github_webhook": False, "schedule": False, "on_merge": False},
    "execute_steps": ["dbt test"],
}


def test_a_job_is_the_same_from_every_source(here: Path) -> None:
    cron = "30 4 * * 1-5"
    when = {"cron": cron, "date": {"type": "custom_cron", "cron": cron}}
    condition = {"condition": {"job_id": 1, "project_id": 5, "statuses": [10, 30]}}
    place = {"environment": {"name": "Production"}}
    cloud = [
        {**SAME, **place, "id": 1, "schedule": when, "deferring_job_definition_id": 1},
        {
            **AFTER,
            **place,
            "id": 2,
            "schedule": when,
            "job_completion_trigger_condition": condition,
        },
    ]
    expected = text_of(drafted_of(cloud, {}))
    code = {
        "daily": {**SAME, "linked_id": 1, "schedule": when, "deferring_job_definition_id": 1},
        "after": {
            **AFTER, "linked_id": 2, "schedule": when, "job_completion_trigger_condition": condition,
        },
    }  # fmt: skip
    Path("jobs.yml").write_text(json.dumps({"jobs": code}))
    assert (
        text_of(jobs_as_code.read([Path("jobs.yml")], environments={"70": "Production"}))
        == expected
    )
    flat = [
        {**flattened(SAME, cron), "self_deferring": True, "job_id": 1},
        {
            **flattened(AFTER, cron),
            "job_id": 2,
            "job_completion_trigger_condition": [
                {"job_id": 1, "project_id": 5, "statuses": ["success", "canceled"]}
            ],
        },
    ]
    Path("show.json").write_text(json.dumps(shown_of(flat)))
    assert text_of(terraform.read([Path("show.json")])) == expected
    flat[0] |= {"label": "daily", "job_id": None}
    flat[1] |= {"label": "after", "job_id": None}
    chain = flat[1].pop("job_completion_trigger_condition")[0]
    flat[1]["block"] = {**chain, "job_id": Raw("dbtcloud_job.daily.id")}
    for each in flat:
        each["environment_id"] = Raw("dbtcloud_environment.prod.environment_id")
    Path("jobs.tf").write_text(ENVIRONMENT + "".join(map(hcl_job, flat)))
    assert text_of(terraform.read([Path("jobs.tf")])) == expected


class Raw(str):
    """An expression of HCL."""


def flattened(job: dict[str, Any], cron: str) -> dict[str, Any]:
    flat = {name: value for name, value in job.items() if name not in ("settings", "execution")}
    return {
        **flat,
        "num_threads": job["settings"]["threads"],
        "target_name": job["settings"]["target_name"],
        "timeout_seconds": job["execution"]["timeout_seconds"],
        "schedule_type": "custom_cron",
        "schedule_cron": cron,
    }


def shown_of(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    environment = {"id": "5:70", "environment_id": 70, "name": "Production", "project_id": 5}
    resources = [
        {
            "address": "dbtcloud_environment.prod", "mode": "managed", "type": "dbtcloud_environment",
            "name": "prod", "values": environment,
        },
        *(
            {
                "address": f"dbtcloud_job.j{n}", "mode": "managed", "type": "dbtcloud_job",
                "name": f"j{n}", "values": {**job, "id": str(job["job_id"])},
            }
            for n, job in enumerate(jobs)
        ),
    ]  # fmt: skip
    return {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}


def hcl_job(job: dict[str, Any]) -> str:
    lines = [f'resource "dbtcloud_job" "{job["label"]}" {{']
    for name, value in job.items():
        if name == "block":
            inner = "\n".join(f"    {key} = {hcl_of(each)}" for key, each in value.items())
            lines.append(f"  job_completion_trigger_condition {{\n{inner}\n  }}")
        elif name not in ("label", "job_id"):
            lines.append(f"  {name} = {hcl_of(value)}")
    return "\n".join([*lines, "}\n"])


def hcl_of(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(hcl_of, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{hcl_of(k)} = {hcl_of(v)}' for k, v in value.items())} }}"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else text


def text_of(draft: Draft) -> str:
    return drafted(draft, None)


class Names:
    """A scope that knows one name."""

    def named(self, path: Any, text: str) -> Any:
        known = {("var", "x"): "X", ("var", "list"): ["a", "b"], ("var", "on"): True}
        return known.get(tuple(path), Unresolved(text=text, why="unknown"))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a ${var.x} $${b} %%{c} \\"d\\" \\\\ \\u00e9\\n"', 'a X ${b} %{c} "d" \\ é\n'),
        ('"${"nested ${var.x}"}"', "nested X"),
        ('"${var.on}-${1}-${null}"', "true-1-"),
        ('<<E\n a "b" ${var.x}\n\n  c\\n\nE', ' a "b" X\n\n  c\\n\n'),
        ("<<-E\n    a\n\n      b\n    E", "a\n\n  b\n"),
        ("[1, -2, 2.5, true, null, # c\n]", [1, -2, 2.5, True, None]),
        ('{ a = 1, "b" : 2, (var.x) = 3\n  d = 4 }', {"a": 1, "b": 2, "X": 3, "d": 4}),
        ("{ a = { b = [{ c = 1 }] } }", {"a": {"b": [{"c": 1}]}}),
        ("var.on ? (1) : 2", 1),
        ("!var.on", False),
        ('concat(var.list, ["c"])', ["a", "b", "c"]),
        ('join(",", var.list)', "a,b"),
        ("merge({a = 1}, {b = var.x})", {"a": 1, "b": "X"}),
        ('toset(["b", "a", "b"])', ["b", "a"]),
        ('tonumber("5")', 5),
        ("[var.x, var.y]", ["X", "var.y"]),
        ("upper(var.y)", "upper(var.y)"),
        ("[for s in var.list : s]", "[for s in var.list : s]"),
        ("var.list[*].id", "var.list[*].id"),
        ("var.x == 1 ? 2 : 3", "var.x == 1 ? 2 : 3"),
        ('"%{ if true }a%{ endif }"', '"%{ if true }a%{ endif }"'),
        ('"${var.list}"', '"${var.list}"'),
        ("[[[var.y]]]", [[["var.y"]]]),
    ],
)
def test_values(here: Path, written: str, value: Any) -> None:
    Path("a.tf").write_text(f"x = {written}\n")
    assert spelt(value_of(read_hcl(Path("a.tf")).attributes["x"], Names())) == value


def test_what_is_nested_deeply_is_not_known(here: Path) -> None:
    deep = f"{'[' * 3000}1{']' * 3000}"
    Path("a.tf").write_text(
        ENVIRONMENT + JOB.replace("project_id     = 5", f"description = {deep}")
    )
    draft = terraform.read([Path("a.tf")])
    assert draft.jobs["daily"]["description"] == "Daily"
    [row] = [row for row in draft.rows if row.field == "description"]
    assert (row.fate, "nested too deeply" in row.why) == ("dropped", True)


def test_crlf_and_a_byte_order_mark(here: Path) -> None:
    text = (ENVIRONMENT + JOB).replace("\n", "\r\n")
    Path("a.tf").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert terraform.read([Path("a.tf")]).jobs["daily"]["environment"] == "production"


words = st.sampled_from(
    ["", "a", "8", "true", "dbt build", "0 4 * * *", "Größe ${x}", "custom_cron"]
)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | words
    | st.sampled_from(
        [Raw("var.a"), Raw("var.given"), Raw("each.key"), Raw("module.m.x"), Raw('"x${var.b}"'),
         Raw("dbtcloud_job.j0.id"), Raw("dbtcloud_environment.e.environment_id"), Raw("upper(1)")]
    ),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["a", "b c", "schedule", "job_id", "statuses"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
bodies = st.fixed_dictionaries(
    {
        "execute_steps": st.lists(
            st.sampled_from(["dbt build", "dbt build -s state:modified", "make", Raw("var.step")]),
            max_size=3,
        )
    },
    optional={
        "environment_id": st.sampled_from([70, Raw("var.env_id"), Raw("data.dbtcloud_environment.d.id")]),
        "triggers": st.dictionaries(
            st.sampled_from(["schedule", "on_merge", "github_webhook"]),
            st.sampled_from([True, False, "true", Raw("var.on")]),
        ),
        "schedule_type": st.sampled_from(["every_day", "days_of_week", "custom_cron", Raw("var.t")]),
        "schedule_hours": st.lists(st.sampled_from([0, 5, 23, 24, "7"])),
        "deferring_environment_id": st.sampled_from([70, 0, Raw("var.env_id")]),
        "deferring_job_id": st.sampled_from([None, Raw("dbtcloud_job.j0.id"), Raw("dbtcloud_job.x.id")]),
        "self_deferring": st.booleans(),
        "is_active": st.sampled_from([True, True, False, "true"]),
        "block": st.fixed_dictionaries(
            {"job_id": st.sampled_from([Raw("dbtcloud_job.j0.id"), 5, Raw("var.j")])},
            optional={"statuses": st.lists(st.sampled_from(["success", "canceled", "error", "?"]))},
        ),
        **dict.fromkeys(
            ("name", "schedule_days", "schedule_interval", "schedule_cron", "num_threads", "target_name",
             "timeout_seconds", "execution", "description", "generate_docs", "job_type", "dbt_version",
             "run_lint", "lifecycle", "odd", "count", "job_completion_trigger_condition"),
            plain_values,
        ),
    },
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(bodies, min_size=1, max_size=3))
def test_whatever_it_is_the_result_is_valid(
    tmp_path_factory: pytest.TempPathFactory, given: list[dict[str, Any]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "whatever.tf"
    jobs = [{"label": f"j{n}", "project_id": 5, **body} for n, body in enumerate(given)]
    for job in jobs:
        if "block" in job:
            job.pop("job_completion_trigger_condition", None)
    sound = JOB.replace('"daily"', '"sound"').replace('"Daily"', '"Sound"')
    file.write_text(ENVIRONMENT + sound + "".join(map(hcl_job, jobs)))
    draft = terraform.read([file])
    assert "sound" in config_of(FILE, text_of(draft)).jobs
    told = {row.field.partition(".")[0].partition("[")[0] for row in draft.rows}
    renamed = {"block": "job_completion_trigger_condition"}
    for job in jobs:
        assert {renamed.get(name, name) for name in job if name != "label"} <= told
    for row in draft.rows:
        assert row.why or row.fate == "carried"
        assert bool(row.to) == (row.fate != "dropped")
