"""The bureau's land desk: the imports so far, a form to bring a file, a form to take one out."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import UploadFile
from fastapi.responses import Response
from sqlalchemy import select

from service.accounts.models import Account
from service.errors import Invalid, ServiceError
from service.landfiles.limits import MIB
from service.pages import land_export, land_options, land_words
from service.pages.land_export import ExportForm
from service.pages.land_options import OptionsForm
from service.pages.page import PageFrame, see
from service.parcels import imports
from service.parcels.codes import KIND_TEXT
from service.parcels.import_routes import MAX_PARTS
from service.parcels.imports import STATE_TEXT, Incoming
from service.parcels.models import ImportState, LandImport

PAGE = 50
ACCEPTED = ".zip,.gpkg,.geojson,.json,.parquet,.shp,.dbf,.shx,.prj,.cpg"


@dataclass(frozen=True)
class Said:
    """What was sent with a form of the desk that is shown again, and why it was not taken."""

    problem: str | None = None
    asked: OptionsForm | None = None
    export_problem: str | None = None
    export: ExportForm | None = None


def desk(page: PageFrame, cursor: int = 0, said: Said | None = None) -> dict[str, Any]:
    """Gather the imports and what the two forms need."""
    said = said or Said()
    found, following = imports.page(page.session, offset=cursor, limit=PAGE)
    names = account_names(page, (each.created_by for each in found))
    limits = page.request.app.state.reader.limits
    return {
        "imports": [_line(each, names) for each in found],
        "cursor": cursor,
        "next": following,
        "asked": said.asked or OptionsForm(),
        "problem": said.problem,
        "accepted": ACCEPTED,
        "limits": limits,
        "max_mib": limits.upload_bytes // MIB,
        "max_parts": MAX_PARTS,
        "kinds": land_words.KINDS,
        "KIND_TEXT": KIND_TEXT,
        "count": land_words.count,
        "export": (land_export.choices(page, said.export) if page.may("parcel.export") else None),
        "export_problem": said.export_problem,
    }


def account_names(page: PageFrame, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of accounts in view."""
    wanted = {each for each in ids if each}
    query = select(Account.id, Account.display_name).where(Account.id.in_(wanted))
    return {key: name for key, name in page.session.execute(query)}


def _line(found: LandImport, names: dict[UUID, str]) -> dict[str, Any]:
    report = json.loads(found.report)
    return {
        "id": found.id,
        "filename": found.filename,
        "state": STATE_TEXT[found.state],
        "tone": land_words.TONE[found.state],
        "kind": land_words.kind_text(found.kind, report) or "—",
        "size": land_words.size(found.n_bytes),
        "created_at": found.created_at,
        "by": names.get(found.created_by) if found.created_by else None,
        "valid_from": found.valid_from if report.get("standing") else None,
        "counts": counts(found, report),
    }


def counts(found: LandImport, report: dict[str, Any]) -> dict[str, int] | None:
    """Return what went into the book, or what the dry run says would go."""
    done = report.get("committed")
    if done is not None:
        return {name: done.get(f"n_{name}", 0) for name in ("new", "changed", "gone")}
    is_known = found.state in {ImportState.READY, ImportState.COMMITTING}
    standing: dict[str, int] | None = report.get("standing") if is_known else None
    return standing


def upload(page: PageFrame, files: list[UploadFile] | None, asked: OptionsForm) -> Response:
    """Take a file and lead to its page, or show the form again and why."""
    reader = page.request.app.state.reader
    parts = [Incoming(each.filename, each.file) for each in files or () if each.filename]
    # An import bears the name of its first part.
    parts.sort(key=lambda part: not part.filename.lower().endswith(".shp"))
    try:
        found = imports.accept(
            page.session,
            page.viewer,
            reader.directory,
            _some(parts),
            land_options.options(asked),
            max_bytes=reader.limits.upload_bytes,
            start=reader.start,
        )
    except ServiceError as refusal:
        return _shown_again(page, refusal, Said(refusal.detail, asked))
    return see(f"/land/{found.id}")


def _some(parts: list[Incoming]) -> list[Incoming]:
    if not parts:
        raise Invalid("请先选一个文件", field="file")
    if len(parts) > MAX_PARTS:
        raise Invalid(f"一次最多 {MAX_PARTS} 个文件;请压缩成一个 ZIP", field="file")
    return parts


def _shown_again(page: PageFrame, refusal: ServiceError, said: Said) -> Response:
    answer = page.show("land.html", desk(page, said=said))
    answer.status_code = refusal.status
    return answer


def export(page: PageFrame, asked: ExportForm) -> Response:
    """Return the layer that was asked for, or show the form again and why not."""
    made = land_export.taken_out(page, asked)
    if isinstance(made, ServiceError):
        return _shown_again(page, made, Said(export_problem=made.detail, export=asked))
    return land_export.attached(made)
