"""The timetable: ordinary actions and the times to run them.

APScheduler only wakes us. Whether a job is due, and who runs it, is decided in the database:
a row claimed per (job, slot) makes each run happen once however many servers run, and because
only the latest slot is asked for, a night that was missed is caught up once.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import String, Text, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.settings import Settings
from service import audit, safekeeping
from service.accounts.models import LoginFailure, LoginSession
from service.cases import nightly as cases
from service.columns import UtcInstant
from service.database import Base, Database, clock_of, dialect_insert
from service.doubts import actions as doubts
from service.parcels.reading import LandReader
from service.reporting import actions as reporting
from service.reporting import queries as reporting_queries
from service.schemas import CIVIL_ZONE, civil_day
from service.screening import actions as screening
from service.sowing import plan_rollups, rollups

WAKE_SECONDS = 20
LEASE = timedelta(minutes=30)
"""A run that started longer ago and never finished died with its server: it may be tried again."""
LONGEST_LOOK_BACK = timedelta(days=8)
log = structlog.get_logger(__name__)


class JobRun(Base):
    """One run of a job for one slot of its timetable; its key is the claim."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcInstant, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(UtcInstant)
    finished_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    outcome: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class Job:
    """An action, safe to repeat, and when it is due (crontab, Asia/Shanghai)."""

    name: str
    crontab: str
    title: str
    run: Callable[[Database, Settings], Any]


def _in_transaction(action: Callable[[Session], Any]) -> Callable[[Database, Settings], Any]:
    def run(database: Database, _settings: Settings) -> Any:
        with database.system_transaction() as session:
            return action(session)

    return run


def _open_tasks(session: Session) -> int:
    today = civil_day(clock_of(session)())
    return sum(
        reporting.ensure_tasks(session, season)
        for season in reporting_queries.seasons(session)
        if season.ends_on >= today
    )


def _end_sessions(session: Session) -> int:
    now = clock_of(session)()
    old = now - timedelta(days=1)
    ended = session.execute(delete(LoginSession).where(LoginSession.expires_at < old))
    session.execute(delete(LoginFailure).where(LoginFailure.waits_until < old))
    return int(ended.rowcount)  # type: ignore[attr-defined]


class RollupsDiffered(RuntimeError):
    """Sums kept beside the rows were not theirs; they were rebuilt, and somebody should know."""


def _check_rollups(database: Database, _settings: Settings) -> str:
    with database.system_transaction() as session:
        wrong: Counter[str] = Counter()
        for season in reporting_queries.seasons(session):
            code = season.code
            wrong[code] += len(rollups.differences(session, code))
            wrong[code] += len(plan_rollups.differences(session, code))
        for code in +wrong:
            rollups.rebuild(session, code)
            plan_rollups.rebuild(session, code)
            audit.record(session, "rollup.rebuild", code, n_differences=wrong[code])
    if wrong.total():
        # After the commit: the failure is told, the repair stays.
        raise RollupsDiffered(f"{wrong.total()} rollups differed from their rows and were rebuilt")
    return "equal"


def _back_up(database: Database, settings: Settings) -> str:
    saved = safekeeping.save(database, settings, label="nightly")
    return (
        f"{saved.file.name},照片原件新增 {saved.n_photos} 张,"
        f"影像观测新增 {saved.n_observations} 个文件"
    )


def _doubt(database: Database, settings: Settings) -> str:
    with database.system_transaction() as session:
        done = doubts.run(session, None, settings.county_code)
        return f"新提出 {done.n_opened},复核了结 {done.n_closed},过期 {done.n_expired}"


class CalendarTooShort(RuntimeError):
    """Some cases cannot be timed: somebody must enter the holidays of the next year."""


def _go_over_cases(database: Database, _settings: Settings) -> str:
    with database.system_transaction() as session:
        night = cases.run(session)
    if night.n_untimed:
        # After the commit: the others were reminded of.
        raise CalendarTooShort(
            f"{night.text};{night.n_untimed} 件案件用到的年份没有放假安排,没有计时,"
            "请补进 config/codes/work_calendar.csv"
        )
    return night.text


def _resume_imports(database: Database, settings: Settings) -> int:
    """Go on with land files that a server left half way."""
    reader = LandReader(database, settings.import_directory, settings.county_code)
    with database.system_reading() as session:
        left = reader.left_behind(session)
    for import_id in left:
        reader.work(import_id)
    return len(left)


