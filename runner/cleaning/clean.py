"""From the records of closed pull requests to what became of their schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.cleaned import Cleaned, CleanedSchema, Fate
from runner.cleaning.dropping import Dropping, write_project
from runner.cleaning.records import Record
from runner.cleaning.sorting import sort_out
from runner.cleaning.taken import taken_schemas
from runner.dbt.profiles import find_profiles_dir
from runner.errors import DbtGitopsError
from runner.execution.engines import start_engine
from runner.execution.project import Project
from runner.execution.request import Request
from runner.execution.surroundings import Surroundings
from runner.model import Job
from runner.record import Schema
from runner.stopping import Stop, Stopped


@dataclass(kw_only=True)
class Cleaning:
    """``folder`` is where dbt runs, so that relative paths of the profile mean what they did."""

    around: Surroundings
    folder: Path
    actor: str = ""
    notes: list[str] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)

    def note(self, text: str) -> None:
        """Said at once, and in the result."""
        self.notes.append(text)
        self.around.reporter.warn(text)

    def clean(self, number: int | None, records: Iterable[Record], dry_run: bool) -> Cleaned:
        """Drop what the records name and the rules allow; ``number`` is None for a sweep."""
        found = list(records)
        schemas = self._sorted_out(found) if found else ()
        if not dry_run and any(each.fate == "listed" for each in schemas):
            with self.stop.listening():
                schemas = tuple(self._dropped(schemas))
        return Cleaned(
            pr_number=number, records=len(found), schemas=schemas, notes=tuple(self.notes)
        )

    def _sorted_out(self, records: list[Record]) -> tuple[CleanedSchema, ...]:
        config = self.around.config
        return sort_out(records, config, taken_schemas(config, self.around.environ, self.note))

    def _profiles(self, job: Job) -> Path:
        config = self.around.config
        variables = {**self.around.environ, **job.env}
        return find_profiles_dir(config.environment_of(job).profiles_dir, config.project, variables)

    def _dropped(self, schemas: tuple[CleanedSchema, ...]) -> Iterator[CleanedSchema]:
        yield from (each for each in schemas if each.fate != "listed")
        listed = [each for each in schemas if each.fate == "listed"]
        for name in dict.fromkeys(each.job for each in listed):
            yield from self._of_job(name, [each for each in listed if each.job == name])

    def _of_job(self, name: str, listed: list[CleanedSchema]) -> Iterator[CleanedSchema]:
        """Those that one job made: one dbt drops them all."""
        by_schema = {each.schema: each for each in listed}
        try:
            for schema, fate, reason in self._drop(self.around.config.jobs[name], list(by_schema)):
                yield replace(by_schema.pop(schema), fate=fate, reason=reason)
        except (DbtGitopsError, Stopped) as error:
            reason = f"not tried: {' '.join(str(error).split())}"
            yield from (replace(each, fate="failed", reason=reason) for each in by_schema.values())

    def _drop(self, job: Job, schemas: list[Schema]) -> Iterator[tuple[Schema, Fate, str]]:
        around = self.around
        request = Request(
            # What became of a schema is printed, whatever the project's own dbt is told to print.
            job=replace(job, env={**job.env, "DBT_PRINT": "true"}),
            environment=around.config.environment_of(job),
            trigger="clean",
            cause="schemas of closed pull requests",
            actor=self.actor,
        )
        with TemporaryDirectory(prefix="dbt-gitops-") as temporary, ExitStack() as stack:
            ours = write_project(around.config.project, Path(temporary, "project"))
            project = Project(
                folder=self.folder,
                name=ours.name,
                target_path=str(ours / "target"),
                packages_path=str(ours / "packages"),
                manifest_before=None,
            )
            with self.stop.raising():
                engine = start_engine(request, around, project, "clean", self.stop)
                stack.callback(engine.close)
                engine.ready()
            dropping = Dropping(
                engine=engine,
                project=ours,
                profiles=self._profiles(job),
                job=job,
                line=around.reporter.line,
            )
            yield from dropping.drop(schemas)
