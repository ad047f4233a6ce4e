"""Tables that come in for a record book: headings, cells, a report by row; all of it or nothing.

A book says in a `Layout` which columns its table has and which schema a row must fill. Reading,
refusing, the dry run and the template are the same for every book.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, File, Form, UploadFile
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from service.errors import IN_CHINESE, Invalid, ServiceError
from service.files import Cell, UnreadableFile, filled_rows, read_table
from service.records import content_digest, row_id
from service.schemas import Strict
from service.table_cells import Cells, Reading, folded, refuse_other_units
from service.table_layouts import Column, I, Layout

HEADER_ROWS_SEARCHED = 10
MAX_SHOWN = 500
"""Refused rows that an answer lists."""


class ImportReport(BaseModel):
    """What became of an uploaded table."""

    n_read: int
    n_filed: int
    n_unchanged: int
    n_refused: int
    refused: list[dict[str, Any]]
    encoding: str | None = None
    is_dry_run: bool = False


class RowsRefused(Invalid):
    """Some rows cannot be filed; nothing was."""

    title = "Rows refused"


@dataclass(frozen=True)
class Upload:
    """A table on its way in, and how it is to be taken."""

    content: bytes
    filename: str
    is_dry_run: bool = False
    is_partial: bool = False


def uploaded(
    file: Annotated[UploadFile, File()],
    dry_run: Annotated[bool, Form()] = False,
    partial: Annotated[bool, Form()] = False,
) -> Upload:
    """Take the form that brings a table."""
    return Upload(file.file.read(), file.filename or "", dry_run, partial)


UploadDep = Annotated[Upload, Depends(uploaded)]


def import_rows(
    session: Session,
    upload: Upload,
    layout: Layout[I],
    file_item: Callable[[I], bool],
    *,
    fixed: Mapping[str, Any] | None = None,
) -> ImportReport:
    """File every row of a table by `file_item`, which tells whether the row is new.

    All rows are filed, or none and a report by row, column, value and reason; a partial upload
    files the good rows and refuses only the others. `file_item` must judge before it writes.
    """
    reading = read(session, upload, layout, fixed=fixed or {})
    queue: list[Any] = session.info.setdefault("audit_queue", [])
    n_before, new = len(queue), []
    trial = session.begin_nested()
    for number, item in zip(reading.numbers, reading.items, strict=True):
        try:
            new.append(file_item(item))
        except ServiceError as refusal:
            named = refusal.members.get("field", "")
            reading.refuse(number, _title(layout, named), _shown(item, named), refusal.detail)
    reading.refused.sort(key=lambda each: each["row"])
    if reading.refused and not (upload.is_partial or upload.is_dry_run):
        raise RowsRefused(
            f"有 {len(reading.refused)} 处不能导入,全部未保存;请按原因改正后重新上传",
            rows=reading.refused[:MAX_SHOWN],
            n_refused=len(reading.refused),
        )
    if upload.is_dry_run:
        trial.rollback()
        del queue[n_before:]
    else:
        trial.commit()
    return ImportReport(
        n_read=len({each["row"] for each in reading.refused} | set(reading.numbers)),
        n_filed=sum(new),
        n_unchanged=len(new) - sum(new),
        n_refused=len(reading.refused),
        refused=reading.refused[:MAX_SHOWN],
        encoding=reading.encoding,
        is_dry_run=upload.is_dry_run,
    )


def _title(layout: Layout[I], name: str) -> str:
    return next((each.title for each in layout.columns if each.name == name), name)


def _shown(item: Strict, name: str) -> Cell:
    value = getattr(item, name, None)
    return None if value is None else str(value)


def read(
    session: Session, upload: Upload, layout: Layout[I], *, fixed: Mapping[str, Any]
) -> Reading[I]:
    """Read the rows of a table; what cannot be taken is noted, not raised."""
    table = read_table(upload.content, filename=upload.filename)
    rows = list(filled_rows(table))
    at, places = _headings(rows, layout, fixed)
    reading: Reading[I] = Reading(encoding=table.encoding)
    seen: Counter[str] = Counter()
    reader = Cells(session)
    for number, cells in rows[at + 1 :]:
        values = reader.values(number, cells, places, reading)
        if values is None:
            continue
        item = _item(layout, dict(fixed) | values, number, reading)
        if item is None:
            continue
        if "id" in layout.schema.model_fields and getattr(item, "id", None) is None:
            digest = content_digest(item.model_dump(exclude={"id"}))
            seen[digest] += 1
            item = item.model_copy(update={"id": row_id(layout.kind, digest, seen[digest])})
        reading.items.append(item)
        reading.numbers.append(number)
    return reading


def _headings(
    rows: Sequence[tuple[int, list[Cell]]], layout: Layout[I], fixed: Mapping[str, Any]
) -> tuple[int, dict[int, Column]]:
    """Find the row of headings: the first that names every required column."""
    known = {folded(heading): each for each in layout.columns for heading in each.headings}
    wanted = {each.name for each in layout.columns if each.is_required} - fixed.keys()
    best: set[str] = set()
    for at, (_, cells) in enumerate(rows[:HEADER_ROWS_SEARCHED]):
        places = {n: known[folded(cell)] for n, cell in enumerate(cells) if folded(cell) in known}
        found = [each.name for each in places.values()]
        if found:
            refuse_other_units(cells, (words for each in layout.columns for words in each.headings))
        if wanted <= set(found) and found:
            if len(found) != len(set(found)):
                twice = next(each for each in found if found.count(each) > 1)
                raise UnreadableFile(f"“{_title(layout, twice)}”一列出现了两次,请只留一列")
            return at, places
        best = max(best, set(found), key=len)
    missing = "、".join(_title(layout, name) for name in sorted(wanted - best))
    raise UnreadableFile(
        f"前 {HEADER_ROWS_SEARCHED} 行里没有完整的表头,缺:{missing};请用系统下载的模板"
    )


def _item(layout: Layout[I], values: dict[str, Any], number: int, reading: Reading[I]) -> I | None:
    try:
        return layout.schema(**values)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            name = str(each["loc"][0]) if each["loc"] else ""
            value = values.get(name)
            reading.refuse(number, _title(layout, name), value, _reason(each))
        return None


def _reason(error: Any) -> str:
    text = IN_CHINESE.get(error["type"])
    if text is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return text.format(**error.get("ctx", {}))
