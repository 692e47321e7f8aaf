"""What no schema can say: each check takes a :class:`Written` and yields its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runner.config.checks.cycles import ends_that_start_nothing, trigger_cycles
from runner.config.checks.deferral import deferral_targets, state_without_deferral
from runner.config.checks.environments import channel_addresses, schema_templates, secrets
from runner.config.checks.project import project_folder
from runner.config.checks.pull_requests import schemas_of_pull_requests, state_location
from runner.config.checks.references import (
    channels_of_jobs,
    environments_of_jobs,
    jobs_of_triggers,
    reserved_names,
    steps_of_jobs,
)
from runner.config.checks.severities import rule_codes
from runner.config.checks.steps import flags, step_variables, steps
from runner.config.checks.times import durations, graces, schedules
from runner.config.written import Written
from runner.model import Problem

Check = Callable[[Written], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    reserved_names,
    environments_of_jobs,
    steps_of_jobs,
    channels_of_jobs,
    jobs_of_triggers,
    trigger_cycles,
    ends_that_start_nothing,
    deferral_targets,
    state_without_deferral,
    steps,
    flags,
    step_variables,
    secrets,
    schema_templates,
    schemas_of_pull_requests,
    state_location,
    channel_addresses,
    durations,
    graces,
    schedules,
    rule_codes,
)

__all__ = ["CHECKS", "project_folder"]
