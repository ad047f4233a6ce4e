"""Reading land files beside the requests: one at a time, each in a child process of its own.

What is left of the work in this process is little: laying the book out for the child, writing
down what it found, and, once a person has decided, the one transaction that writes the book.
"""

import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service import audit
from service.database import Database, clock_of
from service.errors import Conflict, ServiceError
from service.landfiles import reader
from service.landfiles.limits import COMMAND_LINE, UPLOAD, Limits
from service.landfiles.reader import ReadOptions, ReadReport, Surroundings
from service.parcels import bulk, imports, surroundings
from service.parcels.commit import commit
from service.parcels.models import ExamFinding, ImportState, LandImport, LandKind
from service.parcels.severity import blocked_rows
from service.parcels.tables import table_of
from service.schemas import FIRST_DAY, civil_day

SILENT_S = COMMAND_LINE.wall_s + 600
"""Longer than any reading takes, from the command line too."""
MAX_FINDINGS = 20_000
"""Findings that are kept of one file; the counts are of all."""
LAST_MONTH, LAST_DAY = 12, 31
BROKEN = "读取时出错,已停下,账本没有变动;请重新检查,仍不行请把文件交给管理员"
log = structlog.get_logger(__name__)
Step = Callable[[str, int, int], None]


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class LandReader:
    """Reads the land files of one server, one after the other."""

    def __init__(
        self, database: Database, directory: Path, county_code: str, limits: Limits = UPLOAD
    ) -> None:
        self.database, self.directory = database, directory
        self.county_code, self.limits = county_code, limits
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="land")

    def start(self, import_id: UUID) -> None:
        """Have the next step of an import done, in turn."""
        _Noted(self.directory / str(import_id) / imports.PROGRESS, _silent)("queued", 0, 1)
        self._pool.submit(self.work, import_id)

    def close(self) -> None:
        """Finish what is being done, leave the rest."""
        self._pool.shutdown(cancel_futures=True)

    def work(self, import_id: UUID, on_step: Step = _silent) -> None:
        """Do the next step of an import: read it, or put it into the book."""
        folder = self.directory / str(import_id)
        step = _Noted(folder / imports.PROGRESS, on_step)
        with self.database.system_reading() as session:
            state = imports.one(session, import_id).state
        try:
            if state is ImportState.READING:
                self._read(import_id, folder, step)
            elif state is ImportState.COMMITTING:
                self._commit(import_id, folder, step)
        except ServiceError as refusal:
            self._stop(import_id, refusal.detail, is_refusal=True)
        except Exception:
            log.exception("land import failed", id=str(import_id))
            self._stop(import_id, BROKEN, is_refusal=False)

    def left_behind(self, session: Session) -> list[UUID]:
        """Return the imports that a server left half way: nobody has said a word of them since."""
        busy = (ImportState.READING, ImportState.COMMITTING)
        found = session.scalars(select(LandImport.id).where(LandImport.state.in_(busy))).all()
        now = time.time()
        return [each for each in found if now - self._last_word(each) > SILENT_S]

    def _last_word(self, import_id: UUID) -> float:
        folder = self.directory / str(import_id)
        path = folder / imports.PROGRESS
        return next((each.stat().st_mtime for each in (path, folder) if each.exists()), 0.0)

    def _read(self, import_id: UUID, folder: Path, step: Step) -> None:
        around = folder / "around"
        _clear(folder)
        step("surroundings", 0, 1)
        with self.database.system_reading() as session:
            found = imports.one(session, import_id)
            if not self.county_code.startswith(found.area_code):
                # It would end and change the land of units that the account does not cover.
                raise Conflict("土地数据按全区导入;请用区级账号导入")
            options = self._options(session, found)
            revision = surroundings.lay_out(session, around, self.county_code)
        source = folder / imports.SOURCE
        single = source / "upload"
        report = reader.read(
            single if single.exists() else source,
            into=folder,
            options=options,
            surroundings=Surroundings(around),
            limits=self.limits,
            on_progress=step,
        )
        with self.database.system_transaction() as session:
            still = _still(session, import_id, ImportState.READING)
            if still is not None:
                _note(session, still, folder, report, revision)

    def _options(self, session: Session, found: LandImport) -> ReadOptions:
        said = json.loads(found.options)
        names = ("layer", "encoding", "crs", "kind", "mapping")
        return ReadOptions(
            **{name: said.get(name) for name in names},
            is_complete_county=said.get("is_complete_county", False),
            exam=self.database.thresholds.land.model_dump(),
        )

    def _commit(self, import_id: UUID, folder: Path, step: Step) -> None:
        with self.database.system_transaction() as session:
            found = _still(session, import_id, ImportState.COMMITTING)
            if found is None:
                return
            session.info["viewer"] = imports.committer(session, found)
            counts = commit(session, found, folder, step)
            found.report = json.dumps(
                json.loads(found.report) | {"committed": counts}, ensure_ascii=False
            )
        _clear(folder)

    def _stop(self, import_id: UUID, problem: str, *, is_refusal: bool) -> None:
        with self.database.system_transaction() as session:
            found = _still(session, import_id, ImportState.READING, ImportState.COMMITTING)
            if found is None:
                return
            was_reading = found.state is ImportState.READING
            found.state = ImportState.REFUSED if was_reading else ImportState.READY
            found.problem = problem
            audit.record(
                session,
                "land.refuse",
                str(import_id),
                area_code=found.area_code,
                problem=problem,
                is_refusal=is_refusal,
            )


