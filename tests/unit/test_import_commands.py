"""Foreign commands as steps: what is kept is a step that the jobs file takes, and nothing raises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from runner.config import from_bytes
from runner.importing.commands import StepOf, step_of, steps_of, with_options
from runner.steps import COMMANDS, parse_step

OURS = (
    "--target",
    "-t",
    "--threads",
    "--profiles-dir",
    "--project-dir",
    "--state",
    "--defer-state",
)
FLAGS = ("--defer", "--no-defer", "--target-path", "--no-write-json")


@pytest.mark.parametrize(
    ("text", "step", "settings"),
    [
        ("dbt build", "dbt build", {}),
        (" dbt build ", "dbt build", {}),
        ("dbt  run --select 'tag:x path:y'", "dbt  run --select 'tag:x path:y'", {}),
        ("dbt deps", "dbt deps", {}),
        ("dbt docs generate", "dbt docs generate", {}),
        ("dbt source freshness -s raw", "dbt source freshness -s raw", {}),
        ("dbt build --target prod", "dbt build", {"target": "prod"}),
        ("dbt build --target=prod -x", "dbt build -x", {"target": "prod"}),
        ("dbt build -tprod", "dbt build", {"target": "prod"}),
        ("dbt build --threads 8 -s a", "dbt build -s a", {"threads": 8}),
        ("dbt build --threads many", "dbt build", {}),
        ("dbt build --threads 0", "dbt build", {}),
        ("dbt build --target", "dbt build", {}),
        ("dbt run --full-refresh", "dbt run --full-refresh", {}),
        ("dbt run --vars '{a: 1}'", "dbt run --vars '{a: 1}'", {}),
        ("dbt run --project-dir x --profiles-dir .", "dbt run", {"project": "x", "profiles_dir": "."}),
        (
            "dbt build -s state:modified+ --defer --state ./prod --favor-state",
            "dbt build -s state:modified+ --favor-state",
            {"defer": True, "state": "./prod"},
        ),
        ("dbt build --defer --defer-state p", "dbt build", {"defer": True, "state": "p"}),
        ("dbt build --no-defer", "dbt build", {"defer": False}),
        ("dbt build --target-path out --no-write-json", "dbt build", {}),
        ("dbt --target prod --no-use-colors run -s a", "dbt run --no-use-colors -s a", {"target": "prod"}),
        ("dbt --warn-error docs generate", "dbt docs generate --warn-error", {}),
        ("dbt seed \\\n  --full-refresh", "dbt seed    --full-refresh", {}),
        ("dbt seed\n  --full-refresh\n", "dbt seed   --full-refresh", {}),
        ("dbt build # all of it", "dbt build", {}),
        ("REGION=US uv run dbt build", "dbt build", {"env": {"REGION": "US"}}),
        ("python -m dbt build", "dbt build", {}),
        ("dbt run-operation g --args '{a: $b}'", "dbt run-operation g --args '{a: $b}'", {}),
    ],
)  # fmt: skip
def test_what_is_kept(text: str, step: str, settings: dict[str, Any]) -> None:
    found = step_of(text)
    assert (found.step, found.settings, found.hint) == (step, settings, "")
    assert bool(found.why) == (text.strip() != step), "what was changed is told"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "isn't a dbt command"),
        ("python load.py", "isn't a dbt command"),
        ("edr report", "isn't a dbt command"),
        ("dbt", "no dbt command is named"),
        ("dbt compare", "`compare` is not a dbt command"),
        ("dbt docs serve", "waits for a person"),
        ("dbt build | tee log", "`|` is for a shell"),
        ("dbt build;dbt test", "`;` is for a shell"),
        ("dbt build || true", "`||` is for a shell"),
        ("dbt build >log", "`>` is for a shell"),
        ("dbt build --select $(cat models)", "`$` is for a shell"),
        ("dbt build --target $TARGET", "`$` is for a shell"),
        ('dbt build --vars "{a: $A}"', "`$` is for a shell"),
        ("dbt build --target ${{ vars.TARGET }}", "is worked out by GitHub"),
        ("dbt build --select `cat models`", "is for a shell"),
        ("dbt build --select 'x", "quotes don't match"),
        ("dbt build --vars x", "is not a mapping"),
        ("dbt build\x07", "control characters"),
        ("dbt run && dbt test", "it is 2 commands"),
    ],
)
def test_what_is_dropped(text: str, why: str) -> None:
    found = step_of(text)
    assert found.step is None
    assert why in found.why
    assert found.hint


def test_several_commands() -> None:
    found = steps_of("dbt deps && dbt build --target prod &&\npython notify.py\ndbt test # last\n")
    assert [each.step for each in found] == ["dbt deps", "dbt build", None, "dbt test"]
    assert all(each.why.startswith("it is a step of its own") for each in found)
    assert [each.step for each in steps_of("dbt run -s 'a && b'")] == ["dbt run -s 'a && b'"]


def test_options_go_back_where_the_steps_of_a_job_do_not_agree() -> None:
    found = with_options(step_of("dbt build --target 'my prod' --threads 4"), "target")
    assert found.step == "dbt build --target 'my prod'"
    assert found.settings == {"threads": 4}
    assert with_options(step_of("dbt build"), "target") == step_of("dbt build")


words = st.sampled_from(
    [
        *OURS, *FLAGS, "--select", "-s", "tag:x+", "--vars", "'{a: 1}'", "--full-refresh", "=", "x",
        "'", '"', "&&", "|", "$X", "\\", "\n", "#", "--target=prod", "-tx", "8", "--threads=9", "[",
    ]
)  # fmt: skip
commands = st.builds(
    lambda command, args, glue: glue.join(["dbt", *command.split(), *args]),
    st.sampled_from(sorted(COMMANDS)),
    st.lists(words, max_size=8),
    st.sampled_from([" ", " ", "\t", ""]),
)


@given(st.one_of(commands, st.text()))
@example("dbt build --target --threads 8 -t")
@example("dbt run --args '--target' x")
def test_nothing_raises_and_what_is_kept_is_valid(text: str) -> None:
    for found in steps_of(text):
        if found.step is None:
            assert found.why
            assert found.hint
            continue
        step = parse_step(found.step)
        assert all(step.option(flag) is None for flag in (*OURS, *FLAGS))
        again = step_of(found.step)
        assert (again.step, again.settings) == (found.step, {}), "what is kept stays as it is"
        assert loads(found)


def loads(found: StepOf) -> bool:
    """Whether a jobs file takes the step beside all that the job says of its settings."""
    said = {key: found.settings[key] for key in ("target", "threads") if key in found.settings}
    jobs: dict[str, Any] = {
        "version": 1,
        "environments": {"production": {"target": "prod", "profiles_dir": "x"}},
        "jobs": {
            "daily": {
                "environment": "production",
                "triggers": {"dispatch": True},
                "steps": [found.step],
                "defer": {"to": "production"},
                "threads": 4,
                **said,
            }
        },
    }
    text = yaml.safe_dump(jobs, allow_unicode=True)
    return from_bytes(Path("dbt_jobs.yml"), text.encode()).errors == ()


def test_an_expression_of_github_is_one_thing() -> None:
    (found,) = steps_of("dbt build ${{ inputs.full && '--full-refresh' || '' }}")
    assert found.step is None
    assert found.lost
    assert found.why.startswith("`${{ inputs.full && '--full-refresh' || '' }}` is worked out by")
