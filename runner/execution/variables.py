"""The environment variables of dbt's process, and what of them is secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from runner.errors import ConfigInvalid
from runner.execution.request import Request
from runner.masking import Mask
from runner.model import Config
from runner.reports.text import secret_command

# A child that runs a repository's own macros gets nothing that speaks for the workflow.
WITHHELD = frozenset(
    {
        "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
        # dbt's working folder is the project, so a path that is meant from elsewhere would mislead.
        "DBT_PROJECT_DIR",
    }
)  # fmt: skip
TOKENS = frozenset(
    {"GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"}
)
WITHHELD_PREFIXES = ("ACTIONS_", "INPUT_")
SECRET_PREFIX = "DBT_ENV_SECRET_"  # noqa: S105 - dbt's own prefix, not a secret
# dbt Cloud's words for why a run started.
REASON_CATEGORIES = {
    "schedule": "scheduled",
    "pull_request": "github_pull_request",
    "merge": "merge",
    "job": "job_completion",
}


def dbt_variables(
    config: Config,
    request: Request,
    run_id: str,
    commit: str,
    target: str,
    environ: Mapping[str, str],
) -> dict[str, str]:
    """Everything that dbt's process sees: later lines win over earlier ones."""
    _check_secrets(request, environ)
    return {
        **without_secrets(config, environ, but=request.environment.secrets),
        **cloud_variables(config, request, run_id, commit),
        **request.job.env,
        "DBT_TARGET_PATH": target,
    }


def without_secrets(
    config: Config, environ: Mapping[str, str], but: Collection[str] = ()
) -> dict[str, str]:
    """The environment without what speaks for the workflow, and without secrets other than these."""
    secret = _secret_names(config, environ)
    return {
        name: value
        for name, value in environ.items()
        if name in but
        or not (name in WITHHELD or name in secret or name.startswith(WITHHELD_PREFIXES))
    }


def secret_mask(config: Config, environ: Mapping[str, str]) -> Mask:
    """Masks every secret that is set: the jobs file's, DBT_ENV_SECRET_ and the workflow's tokens."""
    names = _secret_names(config, environ) | TOKENS
    return Mask(environ[name] for name in names if name in environ)


def _secret_names(config: Config, environ: Mapping[str, str]) -> set[str]:
    named = {name for environment in config.environments.values() for name in environment.secrets}
    addresses = [channel.address for channel in config.notifications.values()]
    addresses += [each.token for job in config.jobs.values() for each in job.dispatches]
    variables = {address[1:] for address in addresses if address.startswith("$")}
    return named | variables | {name for name in environ if name.startswith(SECRET_PREFIX)}


def cloud_variables(config: Config, request: Request, run_id: str, commit: str) -> dict[str, str]:
    """What dbt Cloud sets, so that projects which read it in macros move over unchanged."""
    ci = not request.job.deploys
    return {
        "DBT_CLOUD_PROJECT_ID": config.project.name,
        "DBT_CLOUD_JOB_ID": request.job.name,
        "DBT_CLOUD_RUN_ID": run_id,
        "DBT_CLOUD_RUN_REASON_CATEGORY": REASON_CATEGORIES.get(request.trigger, "other"),
        "DBT_CLOUD_RUN_REASON": request.cause,
        "DBT_CLOUD_ENVIRONMENT_ID": request.environment.name,
        "DBT_CLOUD_ENVIRONMENT_NAME": request.environment.name,
        "DBT_CLOUD_ENVIRONMENT_TYPE": "staging" if ci else "prod",
        "DBT_CLOUD_INVOCATION_CONTEXT": "ci" if ci else "prod",
        "DBT_CLOUD_PR_ID": str(request.pr_number or ""),
        "DBT_CLOUD_GIT_SHA": commit,
    }


def other_secrets(config: Config, request: Request, environ: Mapping[str, str]) -> list[str]:
    """Names of secrets that are set, but that this job's environment doesn't name."""
    present = _secret_names(config, environ) & set(environ)
    return sorted(present - set(request.environment.secrets))


def _check_secrets(request: Request, environ: Mapping[str, str]) -> None:
    missing = [name for name in request.environment.secrets if not environ.get(name)]
    if missing:
        raise ConfigInvalid(
            f"secret{'s' if len(missing) > 1 else ''} {', '.join(missing)} not set",
            why=f"environment `{request.environment.name}` names what its jobs need",
            hint=f"on GitHub: {secret_command(missing[0], request.environment.github_environment)};"
            " dbt-gitops sync passes it on, a workflow of one's own names it in its `env:`;"
            f" here: export {missing[0]}=…",
        )
