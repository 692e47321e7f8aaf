"""What is known of a project, and what was chosen, as the draft of its jobs file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from runner.dbt.profiles import FILE
from runner.importing.draft import Draft, name_of
from runner.importing.proposing.look import Found
from runner.importing.proposing.profile import PRODUCTION, Target
from runner.importing.proposing.variables import Variable, settled, to_hand_over
from runner.reports.text import counted, listed, one_line

HOUR = 5
# Of models, up to which a build has so long at most.
_TIMEOUTS = ((100, "1h"), (500, "2h"))
_LONGEST = "4h"
_MOST_TAGS = 5
NOTIFICATIONS = """\
GitHub mails whoever changed the schedule last when a run fails. For a channel of your own:
notifications:
  data-alerts: { slack: $SLACK_WEBHOOK_URL }
and `notify: { data-alerts: [failure] }` in the jobs, or once for all in `defaults`."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """``ci_target`` is "" for no job of pull requests."""

    target: str
    ci_target: str
    cron: str
    timezone: str
    merge: bool


def quiet_minute(name: str) -> int:
    """A minute of its own for each project, near no full, half or quarter hour."""
    quiet = [minute for minute in range(60) if 3 <= minute % 15 <= 12 and minute % 5]
    return quiet[crc32(name.encode()) % len(quiet)]


def default_choices(found: Found, timezone: str) -> Choices:
    production = production_of(found)
    return Choices(
        target=production,
        ci_target=ci_target_of(found, production),
        cron=f"{quiet_minute(found.name)} {HOUR} * * *",
        timezone=timezone,
        merge=True,
    )


def production_of(found: Found) -> str:
    """The likeliest target of production; the profile's default where no name tells."""
    if found.committed:
        return found.committed.production or found.committed.default or found.targets[0].name
    return found.targets[0].name


def ci_target_of(found: Found, production: str) -> str:
    """That of pull requests: production's own only where secrets can tell the two apart."""
    if not found.committed:
        return found.targets[-1].name
    other = found.committed.of_checks(production)
    return other or (production if secrets_of(found, production) else "")


def variables_of(found: Found, target: str) -> tuple[Variable, ...]:
    own = found.target(target)
    return settled([*(own.variables if own else ()), *found.variables])


def secrets_of(found: Found, target: str) -> tuple[str, ...]:
    return to_hand_over(variables_of(found, target))


def proposed(found: Found, choices: Choices) -> Draft:
    draft = Draft(top={"state": "github"})
    draft.comments[("state",)] = "Manifests and the history of runs live in GitHub's own artifacts."
    if choices.merge or found.contents.incremental:
        draft.top["run_slots"] = 1
        draft.comments[("run_slots",)] = "Deployments take turns: they write to the same tables."
    _add_environments(draft, found, choices)
    _add_production(draft, found, choices)
    if found.contents.incremental:
        _add_full_refresh(draft, found, choices)
    if choices.merge:
        _add_merge(draft, found)
    if choices.ci_target:
        _add_ci(draft, found)
    draft.comments[("jobs",)] = NOTIFICATIONS
    return draft


def jobs_by_name(found: Found) -> dict[str, str]:
    """Each job's name; in a workflow with other files' jobs they have the project's before it."""
    names = ("production", "full-refresh", "merge", "ci")
    prefix = f"{name_of(found.name, ())}-" if found.siblings else ""
    return {name: f"{prefix}{name}" for name in names}


def _add_environments(draft: Draft, found: Found, choices: Choices) -> None:
    shared = choices.ci_target == choices.target
    for name, target in (("production", choices.target), ("ci", choices.ci_target)):
        if target:
            environment = _environment(found, target)
            if name == "ci":
                own = f"{name_of(found.name, ()).replace('-', '_')}_" if found.siblings else ""
                environment["schema"] = f"dbt_ci_{own}pr_{{pr_number}}"
            if shared:
                environment["github_environment"] = name
            draft.environments[name] = environment
            for key, comment in _comments(found, name, target, shared):
                draft.comments[("environments", name, *key)] = comment


def _environment(found: Found, target: str) -> dict[str, Any]:
    environment: dict[str, Any] = {
        "target": target,
        "dbt": {"core": found.pins.core, "adapter": found.pins.adapter},
    }
    if found.committed and found.committed.file.parent.resolve() != found.folder:
        folder = found.committed.file.parent.resolve()
        environment["profiles_dir"] = _relative(folder, found.folder)
    secrets = secrets_of(found, target)
    if secrets:
        environment["secrets"] = list(secrets)
    return environment


def _relative(folder: Path, start: Path) -> str:
    return Path(os.path.relpath(folder, start)).as_posix()


def _comments(
    found: Found, name: str, target: str, shared: bool
) -> Iterator[tuple[tuple[str, ...], str]]:
    known = found.target(target)
    if name == "production":
        yield ("target",), _of_targets(found, target)
        check = "" if found.pins.known else " Check it."
        pinned = f"As {found.pins.source} has it." if found.pins.known else f"{found.pins.source}."
        yield (
            ("dbt",),
            f"{pinned[:1].upper()}{pinned[1:]}{check} A new release is a pull request's to try.",
        )
    else:
        yield ("dbt",), "The same as production's, whose manifest is compared with."
        yield ("schema",), "Each pull request has a schema of its own, dropped when it is closed."
    if shared:
        yield (
            ("github_environment",),
            f"{FILE} has one target: give the secrets of this environment of GitHub's"
            f" {'production’s values' if name == 'production' else 'values that can’t write there'}.",
        )
    if secrets_of(found, target):
        yield ("secrets",), _of_secrets(found, target, known)


