"""The life of an import of land: a file comes, is read and examined, then goes into the book.

Reading happens beside the requests (see `reading`); here are the steps that people take. A
file never goes into the book by itself: a dry run shows what would happen, a person decides.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service import audit
from service.accounts import queries as accounts
from service.accounts.models import Account
from service.database import clock_of
from service.errors import Conflict, Invalid, NotFound, TooLarge
from service.files import UnreadableFile
from service.parcels import surroundings
from service.parcels.models import ImportState, LandImport
from service.parcels.schemas import ImportChoices, ImportOptions, ImportRead, Progress
from service.schemas import civil_day
from service.security import Viewer

SOURCE = "source"
PROGRESS = "progress.json"
CHUNK = 2**20
MAX_NAME = 200
ANSWERABLE = (ImportState.ASKING, ImportState.READY, ImportState.REFUSED)
Starter = Callable[[UUID], None]


@dataclass(frozen=True)
class Incoming:
    """One uploaded part: its name and its bytes."""

    filename: str
    file: BinaryIO


def accept(
    session: Session,
    viewer: Viewer,
    directory: Path,
    parts: list[Incoming],
    options: ImportOptions,
    *,
    max_bytes: int,
    start: Starter,
) -> LandImport:
    """Keep an uploaded file (or the loose parts of a shapefile) and have it read."""
    _refuse_future(session, options)
    import_id = uuid4()
    folder = directory / str(import_id) / SOURCE
    try:
        digest, size = _keep(parts, folder, max_bytes)
    except Exception:
        shutil.rmtree(folder.parent, ignore_errors=True)
        raise
    found = LandImport(
        id=import_id,
        area_code=viewer.area_code,
        filename=_sayable(parts[0].filename)[-MAX_NAME:],
        file_sha256=digest,
        n_bytes=size,
        state=ImportState.READING,
        options=options.model_dump_json(exclude_none=True),
        report="{}",
        valid_from=options.valid_from,
        created_by=viewer.account_id,
        created_at=audit.instant(session),
    )
    session.add(found)
    audit.record(
        session,
        "land.upload",
        str(import_id),
        area_code=viewer.area_code,
        filename=found.filename,
        sha256=digest,
        n_bytes=size,
    )
    _after_commit(session, lambda: start(import_id))
    return found


def _refuse_future(session: Session, options: ImportOptions) -> None:
    """Refuse a slip of the pen that would shut out every survey until that day."""
    if options.valid_from and options.valid_from > civil_day(clock_of(session)()):
        raise Invalid("调查日期不能晚于今天", field="valid_from")


def _keep(parts: list[Incoming], folder: Path, max_bytes: int) -> tuple[str, int]:
    """Write the parts to disk, durably; return their common digest and size."""
    folder.mkdir(parents=True)
    digest, size = hashlib.sha256(), 0
    for number, part in enumerate(parts):
        path = folder / (_safe_name(part.filename) if len(parts) > 1 else "upload")
        if path.exists():
            raise UnreadableFile(f"同名的文件 {part.filename[:80]} 传了两次")
        with path.open("xb") as kept:
            while chunk := part.file.read(CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise TooLarge(f"文件超过 {max_bytes // 2**20} MiB,请分镇导入,或用命令行导入")
                digest.update(chunk)
                kept.write(chunk)
            kept.flush()
            os.fsync(kept.fileno())
        digest.update(number.to_bytes(2, "big"))
    if not size:
        raise UnreadableFile("文件是空的")
    for each in (folder, folder.parent, folder.parent.parent):
        _sync(each)
    return digest.hexdigest(), size


def _safe_name(filename: str) -> str:
    name = Path(filename.replace("\\", "/")).name
    if not name or name.startswith(".") or not name.isprintable():
        raise UnreadableFile("文件名里有不能用的字符,请改名后再传")
    # A file system counts bytes; the end of the name tells what the part is.
    return name.encode()[-MAX_NAME:].decode(errors="ignore")


def _sayable(filename: str) -> str:
    """Return a file's name as every engine can keep it."""
    return filename.replace("\x00", "").encode("utf-8", "replace").decode()


