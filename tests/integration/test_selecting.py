"""What dbt selects, asked all at once, is what `dbt ls` prints and what its commands run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.builds.facts import Builds, nothing_selected, sizes
from runner.builds.misses import misses
from runner.cli.asking import asked
from runner.config import load
from runner.errors import ConfigInvalid, DbtFailed
from runner.model import Config
from runner.steps import parse_step
from tests.conftest import EXAMPLE, MADE, Project, clean_environ, dbt_python
from tests.processes import workers

# `dbt ls` takes the same words as the others, and the resource types besides.
LISTED = (
    "",
    "--select stg_orders",
    "--select stg_orders+",
    "--select +orders",
    "--select 1+orders+1",
    "--select @stg_orders",
    "--select tag:ingestion",
    "--select tag:ingestion+ --exclude stg_payments",
    "--select tag:ing*",
    "--select path:models/marts",
    "--select models/staging/stg_orders.sql",
    "--select marts.*",
    "--select jaffle_duckdb",
    "--select config.materialized:incremental+",
    "--select resource_type:source source:*",
    "--select tag:ingestion,resource_type:model",
    "--select orders customers --exclude test_type:generic",
    "--exclude resource_type:test",
    "--resource-type seed snapshot",
    "--resource-types model --select +exposure:*",
    "--exclude-resource-type test unit_test --select orders+",
    "--select orders --indirect-selection cautious",
    "--select orders --indirect-selection buildable",
    "--select orders stg_orders --indirect-selection empty",
    "--selector nightly",
    "--selector staged --indirect-selection empty",
    "--models orders+",
    "--select tag:ingestoin",
    "--select switched_off",
    "--select orders,stg_stores",
)
FAILING = (
    "--selector nightley",
    "--indirect-selection sometimes",
    "--select tagg:ingestion orders",
)
RUN = (
    "seed",
    "build --select tag:ingestion --exclude resource_type:seed",
    "build --selector nightly",
    "run --select +orders",
    "run --select path:models/marts",
    "test --select orders --indirect-selection cautious",
    "snapshot",
    "source freshness",
    "compile --select stg_orders+1",
)
STATEFUL = (
    "build --select state:modified+",
    "run --exclude state:unmodified",
    "test --select 1+result:fail",
    "build --select source_status:fresher+,tag:ingestion",
    "build --selector changed",
)
# Each beside what it selects where nothing differs from the state, and where everything does.
NOTHING = "run --select nothing_at_all"
BOUNDS = (
    ("run --select state:modified+", NOTHING, "run"),
    ("run --select state:modified+ path:models/marts", "run --select path:models/marts", "run"),
    ("run --select 1+state:new,tag:ingestion", NOTHING, "run --select tag:ingestion"),
    ("run --exclude state:unmodified", NOTHING, "run"),
    ("run --exclude tag:ingestion,state:old", "run --exclude tag:ingestion", "run"),
    ("run --selector changed", "run --select stg_orders", "run"),
    ("run --selector calm", NOTHING, "run --select tag:ingestion"),
    (
        "run --select state:modified+ orders --exclude tag:ingestion",
        "run --select orders --exclude tag:ingestion",
        "run --exclude tag:ingestion",
    ),
    (
        "build --select state:modified orders --indirect-selection cautious",
        "build --select orders --indirect-selection cautious",
        "build --indirect-selection cautious",
    ),
)
UNMATCHED = (
    ("run --select state:modified+ --exclude tag:ingestoin", ("tag:ingestoin",)),
    ("run --select state:modified+,tag:nope", ("state:modified+,tag:nope",)),
    ("run --select state:modified+ nope", ("nope",)),
    ("run --exclude state:modified+,tag:nope", ("state:modified+,tag:nope",)),
    ("run --select state:modified+,tag:ingestion", ()),
    ("run --exclude state:modified+,tag:ingestion", ()),
)
SELECTORS = """\
selectors:
  - name: nightly
    definition:
      union:
        - { method: tag, value: ingestion, children: true }
        - exclude: [{ method: fqn, value: stg_payments }]
  - { name: staged, definition: { method: path, value: models/staging, indirect_selection: empty } }
  - name: calm
    definition:
      intersection:
        - { method: tag, value: ingestion }
        - union: ["*", { exclude: [{ method: state, value: modified }] }]
  - { name: changed, definition: { union: [{ method: state, value: modified }, stg_orders] } }
"""
BESIDE = (*(text for texts in BOUNDS for text in texts), *(text for text, _ in UNMATCHED))
# What dbt's own commands select, by its own interface, in one process.
SCRIPT = """\
import json, shlex, sys
from dbt.cli.main import dbtRunner