def _of_targets(found: Found, target: str) -> str:
    if not found.committed:
        return "Of the profiles.yml that is to be committed."
    names = one_line(listed(each.name for each in found.targets))
    plain = f"{FILE} has {names}."
    guessed = target.lower() not in PRODUCTION and len(found.targets) > 1
    return f"{plain} None of them is called prod: check." if guessed else plain


def _of_secrets(found: Found, target: str, known: Target | None) -> str:
    own = {each.name for each in known.variables} if known else set()
    plain = [
        each.name
        for each in variables_of(found, target)
        if not each.secret and each.name in secrets_of(found, target)
    ]
    by = FILE if own else "the project"
    said = f"Names of what {by} reads by env_var()."
    if not plain:
        return said
    may = "may be plain values" if len(plain) > 1 else "may be a plain value"
    return f"{said} {listed(plain)} {may} in `env` instead."


def _add_production(draft: Draft, found: Found, choices: Choices) -> None:
    name = jobs_by_name(found)["production"]
    there = found.contents
    job: dict[str, Any] = {
        "description": "Build and test everything",
        "environment": "production",
        "triggers": {
            "schedule": {"cron": choices.cron, "timezone": choices.timezone},
            "dispatch": True,
        },
    }
    at = ("jobs", name)
    draft.comments[at] = _of_contents(found)
    if choices.cron.startswith(f"{quiet_minute(found.name)} "):
        late = "Not on the hour, when GitHub starts runs late."
        draft.comments[(*at, "triggers", "schedule")] = late
    if there.sources_with_freshness:
        job["source_freshness"] = True
        fresh = counted(there.sources_with_freshness, "source table")
        said = f"{fresh} with `freshness`: stale ones are reported, and fail nothing."
        draft.comments[(*at, "source_freshness")] = said
    job |= {"steps": ["dbt build"], "generate_docs": True, "timeout": _timeout(there.models)}
    models = counted(there.models, "model")
    draft.comments[(*at, "timeout")] = f"By guess, for {models}: see what runs take."
    draft.jobs[name] = job


def _of_contents(found: Found) -> str:
    there = found.contents
    kinds = [f"{number} {kind}" for kind, number in there.kinds]
    of_kinds = f" ({', '.join(kinds)})" if len(kinds) > 1 else ""
    counts = [
        f"{counted(there.models, 'model')}{of_kinds}",
        counted(there.seeds, "seed") if there.seeds else "",
        counted(there.snapshots, "snapshot") if there.snapshots else "",
    ]
    said = f"{listed(counts)}, counted in {there.by}."
    tags = [(one_line(tag), number) for tag, number in there.ranked_tags[:_MOST_TAGS]]
    if not tags:
        return said
    listing = ", ".join(f"{tag} ({number})" for tag, number in tags)
    more = ", …" if len(there.tags) > len(tags) else ""
    example = f"`dbt build --select tag:{tags[0][0]}` would be a job of its own"
    return f"{said}\nTags: {listing}{more}; {example}."


def _add_full_refresh(draft: Draft, found: Found, choices: Choices) -> None:
    name = jobs_by_name(found)["full-refresh"]
    draft.comments[("jobs", name)] = (
        f"{counted(found.contents.incremental, 'incremental model')}: late and deleted rows are only"
        " made good by building anew."
    )
    draft.jobs[name] = {
        "description": "Build the incremental models anew, and what depends on them",
        "environment": "production",
        "triggers": {
            "schedule": {"cron": weekly(choices.cron, found.name), "timezone": choices.timezone},
            "dispatch": True,
        },
        "steps": ["dbt build --full-refresh --select config.materialized:incremental+"],
        "timeout": _LONGEST,
    }


def weekly(cron: str, name: str) -> str:
    """Once on the weekend: four hours before a daily time, so that the day begins with the result."""
    hour = cron.split()[1]
    before = (int(hour) - 4) % 24 if hour.isdigit() else 1
    return f"{(quiet_minute(name) + 13) % 60} {before} * * SUN"


def _add_merge(draft: Draft, found: Found) -> None:
    name = jobs_by_name(found)["merge"]
    branch = found.branch
    draft.comments[("jobs", name)] = (
        "What a merge has changed is in production before the next night."
    )
    draft.jobs[name] = {
        "description": "Deploy what a merged pull request has changed",
        "environment": "production",
        "triggers": {"merge": {"branches": [branch]} if branch else {}},
        "steps": ["dbt build --select state:modified+"],
        "defer": {"to": "environment:production", "on_missing": "full"},
        "timeout": _timeout(found.contents.models),
    }
    draft.comments[("jobs", name, "defer")] = "The first deployment has nothing to compare with."


def _add_ci(draft: Draft, found: Found) -> None:
    name = jobs_by_name(found)["ci"]
    branch = found.branch
    draft.comments[("jobs", name)] = "What a pull request changes, and all that depends on it."
    draft.jobs[name] = {
        "description": "Build and test what a pull request changes",
        "environment": "ci",
        "triggers": {"pull_request": {"branches": [branch]} if branch else {}},
        "steps": ["dbt build --select state:modified+"],
        "defer": {"to": "environment:production"},
        "timeout": "30m",
    }
    draft.comments[("jobs", name, "defer")] = (
        "What hasn't changed is read from production, once it has run."
    )


def _timeout(models: int) -> str:
    return next((limit for most, limit in _TIMEOUTS if models <= most), _LONGEST)