def _sync(folder: Path) -> None:
    """Make the names in a folder durable, as the files themselves are."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _after_commit(session: Session, act: Callable[[], None]) -> None:
    event.listen(session, "after_commit", lambda _session: act(), once=True)


def one(session: Session, import_id: UUID) -> LandImport:
    """Return one import in view."""
    found = session.get(LandImport, import_id)
    if found is None:
        raise NotFound("没有这次导入;请核对编号", id=str(import_id))
    return found


def page(session: Session, *, offset: int, limit: int) -> tuple[list[LandImport], int | None]:
    """Return one page of imports, the newest first."""
    query = select(LandImport).order_by(LandImport.created_at.desc(), LandImport.id)
    found = list(session.scalars(query.offset(offset).limit(limit + 1)))
    return found[:limit], offset + limit if len(found) > limit else None


def answer(
    session: Session, import_id: UUID, options: ImportOptions, *, start: Starter
) -> LandImport:
    """Take what a person says of the file, and have it read again."""
    _refuse_future(session, options)
    found = _locked(session, import_id)
    if found.state not in ANSWERABLE:
        raise Conflict(f"现在是“{STATE_TEXT[found.state]}”,不能改选项")
    found.options = options.model_dump_json(exclude_none=True)
    found.state, found.problem, found.valid_from = ImportState.READING, None, options.valid_from
    audit.record(session, "land.answer", str(import_id), area_code=found.area_code)
    _after_commit(session, lambda: start(import_id))
    return found


def decide(
    session: Session, viewer: Viewer, import_id: UUID, choices: ImportChoices, *, start: Starter
) -> LandImport:
    """Have a file that was examined go into the book."""
    found = _locked(session, import_id)
    if found.state is ImportState.COMMITTED:
        return found
    if found.state is not ImportState.READY:
        raise Conflict(f"现在是“{STATE_TEXT[found.state]}”,要先检查完才能入账")
    _refuse_stale(session, found)
    _refuse_blocked(found, choices)
    options = json.loads(found.options) | {"choices": choices.model_dump()}
    found.options = json.dumps(options, ensure_ascii=False)
    found.state, found.committed_by = ImportState.COMMITTING, viewer.account_id
    _after_commit(session, lambda: start(import_id))
    return found


def _refuse_stale(session: Session, found: LandImport) -> None:
    if found.compared_with != surroundings.revision(session):
        raise Conflict("检查之后账本又变过;请点“重新检查”,再入账", code="stale")


def _refuse_blocked(found: LandImport, choices: ImportChoices) -> None:
    exam = json.loads(found.report).get("exam") or {}
    left = exam.get("n_blocked", 0)
    if choices.accept_repairs:
        left -= exam.get("n_only_repair", 0)
    if left and not choices.leave_out_blocked:
        raise Invalid(
            f"有 {left} 个图斑被阻断;请改好文件再导入,或勾选“接受修复”“不导入被阻断的图斑”",
            n_blocked=left,
        )


def discard(session: Session, import_id: UUID) -> LandImport:
    """Put a file aside that will not go into the book; what was found stays readable."""
    found = _locked(session, import_id)
    if found.state not in ANSWERABLE:
        raise Conflict(f"现在是“{STATE_TEXT[found.state]}”,不能作废")
    found.state = ImportState.DISCARDED
    audit.record(session, "land.discard", str(import_id), area_code=found.area_code)
    return found


def _locked(session: Session, import_id: UUID) -> LandImport:
    audit.instant(session)  # the ledger's lock: two people cannot decide at once
    found = one(session, import_id)
    session.refresh(found)
    return found


def committer(session: Session, found: LandImport) -> Viewer | None:
    """Return who decided that an import goes into the book."""
    account = session.get(Account, found.committed_by) if found.committed_by else None
    return accounts.viewer_named(session, account.username) if account else None


STATE_TEXT = {
    ImportState.READING: "正在读取",
    ImportState.ASKING: "等您回答",
    ImportState.READY: "待入账",
    ImportState.REFUSED: "未通过",
    ImportState.COMMITTING: "正在入账",
    ImportState.COMMITTED: "已入账",
    ImportState.DISCARDED: "已作废",
}


def report(found: LandImport) -> dict[str, Any]:
    """Return what was found in a file."""
    said: dict[str, Any] = json.loads(found.report)
    return said


def shown(found: LandImport, directory: Path) -> ImportRead:
    """Show an import, with how far it is."""
    said: dict[str, Any] = {
        name: getattr(found, name)
        for name in ImportRead.model_fields
        if name not in {"options", "report", "progress"}
    }
    is_busy = found.state in {ImportState.READING, ImportState.COMMITTING}
    return ImportRead(
        **said,
        options=json.loads(found.options),
        report=json.loads(found.report),
        progress=progress(directory, found.id) if is_busy else None,
    )


def progress(directory: Path, import_id: UUID) -> Progress | None:
    """Return how far an import is, as its reader last said."""
    try:
        text = (directory / str(import_id) / PROGRESS).read_text(encoding="utf-8")
        return Progress(**json.loads(text))
    except (OSError, ValueError):
        return None