def _still(session: Session, import_id: UUID, *states: ImportState) -> LandImport | None:
    """Return an import, locked, if it still is where it was: another server may have been first."""
    audit.instant(session)
    found = imports.one(session, import_id)
    return found if found.state in states else None


def _clear(folder: Path) -> None:
    """Take away what was made for the reading; the file that came is kept, as it came."""
    shutil.rmtree(folder / "around", ignore_errors=True)
    for made in folder.glob("*.arrow"):
        made.unlink()


class _Noted:
    """Tells how far a step is, to whoever looks at the folder and to the caller."""

    def __init__(self, path: Path, on_step: Step) -> None:
        self.path, self.on_step = path, on_step

    def __call__(self, stage: str, done: int, total: int) -> None:
        text = json.dumps({"stage": stage, "done": done, "total": total})
        beside = self.path.with_suffix(".new")
        with suppress(OSError):  # nobody is told, and the work goes on
            beside.write_text(text, encoding="utf-8")
            beside.replace(self.path)
        self.on_step(stage, done, total)


def _note(
    session: Session, found: LandImport, folder: Path, report: ReadReport, revision: int
) -> None:
    """Write down what was read: the report, the findings, and what to do next."""
    said = asdict(report)
    found.kind = LandKind(report.kind) if report.kind else None
    found.compared_with, found.problem = revision, None
    is_ready = report.state == "ready"
    found.state = ImportState.READY if is_ready else ImportState.ASKING
    if is_ready:
        said["valid_from_source"] = _set_day(session, found, folder)
    session.execute(delete(ExamFinding).where(ExamFinding.import_id == found.id))
    if is_ready and said.get("exam"):
        blocked = blocked_rows(folder, {})
        said["exam"] |= {
            "n_blocked": len(blocked.blocked),
            "n_only_repair": len(blocked.only_repair),
            "n_kept": _keep_findings(session, found, folder),
        }
    found.report = json.dumps(said, ensure_ascii=False)
    audit.record(
        session,
        "land.read",
        str(found.id),
        area_code=found.area_code,
        state=report.state,
        kind=report.kind,
        n_features=report.n_features,
        standing=report.standing,
        personal=report.personal,
    )


def _set_day(session: Session, found: LandImport, folder: Path) -> str:
    """Say what day the survey speaks of: as given, else its year's end, else today."""
    if found.valid_from is not None:
        return "given"
    path = folder / "result.arrow"
    year = pc.max(table_of(path).column("source_year")).as_py() if path.exists() else None
    today = civil_day(clock_of(session)())
    if year is not None and FIRST_DAY.year <= year <= today.year:
        found.valid_from = min(date(year, LAST_MONTH, LAST_DAY), today)
        return "source_year"
    found.valid_from = today
    return "today"


def _keep_findings(session: Session, found: LandImport, folder: Path) -> int:
    listed = table_of(folder / "findings.arrow")
    order = pc.sort_indices(listed, sort_keys=[("severity", "ascending")])  # block comes first
    listed = listed.take(order[:MAX_FINDINGS]).combine_chunks()
    rows = table_of(folder / "result.arrow")
    at = pc.index_in(listed.column("row"), rows.column("row").combine_chunks())
    bulk.insert(
        session,
        ExamFinding,
        {
            "id": pa.array(bulk.row_ids(bulk.next_id(session, ExamFinding), listed.num_rows)),
            "import_id": found.id,
            "area_code": pc.coalesce(
                rows.column("village_code").take(at), pa.scalar(found.area_code)
            ),
            "rule": listed.column("rule"),
            "severity": listed.column("severity"),
            "source_row": pc.coalesce(listed.column("row"), pa.scalar(0, pa.int32())),
            "other_row": listed.column("other"),
            "survey_code": rows.column("survey_code").take(at),
            "uid": rows.column("uid").take(at),
            "numbers": listed.column("numbers"),
            "message": pc.utf8_slice_codeunits(listed.column("message_zh"), 0, 500),
        },
        listed.column("place").to_pylist(),
    )
    return int(listed.num_rows)