def _screen(database: Database, settings: Settings) -> str:
    """Weigh what is known by today; read first, for the ledger need not wait for that."""
    with database.system_reading() as session:
        wanted = screening.wanted(session, as_of=None, area_code=settings.county_code)
        plan = screening.plan(session, wanted)
    with database.system_transaction() as session:
        done = screening.apply(session, plan)
        return f"新研判 {done.n_new},变动 {done.n_changed},新线索 {done.n_leads}"


TIMETABLE = (
    Job("remind", "*/15 * * * *", "催报提醒", _in_transaction(reporting.remind)),
    Job("open-tasks", "10 0 * * *", "补建报送任务", _in_transaction(_open_tasks)),
    Job("end-sessions", "40 0 * * *", "清理过期登录", _in_transaction(_end_sessions)),
    Job("resume-imports", "*/30 * * * *", "续读土地文件", _resume_imports),
    Job("back-up", "0 2 * * *", "每夜备份", _back_up),
    Job("doubt", "0 3 * * *", "核查存疑数据", _doubt),
    # Before the screening, which must find the case of a parcel that was split.
    Job("cases", "10 3 * * *", "案件期限与回头看提醒", _go_over_cases),
    Job("screen", "15 3 * * *", "筛查图斑、研判信号", _screen),
    Job("check-rollups", "30 2 * * *", "核对汇总与明细", _check_rollups),
)
BY_NAME = {job.name: job for job in TIMETABLE}


def latest_slot(job: Job, now: datetime) -> datetime | None:
    """Return the last instant at which the job was due."""
    trigger = CronTrigger.from_crontab(job.crontab, timezone=CIVIL_ZONE)
    for look_back in (timedelta(hours=1), timedelta(days=1, hours=1), LONGEST_LOOK_BACK):
        slot: datetime | None = None
        following = trigger.get_next_fire_time(None, now - look_back)
        while following is not None and following <= now:
            slot = following
            following = trigger.get_next_fire_time(slot, slot + timedelta(seconds=1))
        if slot is not None:
            return slot
    return None


def run_due(database: Database, settings: Settings) -> list[str]:
    """Run what is due and not yet claimed; return the names of the jobs that this call ran."""
    ran = []
    for job in TIMETABLE:
        slot = latest_slot(job, database.clock())
        if slot is not None and claim(database, job, slot):
            run(database, settings, job, slot)
            ran.append(job.name)
    return ran


def claim(database: Database, job: Job, slot: datetime) -> bool:
    """Take a slot for this process; False where it is taken. A dead run's lease runs out."""
    with database.read_session() as session:
        known = session.get(JobRun, (job.name, slot))
        if known is not None and not _is_dead(known, database.clock()):
            return False
    now = database.clock()
    with database.system_transaction() as session:
        first = {"job": job.name, "slot": slot, "claimed_at": now}
        # RETURNING tells whether a row was made; PostgreSQL's driver counts -1 either way.
        made = session.execute(
            dialect_insert(session, JobRun)
            .values(first)
            .on_conflict_do_nothing()
            .returning(JobRun.job)
        )
        if made.first() is not None:
            return True
        taken_over = session.execute(
            update(JobRun)
            .where(
                JobRun.job == job.name,
                JobRun.slot == slot,
                JobRun.finished_at.is_(None),
                JobRun.claimed_at < now - LEASE,
            )
            .values(claimed_at=now)
        )
        return bool(taken_over.rowcount)  # type: ignore[attr-defined]


def _is_dead(known: JobRun, now: datetime) -> bool:
    return known.finished_at is None and known.claimed_at < now - LEASE


def run(database: Database, settings: Settings, job: Job, slot: datetime) -> None:
    """Run a claimed slot and write down how it went."""
    try:
        outcome, detail = "done", str(job.run(database, settings))
    except Exception as error:
        log.exception("job failed", job=job.name)
        outcome, detail = "failed", f"{type(error).__name__}: {error}"[:2000]
    with database.system_transaction() as session:
        session.execute(
            update(JobRun)
            .where(JobRun.job == job.name, JobRun.slot == slot)
            .values(finished_at=database.clock(), outcome=outcome, detail=detail)
        )
    log.info("job ran", job=job.name, slot=slot.isoformat(), outcome=outcome, detail=detail)


def start(database: Database, settings: Settings) -> BackgroundScheduler:
    """Set the alarm clock."""
    scheduler = BackgroundScheduler(timezone=CIVIL_ZONE)
    scheduler.add_job(
        run_due,
        "interval",
        seconds=WAKE_SECONDS,
        args=(database, settings),
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    scheduler.start()
    return scheduler
