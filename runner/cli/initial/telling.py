"""What ``dbt-gitops init`` has found and chosen, and what to do next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from runner.dbt.profiles import FILE
from runner.importing.draft import Draft
from runner.importing.proposing import committing
from runner.importing.proposing.elsewhere import import_command
from runner.importing.proposing.look import Found
from runner.importing.proposing.propose import Choices, jobs_by_name, secrets_of, variables_of
from runner.model import Schedule
from runner.reports.next_steps import Step, next_steps
from runner.reports.text import counted, listed, secret_command
from runner.schedule.words import in_words
from runner.workflow import PATH


def found_text(found: Found) -> str:
    there = found.contents
    incremental = f", {there.incremental} of them incremental" if there.incremental else ""
    lines = {
        "project": f"{found.name} in {_here(found.folder)}:"
        f" {counted(there.models, 'model')}{incremental}, counted in {there.by}",
        "profile": _profile(found),
        "dbt": f"core {found.pins.core}, {found.pins.adapter} ({found.pins.source})",
        "branch": found.branch or "none that git names: GitHub's default branch is meant",
    }
    said = [f"  {name:<9}{text}" for name, text in lines.items()]
    unread = [f"  note: {_here(path)} is no YAML, so it counts nothing" for path in there.unread]
    return "\n".join(["found:", *said, *unread])


def chosen_text(found: Found, choices: Choices, *, asked: bool) -> str:
    """The jobs, one a line; of what nobody was asked how to say it otherwise."""
    names = jobs_by_name(found)
    schedule = Schedule(cron=choices.cron, timezone=choices.timezone)
    lines = [f"  {names['production']}: everything, target {choices.target}, {in_words(schedule)}"]
    if found.contents.incremental:
        lines.append(f"  {names['full-refresh']}: incremental models anew, once a week")
    if choices.merge:
        lines.append(f"  {names['merge']}: what a merge into {_branch(found)} has changed")
    if choices.ci_target:
        lines.append(
            f"  {names['ci']}: what a pull request changes, target {choices.ci_target},"
            " in a schema of its own"
        )
    else:
        lines.append(f"  no job for pull requests{_why_no_ci(found, choices)}")
    title = "jobs:" if asked else "jobs, by default (in a terminal, without --yes, it asks):"
    return "\n".join([title, *lines])


def next_text(found: Found, draft: Draft, jobs_file: Path) -> str:
    """What is left to do, numbered."""
    steps = [
        *_profile_step(found),
        *_import_step(found, jobs_file),
        *_secrets_step(found, draft),
        *_commit_step(found, jobs_file),
        *_first_run(found, draft),
    ]
    return next_steps(steps)


def _profile(found: Found) -> str:
    profile = found.profile
    if profile is None:
        return f"none: no {FILE} has {found.profile_name}; adapter {found.adapter}"
    names = listed(each.name for each in profile.targets)
    kept = "" if profile.committed else ", which no checkout of GitHub's has"
    return f"{_here(profile.file)}{kept}: {names} ({found.adapter})"


def _profile_step(found: Found) -> Iterator[Step]:
    if found.committed is None:
        text = committing.text(found.adapter, found.profile_name).splitlines()
        own = _here(found.folder / FILE)
        yield f"{_why_no_profile(found, own)}; look at its schemas:", text
        return
    for target in found.committed.targets:
        for key in target.written_out:
            yield (
                f"`{key}` of target {target.name} is written into {_here(found.committed.file)}:"
                " put env_var() in its place, name that in `secrets`, and change the"
                f" {key} if it was ever pushed",
                [],
            )


def _why_no_profile(found: Found, own: str) -> str:
    profile = found.profile
    if profile is None:
        return f"write {own}, because there is none"
    if found.root in profile.file.resolve().parents:
        at = _here(profile.file)
        return f"{at} is in .gitignore, so GitHub has none: keep yours in ~/.dbt, and commit this {own}"
    return f"write {own}, because GitHub has nothing of {_here(profile.file)}"


def _import_step(found: Found, jobs_file: Path) -> Iterator[Step]:
    """The paths as one types them here; without `--out` an import would write into this folder."""
    out = "" if jobs_file.parent == Path() else f" --out {quote(str(jobs_file))}"
    commands = [
        import_command(source, [_here(found.root / name) for name in names]) + out
        for source, names in found.elsewhere.items()
    ]
    if commands:
        yield (
            "dbt runs by other means already; import that, and remove what is there twice:",
            commands,
        )


def _secrets_step(found: Found, draft: Draft) -> Iterator[Step]:
    commands: dict[str, None] = {}
    for environment in draft.environments.values():
        target, own = environment["target"], environment.get("github_environment")
        handed_over = secrets_of(found, target)
        for each in variables_of(found, target):
            if each.name in handed_over:
                may = "" if each.secret else "    # or a plain value, in `env` of the environment"
                commands[f"{secret_command(each.name, own)}{may}"] = None
    if commands:
        yield "create the secrets; gh asks for their values:", list(commands)


def _commit_step(found: Found, jobs_file: Path) -> Iterator[Step]:
    files = [_here(found.root / PATH), str(jobs_file)]
    if found.committed is None:
        files.append(_here(found.folder / FILE))
    added = " ".join(quote(name) for name in files)
    commands = [f"git add {added}", 'git commit -m "Run dbt jobs by dbt-gitops"', "git push"]
    yield "commit and push:", commands


def _first_run(found: Found, draft: Draft) -> Iterator[Step]:
    name = jobs_by_name(found)["production"]
    why = "; pull requests read from what it publishes" if "ci" in draft.environments else ""
    yield (
        f"once it is on {_branch(found)}, run production{why}:",
        [f'dbt-gitops trigger {name} --cause "first run" --wait'],
    )


def _why_no_ci(found: Found, choices: Choices) -> str:
    if any(each.name != choices.target for each in found.targets):
        return ""
    return (
        f": {FILE} has no target but {choices.target}, and nothing would keep them out of production;"
        " add one called ci"
    )


def _branch(found: Found) -> str:
    return found.branch or "the default branch"


def _here(path: Path) -> str:
    """As one would type it: relative, and what is hidden in the home from there."""
    at_home = path.relative_to(Path.home()) if path.is_relative_to(Path.home()) else Path()
    hidden = at_home.parts[:1] and at_home.parts[0].startswith(".")
    return f"~/{at_home.as_posix()}" if hidden else os.path.relpath(path)
