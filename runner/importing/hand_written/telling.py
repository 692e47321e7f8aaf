"""What became of each step of a workflow, by its file and line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runner.importing.draft import Draft
from runner.importing.fields import shown
from runner.importing.hand_written.pieces import Piece
from runner.importing.reading import text_of
from runner.importing.rows import Fate, Row

_COMES_BY_ITSELF = re.compile(r"actions/(checkout|setup-python|cache)@|astral-sh/setup-uv@")
_ARTIFACT = re.compile(
    r"/(\w+-)*(download|upload)(-\w+)*-?artifact|actions/(download|upload)-artifact"
)
GETS = ("curl", "wget", "gh ")
_STATE_FILES = re.compile(r"manifest|run_results|state|target", re.IGNORECASE)


def tell_pieces(draft: Draft, job: str, pieces: Sequence[Piece]) -> bool:
    """Tell each piece; gives back whether one of them fetches what a run compares with."""
    fetches = False
    for piece in pieces:
        fate, to, why, hint, fetched = _told(piece)
        fetches = fetches or fetched
        said = piece.command.text if piece.command else _said(piece)
        value = shown("", said)
        draft.rows.append(
            Row(job=job, field=piece.place, value=value, fate=fate, to=to, why=why, hint=hint)
        )
        if piece.data.get("continue-on-error") and piece.steps:
            why = "a step that fails ends the job"
            hint = "what may fail belongs in a job of its own"
            draft.rows.append(
                Row(
                    job=job, field=f"{piece.place} continue-on-error", value="true",
                    fate="dropped", why=why, hint=hint,
                )
            )  # fmt: skip
    return fetches


def _said(piece: Piece) -> str:
    return text_of(piece.data.get("uses")) or text_of(piece.data.get("name"))


def _told(piece: Piece) -> tuple[Fate, str, str, str, bool]:
    """The fate of a piece, where it is, why, what to do, and whether it fetches state."""
    if piece.command is None:
        return _action(piece)
    kind = piece.command.kind
    if kind == "state":
        why = "the job's `defer` fetches the state, and `state` says where it lives"
        # What ends in an address is sent there.
        sends = "://" in piece.command.text.split()[-1] and not piece.command.text.startswith(GETS)
        return "translated", "state", why, "", not sends
    if kind == "folder":
        return "translated", "project", "the folder of what follows", "", False
    if kind == "install":
        hint = "pin them in `dbt` of the environment"
        return "dropped", "", "the runner installs dbt and its adapter", hint, False
    if kind != "dbt":
        hint = "keep it in a workflow that starts this job, or waits for it"
        return "dropped", "", "dbt-gitops doesn't know what it is for", hint, False
    if piece.part is None:
        condition = text_of(piece.data.get("if"))
        hint = "write it by hand into the job that it belongs to"
        return "dropped", "", f"a step has no condition: {condition}", hint, False
    return _steps(piece)


def _steps(piece: Piece) -> tuple[Fate, str, str, str, bool]:
    why = "; ".join(dict.fromkeys(step.why for step in piece.steps if step.why))
    if all(step.step is None for step in piece.steps):
        hint = next((step.hint for step in piece.steps if step.hint), "")
        return "dropped", "", why, hint, False
    return ("translated" if why else "carried"), "steps", why, "", False


def _action(piece: Piece) -> tuple[Fate, str, str, str, bool]:
    uses = text_of(piece.data.get("uses"))
    if _COMES_BY_ITSELF.match(uses):
        return "dropped", "", "the compiled workflow and the action do it by themselves", "", False
    if _ARTIFACT.search(uses) and _STATE_FILES.search(str(piece.data.get("with"))):
        fetches = "download" in uses
        why = "the job's `defer` fetches the state" if fetches else "a run publishes its state"
        return "translated", "state", why, "", fetches
    hint = "keep it in a workflow that starts this job, or waits for it"
    return "dropped", "", "dbt-gitops doesn't know what it is for", hint, False
