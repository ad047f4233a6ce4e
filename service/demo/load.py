"""Telling the story to a database, day by day, through the same actions that people use."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from service.areas import actions as areas
from service.areas import queries as area_queries
from service.database import Database, utc_now
from service.demo import cast
from service.demo.cast import COUNTY, Login
from service.demo.chapters import CHAPTERS
from service.demo.models import DemoMark
from service.demo.stage import Stage, StoryClock
from service.demo.story import CLOSING_DAY, YEARS, Story, Week
from service.errors import Conflict
from service.reporting import actions as reporting
from service.reporting import queries as reporting_queries
from service.reporting import rules as reporting_rules
from service.reporting.models import Season, TaskEventKind
from service.reporting.schemas import SeasonCreate
from service.schemas import CIVIL_ZONE
from service.security import Viewer
from service.sowing import actions as sowing
from service.sowing.filing import Filing
from service.sowing.models import Answer, Basis, Reason
from service.sowing.schemas import PlanCreate, ReportCreate

if TYPE_CHECKING:
    from service.demo.land_load import LandStory

STORY_END = datetime.combine(date(2023, 4, 21), time(18), CIVIL_ZONE)
NEXT_DAY = CLOSING_DAY + timedelta(days=7)
SURVEY_DAY = date(2023, 2, 10)
"""The day on which the survey of 2022 came to the bureau."""
MISREPORT_DAY = date(2023, 4, 6)
RETURN_DAY = date(2023, 4, 13)
TENFOLD = Decimal(10)


def is_loaded(database: Database) -> bool:
    """Tell whether the story is in this database; refuse one that holds other data."""
    with database.system_reading() as session:
        if session.scalars(select(DemoMark)).first() is not None:
            return True
        if session.scalars(select(Season).limit(1)).first() is not None:
            raise Conflict(
                "这个数据库已有数据,不能再装演示数据;请用 CHUNGENG_DATABASE_URL 指向一个空库"
            )
    return False


def load(
    database: Database,
    *,
    password: str | None,
    import_directory: Path,
    n_parcels: int,
    on_step: Callable[[str, int, int], None],
) -> list[Login]:
    """Tell the whole story; return the accounts with their passwords."""
    clock = StoryClock()
    database.clock = clock
    # Its many small transactions need not be durable one by one: the file is synced and put in
    # place afterwards or not at all, and the last transaction on PostgreSQL syncs all before it.
    event.listen(database.engine, "connect", _hurry)
    teller = _Teller(database, clock, on_step)
    teller.import_directory, teller.n_parcels = import_directory, n_parcels
    logins = teller.tell(password)
    with database.system_transaction() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL synchronous_commit TO on"))
        session.add(DemoMark(id=1, story_at=STORY_END, loaded_at=utc_now()))
    return logins


def _hurry(dbapi_connection: Any, _record: object) -> None:
    is_sqlite = isinstance(dbapi_connection, sqlite3.Connection)
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF" if is_sqlite else "SET synchronous_commit TO off")
    cursor.close()
    if not is_sqlite:
        dbapi_connection.commit()  # or the pool's rollback would take the setting back


class _Teller:
    def __init__(
        self, database: Database, clock: StoryClock, on_step: Callable[[str, int, int], None]
    ) -> None:
        self.database, self.clock, self.on_step = database, clock, on_step
        self.viewers: dict[str, Viewer] = {}
        self.import_directory, self.n_parcels = Path("var/imports"), 0

    def tell(self, password: str | None) -> list[Login]:
        """Tell areas, accounts, and every season week by week."""
        with self.database.system_transaction() as session:
            areas.load_areas(session, areas.shipped_areas())
            towns = area_queries.unit_names(session, within=COUNTY, level="town", on=CLOSING_DAY)
            villages = area_queries.unit_names(
                session, within=COUNTY, level="village", on=CLOSING_DAY
            )
        logins, self.viewers = cast.create(self.database, towns, password)
        self.story = Story(list(villages.items()))
        self.stage = stage = Stage(self.database, self.clock, self.viewers, towns, villages)
        chapters = [chapter() for chapter in CHAPTERS]
        for chapter in chapters:
            chapter.begin(stage)
        weeks = [(year, day) for year in YEARS for day in self._weeks(year)]
        told = 0
        land = self._land()
        for year in YEARS:
            self._season(year)
            if year == SURVEY_DAY.year and land is not None:
                self.clock.go(SURVEY_DAY, 10)
                land.survey()
            for day in self._weeks(year):
                self._week(day)
                for chapter in chapters:
                    chapter.week(stage, day)
                told += 1
                self.on_step(f"{day}", told, len(weeks))
        if land is not None:
            self.clock.go(STORY_END.date(), 9)
            land.change()
            land.draft()
        self._next_week()
        for chapter in chapters:
            chapter.end(stage)
        return logins

    def _land(self) -> "LandStory | None":
        if not self.n_parcels:
            return None
        # GeoPandas takes a second to load, and no other command needs it.
        from service.demo.land_load import LandStory  # noqa: PLC0415

        return LandStory(
            self.database,
            self.viewers["bureau"],
            self.import_directory,
            count=self.n_parcels,
            on_step=lambda stage, done, total: self.on_step(f"土地 {stage}", done, total),
        )

    def _weeks(self, year: int) -> list[date]:
        season = spring(year)
        found = reporting_rules.reference_days(
            season.starts_on, season.ends_on, season.week_ends_on
        )
        return [day for day in found if day <= CLOSING_DAY]

    def _season(self, year: int) -> None:
        self.clock.go(date(year, 1, 20), 9)
        with self.stage.acting("bureau") as session:
            reporting.create_season(session, spring(year))
        self.clock.go(date(year, 2, 1), 9)
        plans = self.story.plan(year)
        with self.stage.acting("bureau") as session:
            sowing.file_plans(
                session,
                [
                    PlanCreate(
                        season_code=f"{year}-spring",
                        area_code=village,
                        crop_code=crop,
                        plan_mu=mu,
                        document_no=f"演示〔{year}〕1号",
                    )
                    for (village, crop), mu in plans.items()
                ],
            )

    def _week(self, day: date) -> None:
        """Villages file on Wednesday, towns submit and approve on Thursday, the bureau accepts."""
        late = self.story.late_town(day)
        for town in self.story.towns:
            self._file(town, day)
        self.clock.go(day, 10)
        for town in self.story.towns:
            if town != late:
                self._submit_and_approve(town, day)
        self.clock.go(day, 17, 30)
        with self.database.system_transaction() as session:
            reporting.remind(session)
        if late is not None:
            self.clock.go(day, 18, 30)
            self._submit_and_approve(late, day)
        self.clock.go(day + timedelta(days=1), 11)
        for town in self.story.towns:
            self._step("bureau", town, day, TaskEventKind.ACCEPT)
        if day == MISREPORT_DAY:
            self._correct(day)

    def _file(self, town: str, day: date, *, count: int | None = None) -> None:
        self.clock.go(day - timedelta(days=1), 15)
        rows = self.story.week(town, day)
        if day == MISREPORT_DAY:
            rows = [self._misreported(row) for row in rows]
        with self.stage.acting(f"recorder-{town}") as session:
            file_rows(session, [as_report(row, day) for row in rows[:count]])

    def _misreported(self, row: Week) -> Week:
        if row.village != self.story.misreporter or row.crop != "CORN_S" or row.mu is None:
            return row
        return Week(row.village, row.crop, row.method, row.mu * TENFOLD)

    def _correct(self, day: date) -> None:
        """A figure ten times too high is found after acceptance, reopened and put right."""
        town = self.story.misreporter[:9]
        self.clock.go(day + timedelta(days=4), 10)
        self._step("bureau", town, day, TaskEventKind.REOPEN, "春玉米多填了一位,请核实更正")
        with self.stage.acting(f"recorder-{town}") as session:
            right = [
                as_report(row, day, reason=Reason.MISREPORT)
                for row in self.story.week(town, day)
                if row.village == self.story.misreporter and row.crop == "CORN_S"
            ]
            file_rows(session, right)
        self._submit_and_approve(town, day)
        self._step("bureau", town, day, TaskEventKind.ACCEPT)

    def _submit_and_approve(self, town: str, day: date) -> None:
        self._step(f"recorder-{town}", town, day, TaskEventKind.SUBMIT)
        if day == RETURN_DAY and town == self.story.returned_town:
            self._return(town, day)
        self._step(f"approver-{town}", town, day, TaskEventKind.APPROVE)

    def _return(self, town: str, day: date) -> None:
        """The approver returns a week; one village's figure comes back a little higher."""
        self._step(f"approver-{town}", town, day, TaskEventKind.RETURN, "抛秧面积偏小,请与村核实")
        with self.stage.acting(f"recorder-{town}") as session:
            row = next(r for r in self.story.week(town, day) if r.method == "thrown" and r.mu)
            higher = Week(row.village, row.crop, row.method, (row.mu or Decimal(0)) + TENFOLD / 100)
            file_rows(session, [as_report(higher, day, reason=Reason.MISREPORT)])
        self._step(f"recorder-{town}", town, day, TaskEventKind.SUBMIT)

    def _next_week(self) -> None:
        """Leave the week after in every state of the way: draft, submitted, approved."""
        self.clock.go(STORY_END.date(), 16)
        draft, submitted, approved = self.story.towns[7], self.story.towns[5], self.story.towns[6]
        for town, count in ((draft, 60), (submitted, None), (approved, None)):
            with self.stage.acting(f"recorder-{town}") as session:
                rows = self.story.week(town, NEXT_DAY)
                file_rows(session, [as_report(row, NEXT_DAY) for row in rows[:count]])
        for town in (submitted, approved):
            self._step(f"recorder-{town}", town, NEXT_DAY, TaskEventKind.SUBMIT)
        self._step(f"approver-{approved}", approved, NEXT_DAY, TaskEventKind.APPROVE)

    def _step(
        self, username: str, town: str, day: date, kind: TaskEventKind, reason: str | None = None
    ) -> None:
        self.clock.at += timedelta(minutes=1)
        with self.stage.acting(username) as session:
            season = f"{day.year}-spring"
            week = reporting_queries.weeks_of(session, season, {(town, day)}, dataset="sowing")
            reporting.take_step(session, week[town, day].id, kind, reason=reason)


def spring(year: int) -> SeasonCreate:
    """Return the spring season of a year: Thursdays from early March to early May."""
    return SeasonCreate(
        code=f"{year}-spring",
        title=f"{year}年春播",
        kind="spring",
        crop_year=year,
        starts_on=date(year, 2, 24),
        ends_on=date(year, 5, 10),
        week_ends_on=4,
    )


def as_report(row: Week, day: date, *, reason: Reason | None = None) -> ReportCreate:
    """Return a row of the story as a filing."""
    return ReportCreate(
        season_code=f"{day.year}-spring",
        area_code=row.village,
        crop_code=row.crop,
        method=row.method,
        as_of=day,
        answer=Answer.AREA if row.mu is not None else Answer.NOT_GROWN,
        cumulative_mu=row.mu,
        basis=Basis.LEDGER,
        reason=reason,
    )


def file_rows(session: Session, items: Iterable[ReportCreate]) -> None:
    """File rows of the story; a refusal is a fault of the story."""
    filing = Filing(session, list(items))
    if filing.problems:
        raise AssertionError(filing.problems[:3])
    filing.write()
