"""What looks like a secret that is written out, and what only sounds like one."""

import time

import pytest

from runner.secrecy import Secret, looks_secret, masked_where_named, secrets_in

TOKEN = f"ghp_{'0' * 36}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "hunter22"),
        ("DB_PASSWORD", "$ecretPass1"),
        ("db_password_prod", "swordfish"),
        ("MYSQL_PWD", "swordfish"),
        ("DBPASS", "swordfish"),
        ("password", 12345678),
        ("DBT_ENV_SECRET_X", "word"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("DATABRICKS_TOKEN", "abcdef0123456789"),
        ("apiKey", "abcdef0123456789"),
        ("SNOWFLAKE_PRIVATE_KEY", f"{'MIIEvQ' * 9}\n{'aB0' * 9}\nx=\n"),
        ("SNOWFLAKE_PRIVATE_KEY", f"{'MIIEvQ' * 9} {'aB0' * 9}"),
    ],
)
def test_a_secret_by_its_name(name: str, value: object) -> None:
    assert list(secrets_in(value, (name,))) == [Secret((name,), name, str(value))]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USE_TOKEN", "false"),
        ("use_password", True),
        ("partition_token", "daily"),
        ("partition_token", "2026-01-01"),
        ("api_key", "customer_id"),
        ("max_tokens", "4096 tokens0"),
        ("DB_PASSWORD", "{{ env_var('X') }}"),
        ("DB_PASSWORD", "$DB_PASSWORD"),
        ("DB_PASSWORD", "${{ secrets.DB_PASSWORD }}"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "***"),
        ("DB_PASSWORD", "<yours>"),
        ("TOKEN", "/run/secrets/token1"),
        ("TOKEN", "https://sts.example.com/token1"),
        ("CLIENT_SECRET", "arn:aws:secretsmanager:eu-central-1:1:secret:x"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/run/secrets/key2.json"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "secrets/service-account1.json"),
        ("A_CREDENTIALS", "$RUNNER_TEMP/service-account1.json"),
        ("B_CREDENTIALS", "${{ github.workspace }}/gha-creds-1.json"),
        ("KMS_ENCRYPTION_KEY", "alias/dbt-prod-1"),
        ("SECRET", "prod/dbt/snowflake"),
        ("MASK_PASSWORD", "sha256"),
        ("continuation_token", "2024-01-01T00:00"),
        ("PASSWORD_FILE", "secret_file_2"),
        ("bypass", "every check"),
        ("OLDPWD", "somewhere2"),
        ("DATABASE_URL", "postgres://db.example.com:5432/x"),
        ("DATABASE_URL", "postgres://me:$PASSWORD@db/x"),
        ("DATABASE_URL", "postgres://me@db/x"),
    ],
)
def test_none_although_it_sounds_so(name: str, value: object) -> None:
    assert list(secrets_in(value, (name,))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a {TOKEN} b", {TOKEN}),
        ("postgres://me:hunter22@db/x", {"postgres://me:hunter22@"}),
        ("https://hooks.slack.com/services/T0/B0/x1", {"hooks.slack.com/services/T0/B0/x1"}),
        ("x -----BEGIN RSA PRIVATE KEY-----\nabc\n", {"-----BEGIN RSA PRIVATE KEY-----\nabc\n"}),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.sig", {"eyJhbGciOiJI.eyJzdWIiOiIx.sig"}),
        ("dbt build --vars '{password: hunter22, day: 1}'", {"hunter22"}),
        ("""dbt build --vars '{"a": {"db_password": "a b, c"}}'""", {"a b, c"}),
        (f"dbt build --vars 'api_token: {TOKEN}'", {TOKEN}),
        ("PGPASSWORD=hunter22 dbt build", {"hunter22"}),
        ("PGPASSWORD='hunter 22' dbt build", {"hunter 22"}),
        ("host=x password=hunter22 user=me", {"hunter22"}),
        ("jdbc:snowflake://x.example.com/?user=a&password=hunter22&role=b", {"hunter22"}),
        ("Driver=x;Uid=a;Pwd=hunter22;", {"hunter22"}),
        ("a --password hunter22 --password=hunter33", {"hunter22", "hunter33"}),
        (r'dbt build --vars "{\"password\": \"hunter22\"}"', {"hunter22"}),
        ("dbt build --vars '{password: my hunter22, a: 1}'", {"my hunter22"}),
        ("dbt build --vars password:hunter22 --select x", {"hunter22"}),
        ("PGPASSWORD=$PGPASSWORD dbt build --select a=b", set[str]()),
        ("dbt build --vars '{password_file: /x/y, use_token: false, token: daily}'", set[str]()),
        ("dbt build --select tag:secret tag:token1234567", set[str]()),
    ],
)
def test_the_part_of_a_text_that_is_one(text: str, found: set[str]) -> None:
    assert {secret.text for secret in secrets_in(text, ("steps", 0))} == found


def test_however_deep() -> None:
    value = {"creds": {"password": "hunter22"}, "keys": [{"token": "abcdef012"}]}
    assert list(secrets_in(value, ("vars",))) == [
        Secret(("vars", "creds", "password"), "password", "hunter22"),
        Secret(("vars", "keys", 0, "token"), "token", "abcdef012"),
    ]


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a:",
        "eyJaaaaaaaa-",
        "eyJaaaaaaaa.",
        "a.b",
        "x://a:b",
        "a:' ",
        "a=",
        'a=" ',
        "--a ",
        "a: b ",
        "\\",
    ],
)
def test_a_hostile_text_takes_no_time(piece: str) -> None:
    started = time.monotonic()
    list(secrets_in(piece * (500_000 // len(piece)), ("x",)))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("SNOWFLAKE_PASSWORD_PROD", True),
        ("DB_PASS_CI", True),
        ("PASSWORD2", True),
        ("PASSWORD_FILE", False),
        ("PASSWORD_PRODUCT", False),
    ],
)
def test_a_stage_behind_the_word(name: str, *, secret: bool) -> None:
    assert looks_secret(name) == secret


def test_only_the_place_is_masked() -> None:
    text = "dbt test --vars '{password: test, b: test}' PGPASSWORD=prod production"
    masked = "dbt test --vars '{password: ***, b: test}' PGPASSWORD=*** production"
    assert masked_where_named(text, "***") == masked
