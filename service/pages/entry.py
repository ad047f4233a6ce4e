"""Forms and tables that a page takes: what cannot be taken is told beside what was typed."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from service.errors import ServiceError, field_problems
from service.importers import IMPORTERS
from service.pages.page import PageFrame
from service.tables import ImportReport, Upload

MAX_ROWS = 200
"""Refused rows that a page lists."""


def attempt(
    page: PageFrame, enter: Callable[[], object], names: Mapping[str, str]
) -> dict[str, str] | None:
    """Do what a form asks for; undo it and return the problem where it cannot be done.

    `names` gives the fields as the form calls them.
    """
    try:
        enter()
    except ValidationError as error:
        first = field_problems(error.errors())[0]
        field = str(first["field"]).partition(".")[0]
        problem = {"field": field, "text": f"{names.get(field, field)}:{first['allowed']}"}
    except ServiceError as refusal:
        problem = {"field": str(refusal.members.get("field", "")), "text": refusal.detail}
    else:
        return None
    page.session.rollback()
    return problem


def bring(page: PageFrame, kind: str, upload: Upload) -> dict[str, Any]:
    """Take a table; return its report, as the page shows it."""
    importer = IMPORTERS[kind]
    told: dict[str, Any] = {"title": importer.title, "filename": upload.filename, "problem": None}
    try:
        report = importer.take(page.session, upload)
    except ServiceError as refusal:
        page.session.rollback()
        rows = refusal.members.get("rows", [])
        return told | {"problem": refusal.detail, "report": None, "rows": rows[:MAX_ROWS]}
    return told | {"report": report, "rows": report.refused[:MAX_ROWS], "said": _said(report)}


def _said(report: ImportReport) -> str:
    done = "可以保存" if report.is_dry_run else "已保存"
    return (
        f"读入 {report.n_read} 行:{done} {report.n_filed},未变 {report.n_unchanged},"
        f"拒绝 {report.n_refused}。" + ("只检查,没有保存。" if report.is_dry_run else "")
    )
