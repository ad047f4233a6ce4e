"""One import of land on its page: how far it is, what it asks, what the dry run found."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi.responses import Response
from sqlalchemy import select

from service.accounts.models import Account
from service.audit import AuditEntry
from service.errors import ServiceError
from service.landfiles.limits import MIB
from service.pages import land_exam, land_options, land_questions, land_words
from service.pages.land import account_names, counts
from service.pages.land_options import OptionsForm
from service.pages.land_sketch import sketch
from service.pages.page import PageFrame, see
from service.parcels import imports, surroundings
from service.parcels.imports import STATE_TEXT
from service.parcels.models import ImportState, LandImport, ParcelVersion
from service.parcels.schemas import ImportChoices

EXAMINED = frozenset({ImportState.READY, ImportState.COMMITTED, ImportState.DISCARDED})
"""States in which the report is that of a finished dry run, if it has one."""


@dataclass(frozen=True)
class Said:
    """What was sent with the form that is shown again, and why it was not taken."""

    problem: str | None = None
    asked: OptionsForm | None = None
    choices: ImportChoices = field(default_factory=ImportChoices)


def opened(page: PageFrame, import_id: UUID, said: Said | None = None) -> dict[str, Any]:
    """Gather all that the page of one import shows."""
    found, said = imports.one(page.session, import_id), said or Said()
    report = json.loads(found.report)
    is_examined = found.state in EXAMINED and bool(report.get("standing"))
    names = account_names(page, (found.created_by, found.committed_by))
    return {
        **progress(page, found),
        "found": found,
        "tone": land_words.TONE[found.state],
        "kind_text": land_words.kind_text(found.kind, report),
        "size": land_words.size(found.n_bytes),
        "by": names.get(found.created_by) if found.created_by else None,
        "decided_by": names.get(found.committed_by) if found.committed_by else None,
        "report": report,
        "standing": counts(found, report),
        "problem": said.problem,
        "form": land_questions.questions(found, report, said.asked),
        "decision": _decision(page, found, report, said.choices),
        "exam": land_exam.exam(page, found, report) if is_examined else None,
        "facts": report if is_examined else None,
        "sketch": sketch(page, found, report) if is_examined else None,
        "has_map": page.session.scalar(select(ParcelVersion.id).limit(1)) is not None,
        "history": _history(page, found),
        "max_mib": page.request.app.state.reader.limits.upload_bytes // MIB,
        "FILE_KIND_TEXT": land_words.FILE_KIND_TEXT,
        "DAY_TEXT": land_words.DAY_TEXT,
        "count": land_words.count,
        "mu": land_words.mu,
        "signed_share": land_words.signed_share,
    }


def progress(page: PageFrame, found: LandImport) -> dict[str, Any]:
    """Tell how far an import is: the stages, which of them it is at, and whether it goes on."""
    steps = land_words.STEPS.get(found.state, ())
    now = imports.progress(page.request.app.state.reader.directory, found.id) if steps else None
    stage = now.stage if now else ""
    done = steps.index(stage) if stage in steps else -1
    return {
        "state": found.state.value,
        "state_text": STATE_TEXT[found.state],
        "is_busy": bool(steps),
        "steps": [land_words.STAGE_TEXT[each] for each in steps],
        "at": done,
        "address": f"/land/{found.id}",
    }


def ongoing(page: PageFrame, import_id: UUID) -> dict[str, Any]:
    """Gather what the part of the page that is asked for again and again shows."""
    return progress(page, imports.one(page.session, import_id))


def _decision(
    page: PageFrame, found: LandImport, report: dict[str, Any], choices: ImportChoices
) -> dict[str, Any] | None:
    """Say what would happen, and what a person has to choose first."""
    if found.state is not ImportState.READY or not report.get("standing"):
        return None
    exam = report.get("exam") or {}
    n_blocked, n_only_repair = exam.get("n_blocked", 0), exam.get("n_only_repair", 0)
    return {
        "text": land_words.consequence(found.kind, report["standing"], found.valid_from),
        "n_blocked": n_blocked,
        "n_only_repair": n_only_repair,
        "n_otherwise": n_blocked - n_only_repair,
        "is_stale": found.compared_with != surroundings.revision(page.session),
        "choices": choices,
    }


def _history(page: PageFrame, found: LandImport) -> list[dict[str, Any]]:
    query = select(AuditEntry).where(AuditEntry.subject == str(found.id)).order_by(AuditEntry.n)
    told = land_words.HISTORY_TEXT
    entries = [each for each in page.session.scalars(query) if each.action in told]
    actors = {each.actor for each in entries}
    named = select(Account.username, Account.display_name).where(Account.username.in_(actors))
    names: dict[str, str] = {username: name for username, name in page.session.execute(named)}
    return [
        {
            "at": each.at,
            "text": told[_event(each, detail)],
            "by": "系统" if each.actor == "system" else names.get(each.actor, each.actor),
            "why": detail.get("problem"),
        }
        for each in entries
        for detail in (json.loads(each.detail),)
    ]


def _event(entry: AuditEntry, detail: dict[str, Any]) -> str:
    is_question = entry.action == "land.read" and detail.get("state") != "ready"
    return "land.ask" if is_question else entry.action


def answer(page: PageFrame, import_id: UUID, asked: OptionsForm) -> Response:
    """Take what a person says of the file; show the form again where it cannot be taken."""

    def take() -> None:
        start = page.request.app.state.reader.start
        imports.answer(page.session, import_id, land_options.options(asked), start=start)

    return _taken(page, import_id, take, Said(asked=asked))


def read_again(page: PageFrame, import_id: UUID) -> Response:
    """Have the file read once more, with what was said of it before."""

    def take() -> None:
        said = land_options.again(imports.one(page.session, import_id))
        imports.answer(page.session, import_id, said, start=page.request.app.state.reader.start)

    return _taken(page, import_id, take, Said())


def decide(page: PageFrame, import_id: UUID, choices: ImportChoices) -> Response:
    """Have the file go into the book."""

    def take() -> None:
        start = page.request.app.state.reader.start
        imports.decide(page.session, page.viewer, import_id, choices, start=start)

    return _taken(page, import_id, take, Said(choices=choices))


def discard(page: PageFrame, import_id: UUID) -> Response:
    """Put the file aside."""
    return _taken(page, import_id, lambda: _discarded(page, import_id), Said())


def _discarded(page: PageFrame, import_id: UUID) -> None:
    imports.discard(page.session, import_id)


def _taken(page: PageFrame, import_id: UUID, take: Callable[[], None], said: Said) -> Response:
    """Lead back to the import; where the step was refused, show it with the reason."""
    imports.one(page.session, import_id)  # what is not there is no refusal of a step
    try:
        take()
    except ServiceError as refusal:
        shown = opened(page, import_id, Said(refusal.detail, said.asked, said.choices))
        answered = page.show("land_import.html", shown)
        answered.status_code = refusal.status
        return answered
    return see(f"/land/{import_id}")
