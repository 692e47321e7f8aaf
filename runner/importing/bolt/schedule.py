"""One schedule of Bolt to one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from runner.durations import spell_duration
from runner.importing.bolt.known import Bolt, Schedules, unpublished, why_not
from runner.importing.bolt.messages import Messages
from runner.importing.bolt.switches import is_on, no_merges, suspend
from runner.importing.commands import FLAGS, StepOf
from runner.importing.draft import Draft
from runner.importing.fields import Fields, shown
from runner.importing.flags import tell_flags, tell_other_keys
from runner.importing.lost import UNCOMPARED, by_hand, switch_off, to_compare
from runner.importing.placing import needs_state, place, wants_defer
from runner.importing.reading import text_of, texts_of
from runner.importing.references import Known, publishes, why_not_after, without_deferral
from runner.importing.schedules import NoSchedule, cron_schedule
from runner.reports.text import one_line
from runner.schedule.zones import is_zone

SCHEMA = "dbt_ci_pr_{pr_number}"
ENDINGS = {"passed": "success", "failed": "error"}
DEFAULT_BRANCHES = ("main", "master")
REFERENCES = ("deferred_schedule_slug", "deferred_schedule_name", "deferred_manifest_schedule")
SUCCESSFUL = ("successful_runs_only", "successful_run_only")
MOST_MINUTES = 60 * 24 * 365


class Schedule:
    """A schedule on its way into the draft; each of its fields is told."""

    def __init__(self, draft: Draft, bolt: Bolt, known: Schedules) -> None:
        self._draft = draft
        self._bolt = bolt
        self._known = known
        self._fields = Fields(bolt.data, draft.rows, bolt.title)
        self._job: dict[str, Any] = {}

    def convert(self) -> None:
        own = self._known.job_of(self._bolt)
        if own is None:
            self._commands("", {}, self._bolt.steps)
            why = f"none of its commands can be a step here ({self._bolt.place})"
            self._fields.rest(why, "the rows of its commands say what to do")
            return
        path = f"jobs.{own.name}"
        self._names(own, path)
        self._job |= {"environment": own.environment, "triggers": {}}
        self._environment(own)
        self._draft.jobs[own.name] = self._job
        self._triggers(own, path)
        self._steps(own, path)
        self._limits(path)
        Messages(self._draft, self._job, self._fields, path).convert()
        self._fields.rest()

    def _names(self, own: Known, path: str) -> None:
        fields = self._fields
        for key in ("name", "slug", "display_name"):
            if fields.get(key) == own.name:
                fields.carried(key, path)
            else:
                fields.translated(key, path, f"the job is called `{own.name}`")
        said = one_line(text_of(fields.get("description")))
        if said:
            self._job["description"] = said
            fields.carried("description", f"{path}.description")
        else:
            fields.dropped("description", "it is empty")
            if self._bolt.title != own.name:
                self._job["description"] = one_line(self._bolt.title)
        comment = f"From {one_line(self._bolt.name)} in {self._bolt.place.replace(':', ', line ')}"
        owner = text_of(fields.get("owner_email"))
        if owner:
            comment += f"\nOwner: {one_line(owner)}"
            fields.translated("owner_email", path, "a comment above the job")
        self._draft.comments["jobs", own.name] = comment

    def _environment(self, own: Known) -> None:
        new = own.environment not in self._draft.environments
        body = self._draft.environments.setdefault(own.environment, {})
        to = f"environments.{own.environment}"
        if own.deploys:
            self._fields.translated("environment", to, "its target stands in the jobs")
        else:
            body["schema"] = SCHEMA
            why = "pull requests have an environment of their own, with a schema for each"
            self._fields.translated("environment", to, why)
        if new:
            missing = "Name the secrets that dbt needs here, and the dbt that is installed"
            self._draft.comments["environments", own.environment] = missing

    # What starts it.

    def _triggers(self, own: Known, path: str) -> None:
        triggers = self._job["triggers"]
        self._cron(triggers, path)
        if self._bolt.checks_changes:
            triggers["pull_request"] = {}
        self._merge(triggers, path)
        self._after(own, triggers, path)
        if not triggers:
            triggers["dispatch"] = True
        suspend(self._job, self._fields, path)

    def _cron(self, triggers: dict[str, Any], path: str) -> None:
        fields, to = self._fields, f"{path}.triggers.schedule"
        if not self._bolt.fires:
            fields.translated("schedule", f"{path}.triggers", "a job without a schedule is off")
            fields.dropped("timezone", "there is no schedule to read in it")
            return
        zone = text_of(fields.get("timezone")) or "UTC"
        known = is_zone(zone)
        try:
            cron = cron_schedule(text_of(fields.get("schedule")), zone if known else "UTC")
        except NoSchedule as error:
            fields.dropped("schedule", str(error), error.hint or "write another cron by hand")
            fields.dropped("timezone", "there is no schedule to read in it")
            return
        triggers["schedule"] = cron
        if cron["cron"] == fields.get("schedule"):
            fields.carried("schedule", f"{to}.cron")
        else:
            fields.translated("schedule", f"{to}.cron", "in the words of GitHub's cron")
        if known:
            fields.carried("timezone", f"{to}.timezone")
        else:
            fields.dropped(
                "timezone", "there is no such time zone, so it is UTC", "name an IANA zone"
            )

    def _merge(self, triggers: dict[str, Any], path: str) -> None:
        branch = text_of(self._fields.get("git_branch"))
        merges = is_on(self._fields.get("trigger_on_merge"))
        if merges:
            triggers["merge"] = {"branches": [branch]} if branch else {}
            self._fields.translated("trigger_on_merge", f"{path}.triggers.merge", "a trigger")
        else:
            no_merges(self._fields, path)
        if merges and branch:
            self._fields.translated(
                "git_branch", f"{path}.triggers.merge.branches", "whose merges start it"
            )
        elif not branch or branch in DEFAULT_BRANCHES:
            self._fields.dropped("git_branch", "jobs run on the default branch")
        else:
            hint = "make it the default branch, or dispatch the job with `git_ref`"
            self._fields.dropped(
                "git_branch", "GitHub's schedules know the default branch only", hint
            )

    def _after(self, own: Known, triggers: dict[str, Any], path: str) -> None:
        inner = self._fields.inner("schedule_trigger")
        if not self._bolt.enabled("schedule_trigger"):
            inner.rest("the trigger is off")
            return
        key = "schedule_slug" if inner.get("schedule_slug") else "schedule_name"
        before = self._known.called(text_of(inner.get(key)))
        events = [ENDINGS[each] for each in texts_of(inner.get("trigger_on")) if each in ENDINGS]
        why, hint = why_not(before, events)
        if before and not why:
            why = why_not_after(self._draft.jobs, own.name, before)
            hint = "start it otherwise"
        if why or before is None:
            inner.rest(why, hint)
            return
        to = f"{path}.triggers.job"
        triggers["job"] = {"name": before.name, "on": list(dict.fromkeys(events))}
        inner.translated("enabled", to, "a trigger")
        inner.translated(key, f"{to}.name", f"the job is called `{before.name}`")
        late = "sla" in texts_of(inner.get("trigger_on"))
        words = "passed is success, failed is error"
        inner.translated(
            "trigger_on", f"{to}.on", f"{words}; a late run starts nothing (sla)" if late else words
        )
        inner.dropped("workspace_name", "the job is one of this file")
        inner.rest()

    # What it runs.

    def _steps(self, own: Known, path: str) -> None:
        kept = [(at, step) for at, step in self._bolt.steps if step.step is not None]
        if any(step.lost for _, step in self._bolt.steps):
            switch_off(self._draft, own.name, self._job)
        whys = self._flags(kept, path)
        places = [at for at, _ in kept if not whys.get(at)]
        placed = place(self._draft, self._job, [step for at, step in kept if not whys.get(at)])
        self._deferral(own, path, wants_defer(placed.steps))
        if unstated := without_deferral(self._job):
            switch_off(self._draft, own.name, self._job, UNCOMPARED)
        flagged = [(at, step) for at, step in self._bolt.steps if whys.get(at) or step.step is None]
        self._commands(path, whys, [*flagged, *zip(places, placed.steps, strict=True)])
        for why in placed.lost:
            self._fields.note("commands", why, "look at the job's steps")
        if unstated:
            self._fields.note("commands", unstated, to_compare("schedule"))
        hint = "what may fail belongs in a job of its own: the next starts on success and on error"
        self._fields.dropped("continue_on_error", "a step that fails ends the job", hint)
        self._fields.dropped("command_settings", "a step has no settings but its options")

    def _flags(self, kept: Sequence[tuple[int, StepOf]], path: str) -> dict[int, str]:
        """Say by the job's flags what may fail in Bolt, first or last; says so by the command's place."""
        found: dict[int, str] = {}
        for (at, step), wanted in ((kept[0], "source_freshness"), (kept[-1], "generate_docs")):
            alone = sum(place == at for place, _ in self._bolt.steps) == 1
            if FLAGS.get(step.step or "") == wanted and alone and self._bolt.continues(at):
                found[at] = f"`{path}.{wanted}` says it, which never fails the job"
        if len(found) == len(kept):  # a job has a step at least
            return {}
        self._job |= {FLAGS[step.step or ""]: True for at, step in kept if at in found}
        return found

    def _commands(
        self, path: str, flags: Mapping[int, str], steps: Sequence[tuple[int, StepOf]]
    ) -> None:
        """Tell each command, of which these steps were made."""
        given = self._fields.get("commands")
        if not isinstance(given, list) or not given:
            hint = "a job is a list of dbt commands"
            self._fields.dropped("commands", "there is no list of them", hint)
            return
        for index in range(len(given)):
            found = [step for at, step in steps if at == index]
            ends = "here it ends the job when it fails" if self._bolt.continues(index) else ""
            whys = [flags.get(index) or ends, *(each.why for each in found)]
            why = "; ".join(dict.fromkeys(filter(None, whys)))
            lost, said = any(each.lost for each in found), shown("", given[index])
            if all(each.step is None for each in found) or not path:
                hint = by_hand(path, said) if lost else next((s.hint for s in found if s.hint), "")
                self._fields.part("commands", index, "dropped", why=why, hint=hint)
            elif why:
                self._fields.part("commands", index, "translated", to=f"{path}.steps", why=why)
            else:
                self._fields.part("commands", index, "carried", to=f"{path}.steps")
            if lost and path and any(each.step for each in found):
                self._fields.note(
                    "commands", f"a part of {said} can't be a step", by_hand(path, said)
                )
            field = f"commands[{index}]"
            tell_other_keys(self._draft, self._bolt.title, field, given[index])
            if path:
                tell_flags(self._draft, self._bolt.title, field, found, path)

    # What it defers to.

    def _deferral(self, own: Known, path: str, asked: bool) -> None:
        to = f"{path}.defer"
        used = next(
            (key for key in ("turbo_ci", "deferred_schedule") if self._bolt.enabled(key)), ""
        )
        for key in ("turbo_ci", "deferred_schedule"):
            inner = self._fields.inner(key)
            if key == used:
                self._deferred_to(own, inner, to, path)
            else:
                inner.rest("it is off" if not used else f"`{used}` says what to defer to")
        if "defer" not in self._job and (asked or needs_state(self._job)):
            self._defer_to_environment()

    def _deferred_to(self, own: Known, inner: Fields, to: str, path: str) -> None:
        trigger = f"{path}.triggers.pull_request"
        inner.translated(
            "enabled", trigger if self._bolt.checks_changes else to, "a key of the job"
        )
        key = next((each for each in REFERENCES if text_of(inner.get(each))), REFERENCES[0])
        target = self._known.called(text_of(inner.get(key)))
        if target and target.deploys:
            self._job["defer"] = {"to": "self" if target == own else self._known.job(target.name)}
            inner.translated(key, f"{to}.to", f"the job is called `{target.name}`")
        elif self._defer_to_environment():
            inner.translated(key, f"{to}.to", f"{unpublished(target)}: the environment instead")
        else:
            inner.dropped(key, unpublished(target), "name what to defer to by hand")
        for each in SUCCESSFUL:
            if inner.get(each) is False:
                hint = "`dbt-gitops rerun` starts from the point of failure"
                inner.dropped(each, "only runs that succeed publish state", hint)
            else:
                inner.translated(each, to, "only runs that succeed publish state, always")
        inner.rest(f"`{key}` says it")

    def _defer_to_environment(self) -> bool:
        environment = self._bolt.deploys_to
        if not publishes(self._known.jobs, environment):
            return False
        self._job["defer"] = {"to": self._known.environment(environment)}
        return True

    def _limits(self, path: str) -> None:
        minutes = self._fields.get("sla_minutes")
        if type(minutes) is int and 0 < minutes <= MOST_MINUTES:
            self._job["sla"] = spell_duration(timedelta(minutes=minutes))
            self._fields.translated("sla_minutes", f"{path}.sla", "a duration")
        else:
            self._fields.dropped("sla_minutes", "it is no number of minutes")
