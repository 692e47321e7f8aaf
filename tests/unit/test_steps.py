import pytest

from runner.steps import COMMANDS, NotADbtCommand, parse_step


@pytest.mark.parametrize(
    ("text", "command", "args"),
    [
        ("dbt build", "build", ()),
        ("dbt  run --select 'tag:x path:y' ", "run", ("--select", "tag:x path:y")),
        ("dbt source freshness", "source freshness", ()),
        ("dbt docs generate --no-compile", "docs generate", ("--no-compile",)),
        ("dbt run-operation grant --args '{a: 1}'", "run-operation", ("grant", "--args", "{a: 1}")),
        ("dbt seed\n  --full-refresh\n", "seed", ("--full-refresh",)),
        ("dbt run -sstate:modified+ a -tci", "run", ("-s", "state:modified+", "a", "-t", "ci")),
        ("dbt run -fs state:modified+", "run", ("-f", "-s", "state:modified+")),
        ("dbt run -xfstag:a", "run", ("-x", "-f", "-s", "tag:a")),
        ("dbt run -s=a -x -f", "run", ("-s", "=a", "-x", "-f")),
        ("dbt show --limit -1", "show", ("--limit", "-1")),
    ],
)
def test_steps(text: str, command: str, args: tuple[str, ...]) -> None:
    step = parse_step(text)
    assert (step.text, step.command, step.args) == (text, command, args)
    assert step.words == (*command.split(), *args)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command(command: str) -> None:
    assert parse_step(f"dbt {command}").command == command


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "starts with `dbt`"),
        ("build", "starts with `dbt`"),
        ("dbt", "no dbt command is named"),
        ("dbt biuld", "`biuld` is not a dbt command"),
        ("dbt --debug build", "options belong after the command"),
        ("dbt docs", "needs a second word: `dbt docs generate` or `dbt docs serve`"),
        ("dbt docs serve", "waits for a person"),
        ("dbt init", "waits for a person"),
        ("dbt deps && dbt build", "`&&` is for a shell"),
        ("dbt build > log", "`>` is for a shell"),
        ("dbt build $(cat x)", "is for a shell"),
        ("dbt build --select 'x", "quotes don't match"),
        ("dbt build --select", "`--select` needs a value"),
        ("dbt build -s --exclude x", "`-s` needs a value"),
        ("dbt build --selector --full-refresh", "`--selector` needs a value"),
        ("dbt run-operation x --args", "`--args` needs a value"),
    ],
)
def test_what_is_not_a_step(text: str, why: str) -> None:
    with pytest.raises(NotADbtCommand) as caught:
        parse_step(text)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("args", "value"),
    [
        ("--target prod", "prod"),
        ("--target=prod", "prod"),
        ("-t prod", "prod"),
        ("-tprod", "prod"),
        ("--target ''", ""),
        ("--target=", ""),
        ("--select target", None),
        ("--target-path x", None),
    ],
)
def test_options(args: str, value: str | None) -> None:
    assert parse_step(f"dbt build {args}").option("--target", "-t") == value


def test_criteria() -> None:
    step = parse_step("dbt build -s a b,c --exclude=d --full-refresh --models 'e f' --vars 'g: h'")
    assert list(step.criteria()) == [
        ("-s", "a"),
        ("-s", "b,c"),
        ("--exclude", "d"),
        ("--models", "e"),
        ("--models", "f"),
    ]


@pytest.mark.parametrize(
    ("selection", "needs"),
    [
        ("--select state:modified+", True),
        ("-s tag:x,1+state:new", True),
        ("-s @state:modified", True),
        ("--exclude result:error", True),
        ("-s tag:x source_status:fresher+", True),
        ("-s tag:state", False),
        ("--select estate:x", False),
        ("--vars 'state:modified'", False),
    ],
)
def test_comparing_with_state(selection: str, needs: bool) -> None:
    assert parse_step(f"dbt build {selection}").needs_state is needs


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("dbt build --select state:modified+", "dbt build"),
        ("dbt build --select state:modified+ tag:x --threads 4", "dbt build --threads 4"),
        ("dbt build -s tag:x,state:modified", "dbt build -s tag:x"),
        ("dbt build -s tag:x --exclude state:old", "dbt build -s tag:x"),
        ("dbt build -s state:new --exclude tag:y", "dbt build --exclude tag:y"),
    ],
)
def test_a_full_build_instead(written: str, full: str) -> None:
    assert parse_step(written).without_state().text == full


def test_selecting_exactly() -> None:
    step = parse_step("dbt build -s tag:x --exclude y --indirect-selection eager --full-refresh")
    assert step.selecting(("a", "b")).text == (
        "dbt build --full-refresh --select a b --indirect-selection empty"
    )