found = {}
for text in json.load(sys.stdin):
    words = shlex.split(text)
    more = ["--output", "json", "--output-keys", "unique_id"] if words[0] == "ls" else []
    outcome = dbtRunner().invoke(["--quiet", *words, *more])
    if outcome.exception:
        found[text] = None
    elif words[0] == "ls":
        found[text] = sorted(json.loads(line)["unique_id"] for line in outcome.result)
    else:
        found[text] = sorted(each.node.unique_id for each in outcome.result.results)
sys.stdout = sys.__stdout__
json.dump(found, open("found.json", "w"))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example with selectors, a disabled model, and a job of all these steps."""
    path = tmp_path_factory.mktemp("shop") / EXAMPLE.name
    project = Project(path=shutil.copytree(EXAMPLE, path, ignore=MADE))
    project.write("selectors.yml", SELECTORS)
    project.write("models/switched_off.sql", "{{ config(enabled=false) }} select 1 as id\n")
    steps = [f"dbt ls {words}".strip() for words in (*LISTED, *FAILING)]
    steps += [f"dbt {words}" for words in (*RUN, *STATEFUL, *BESIDE, "deps")]
    jobs = {
        name: {"environment": "production", "steps": steps, "defer": {"to": "self"}, **more}
        for name, more in (("all", {}), ("again", {}), ("other", {"vars": {"x": 1}}))
    }
    pinned = {"core": "1.11.*", "adapter": "duckdb==1.11.*"}
    environments = {"production": {"target": "prod", "dbt": pinned}}
    content = {"version": 1, "environments": environments, "jobs": jobs}
    project.write("dbt_jobs.yml", json.dumps(content))
    return project


def config_of(project: Project) -> Config:
    loaded = load(project.path / "dbt_jobs.yml")
    assert loaded.config, loaded.problems
    return loaded.config


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def builds(shop: Project, said: list[str]) -> Builds:
    return asked(config_of(shop), clean_environ(os.environ), said.append)


@pytest.fixture(scope="module")
def theirs(shop: Project, builds: Builds) -> dict[str, list[str] | None]:
    """After ours, so that nothing is there yet when ours is asked."""
    python = dbt_python(shop.path)
    texts = [f"ls {words}".strip() for words in (*LISTED, *FAILING)] + [*RUN]
    subprocess.run(
        [python, "-c", SCRIPT],
        cwd=shop.path,
        env=clean_environ(os.environ),
        input=json.dumps(texts),
        stdout=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    found: dict[str, list[str] | None] = json.loads((shop.path / "found.json").read_text())
    return found


@pytest.mark.parametrize("words", LISTED)
def test_it_is_what_dbt_ls_prints(
    words: str, builds: Builds, theirs: dict[str, list[str] | None]
) -> None:
    text = f"ls {words}".strip()
    answer = builds.of(parse_step(f"dbt {text}"))
    assert answer
    assert answer.unique_ids is not None, answer.error
    assert sorted(answer.unique_ids) == theirs[text]


@pytest.mark.parametrize("words", FAILING)
def test_what_dbt_refuses_is_its_own_error(
    words: str, builds: Builds, theirs: dict[str, list[str] | None]
) -> None:
    answer = builds.of(parse_step(f"dbt ls {words}"))
    assert answer
    assert theirs[f"ls {words}"] is None
    assert (answer.unique_ids, answer.error != "") == (None, True)


@pytest.mark.parametrize("text", RUN)
def test_it_is_what_a_command_runs(
    text: str, builds: Builds, theirs: dict[str, list[str] | None]
) -> None:
    """Each command takes the types that are its own; an ephemeral model has no result."""
    answer = builds.of(parse_step(f"dbt {text}"))
    assert answer
    assert answer.unique_ids is not None, answer.error
    lasting = {each for each in answer.unique_ids if builds.nodes[each].materialized != "ephemeral"}
    assert sorted(lasting) == theirs[text]
    assert lasting


@pytest.mark.parametrize("text", STATEFUL)
def test_what_compares_with_state_is_not_guessed(text: str, builds: Builds) -> None:
    answer = builds.of(parse_step(f"dbt {text}"))
    assert answer
    assert (answer.error, answer.is_known) == ("", False)


@pytest.mark.parametrize(("text", "surely", "at_most"), BOUNDS)
def test_what_stands_beside_state_is_answered(
    text: str, surely: str, at_most: str, builds: Builds
) -> None:
    """As the same without state, where that selects nothing, and where it selects everything."""
    answer = builds.of(parse_step(f"dbt {text}"))
    assert answer
    least, most = (builds.of(parse_step(f"dbt {each}")) for each in (surely, at_most))
    assert least
    assert most
    assert answer.unique_ids == least.unique_ids
    assert answer.at_most == most.unique_ids
    assert answer.by_state == (most.unique_ids or frozenset()) - (least.unique_ids or frozenset())


@pytest.mark.parametrize(("text", "criteria"), UNMATCHED)
def test_what_nothing_has_is_found_beside_state(
    text: str, criteria: tuple[str, ...], builds: Builds
) -> None:
    answer = builds.of(parse_step(f"dbt {text}"))
    assert answer
    assert answer.unmatched == criteria


def test_the_same_selection_is_asked_once(builds: Builds, said: list[str], shop: Project) -> None:
    asked_for = len({*LISTED}) + len(FAILING) + len({*RUN, *STATEFUL, *BESIDE})
    assert len(builds.answers) == asked_for
    assert any(f"selections to answer: {asked_for}" in text for text in said)
    assert builds.of(parse_step("dbt deps")) is None
    assert builds.otherwise == {"other"}


def test_facts_of_nodes(builds: Builds) -> None:
    orders = builds.nodes["model.jaffle_duckdb.orders"]
    assert (orders.folder, orders.path) == ("marts", "models/marts/orders.sql")
    assert (orders.resource_type, orders.package, orders.enabled) == (
        "model",
        "jaffle_duckdb",
        True,
    )
    assert not builds.nodes["model.jaffle_duckdb.switched_off"].enabled
    assert builds.selectors == ("calm", "changed", "nightly", "staged")


def test_misses_and_sizes_of_the_real_thing(builds: Builds, shop: Project) -> None:
    jobs = [config_of(shop).jobs["all"]]
    found = {miss.criterion: miss for miss in misses(builds, jobs)}
    assert found["tag:ingestoin"].nearest == "tag:ingestion"
    assert found["tagg:ingestion"].nearest == "tag:ingestion"
    assert found["switched_off"].disabled
    assert (found["orders,stg_stores"].part, found["orders,stg_stores"].nearest) == ("", "")
    assert found["nightley"].nearest == "nightly"
    nothing = {jobs[0].steps[index].text for _, index in nothing_selected(builds, jobs)}
    assert nothing == {
        "dbt ls --select tag:ingestoin",
        "dbt ls --select switched_off",
        "dbt ls --select orders,stg_stores",
        f"dbt {NOTHING}",
        "dbt run --select state:modified+,tag:nope",
    }
    assert sizes(builds, jobs)["all"]["snapshot"] == 1


def test_a_manifest_that_is_there_gives_the_same(
    shop: Project, builds: Builds, theirs: dict[str, list[str] | None]
) -> None:
    manifest = shop.path / "target" / "manifest.json"
    again = asked(config_of(shop), clean_environ(os.environ), lambda _: None, manifest)
    assert again.answers == builds.answers
    assert again.nodes == builds.nodes


def test_a_project_that_cant_be_parsed_is_dbts_error(tiny: Project) -> None:
    tiny.write("models/broken.sql", "select * from {{ ref('nothing') }}\n")
    with pytest.raises(DbtFailed) as error:
        asked(config_of(tiny), clean_environ(os.environ), lambda _: None)
    assert "nothing" in str(error.value.why)


def test_a_cycle_is_dbts_error(tiny: Project) -> None:
    tiny.write("models/before.sql", "select * from {{ ref('after') }}\n")
    tiny.write("models/after.sql", "select * from {{ ref('before') }}\n")
    with pytest.raises(DbtFailed) as error:
        asked(config_of(tiny), clean_environ(os.environ), lambda _: None)
    assert "Found a cycle: model.tiny.after --> model.tiny.before" in str(error.value.why)


def test_a_manifest_that_isnt_one(tiny: Project) -> None:
    tiny.write("other.json", "{}")
    with pytest.raises(ConfigInvalid, match=r"other\.json is not a manifest of dbt"):
        asked(config_of(tiny), clean_environ(os.environ), lambda _: None, tiny.path / "other.json")


def test_an_executable_cant_be_asked(tiny: Project, tmp_path: Path) -> None:
    text = (tiny.path / "dbt_jobs.yml").read_text()
    pin = 'dbt: { core: "1.11.*", adapter: "duckdb==1.11.*" }'
    tiny.write("dbt_jobs.yml", text.replace(pin, "dbt: { executable: /bin/true }"))
    with pytest.raises(ConfigInvalid, match="can't be asked"):
        asked(config_of(tiny), clean_environ(os.environ), lambda _: None)


ASKS = """\
import os, sys
from pathlib import Path
from runner.cli.asking import asked
from runner.config import load

asked(load(Path("dbt_jobs.yml")).config, os.environ, lambda text: print(text, flush=True))
"""


def test_ctrl_c_ends_dbt_too(tiny: Project) -> None:
    tiny.write("models/slow.sql", "{% for n in range(10 ** 9) %}{% endfor %} select 1 as id\n")
    process = subprocess.Popen(
        [sys.executable, "-c", ASKS],
        cwd=tiny.path,
        env=clean_environ(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert any("parses the project" in line for line in process.stdout)
    [_] = workers(tiny)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert workers(tiny) == []
