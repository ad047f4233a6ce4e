"""Guangdong as a load: 26,842 villages, 3 crops, 8 weeks, 644,000 accepted reports."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from service import migrations
from service.accounts.models import Account, LoginSession
from service.areas import actions as areas
from service.areas import queries as area_queries
from service.database import Database, utc_now
from service.reporting import actions as reporting
from service.reporting.models import (
    ReportingTask,
    TaskEvent,
    TaskEventKind,
    TaskState,
)
from service.reporting.schemas import SeasonCreate
from service.security import Role, hash_password, new_token, token_hash
from service.sowing import plan_rollups, rollups
from service.sowing.models import Answer, Basis, Method, SowingPlan, SowingReport

DATA = Path(__file__).parents[2] / "shared" / "data" / "areas"
PROVINCE, COUNTY = "44", "441803"
CROPS = (("RICE_E", Method.TRANSPLANTED), ("CORN_S", Method.SOWN), ("SWEETPOTATO", Method.SOWN))
N_WEEKS = 8
CHUNK = 20_000


def season_of_now() -> SeasonCreate:
    """A season whose ninth week is open now: eight lie behind, one takes reports."""
    today = utc_now().date()
    open_week = today + timedelta(days=(3 - today.weekday()) % 7)
    first = open_week - timedelta(days=7 * N_WEEKS)
    return SeasonCreate(
        code="bench",
        title="bench",
        kind="bench",
        crop_year=first.year,
        starts_on=first,
        ends_on=open_week + timedelta(days=14),
        week_ends_on=4,
    )


def area_list() -> list[tuple[str, str]]:
    """Return the province, its counties, its towns (named by code) and its villages."""
    with (DATA / "counties_44_guangdong.csv").open(encoding="utf-8") as file:
        found = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    with (DATA / "villages_44_guangdong.csv").open(encoding="utf-8") as file:
        villages = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    towns = sorted({code[:9] for code, _ in villages})
    return [(PROVINCE, "广东省"), *found, *((code, code) for code in towns), *villages]


def load(database: Database) -> str:
    """Load everything; return a token of a recorder over the whole province."""
    migrations.migrate(database, backup_directory=None)
    with database.system_transaction() as session:
        areas.load_areas(session, area_list())
        season = reporting.create_season(session, season_of_now())
        token, account_id = _account(session, database)
    with database.system_transaction() as session:
        _reports(session, season.code, account_id)
    with database.system_transaction() as session:
        rollups.rebuild(session, "bench")
        plan_rollups.rebuild(session, "bench")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return token


def _account(session: Session, database: Database) -> tuple[str, UUID]:
    account = Account(
        username="bench",
        display_name="bench",
        role=Role.RECORDER,
        area_code=PROVINCE,
        password_hash=hash_password("not used"),
        created_at=database.clock(),
    )
    session.add(account)
    session.flush()
    token, now = new_token(), database.clock()
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            account_id=account.id,
            created_at=now,
            expires_at=now + timedelta(days=30),
        )
    )
    return token, account.id


def _reports(session: Session, season: str, account_id: UUID) -> None:
    weeks = sorted(
        {
            each
            for (each,) in session.execute(
                ReportingTask.__table__.select().with_only_columns(ReportingTask.period).distinct()
            )
        }
    )[:N_WEEKS]
    tasks = {
        (area, period): task_id
        for area, period, task_id in session.execute(
            ReportingTask.__table__.select().with_only_columns(
                ReportingTask.area_code, ReportingTask.period, ReportingTask.id
            )
        )
    }
    villages = list(area_queries.unit_names(session, within=PROVINCE, level="village", on=weeks[0]))
    _plans(session, season, account_id, villages)
    rows = _rows(season, account_id, villages, weeks, tasks)
    while chunk := [row for row, _ in zip(rows, range(CHUNK), strict=False)]:
        session.execute(insert(SowingReport), chunk)
    accepted = utc_now()
    done = [task_id for (_, period), task_id in tasks.items() if period in weeks]
    session.execute(
        insert(TaskEvent),
        [
            {
                "task_id": task_id,
                "kind": TaskEventKind.ACCEPT,
                "from_state": TaskState.APPROVED,
                "to_state": TaskState.ACCEPTED,
                "actor_id": account_id,
                "at": accepted,
            }
            for task_id in done
        ],
    )
    session.execute(
        update(ReportingTask)
        .where(ReportingTask.period.in_(weeks))
        .values(state=TaskState.ACCEPTED)
        .execution_options(synchronize_session=False)
    )


def _plans(session: Session, season: str, account_id: UUID, villages: list[str]) -> None:
    towns = sorted({code[:9] for code in villages})
    counties = sorted({code[:6] for code in villages})
    session.execute(
        insert(SowingPlan),
        [
            {
                "season_code": season,
                "area_code": code,
                "crop_code": crop,
                "version": 1,
                "plan_mu": Decimal(1000),
                "recorded_at": utc_now(),
                "recorded_by": account_id,
                "content_digest": "",
            }
            for code in (*counties, *towns, *villages)
            for crop, _ in CROPS
        ],
    )


def _rows(
    season: str,
    account_id: UUID,
    villages: list[str],
    weeks: list[date],
    tasks: dict[tuple[str, date], UUID],
) -> Iterator[dict[str, object]]:
    fate = random.Random(1)
    size = {code: fate.uniform(100, 900) for code in villages}
    for n, week in enumerate(weeks, start=1):
        recorded_at = utc_now()
        for code in villages:
            for crop, method in CROPS:
                yield {
                    "id": uuid4(),
                    "season_code": season,
                    "area_code": code,
                    "crop_code": crop,
                    "method": method,
                    "as_of": week,
                    "answer": Answer.AREA,
                    "cumulative_mu": round(Decimal(size[code] * n / N_WEEKS), 2),
                    "basis": Basis.LEDGER,
                    "task_id": tasks[code[:9], week],
                    "recorded_at": recorded_at,
                    "recorded_by": account_id,
                    "content_digest": "",
                }
