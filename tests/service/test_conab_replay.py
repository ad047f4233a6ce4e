"""Sixteen thousand real weekly figures replayed through the book: nothing is lost.

Brazil's CONAB publishes each week, by crop, season and state, what share is planted and what is
harvested. Here every (crop, season, activity) is a season of the book, every state a village of
one made-up town, the national line the town's own total, and a share of 1 is 10,000 mu. Weeks
end on a Saturday in the book; the file's end on a Friday, Saturday or Sunday, so each moves by
one day at most. One week bears the wrong year: the sheet "01-01 a 07-01" of season 2023/24 says
2023-01-06. Its season had not begun then, so the book would refuse it; it is filed at 2024-01-07.
"""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import delete

from service.accounts.models import Account
from service.areas import actions as areas
from service.areas.models import Area
from service.reporting import actions as reporting
from service.reporting import queries as seasons
from service.reporting.schemas import SeasonCreate
from service.security import Role
from service.sowing import actions, progress, queries
from service.sowing.models import Reason
from service.sowing.schemas import ReportCreate

TOWN = "990101100"
CROPS = {
    "corn_1": ("CORN_S", "sown"),
    "corn_2": ("CORN_A", "sown"),
    "cotton": ("COTTON", "sown"),
    "dry_beans_1": ("MUNG", "sown"),
    "rice": ("RICE_E", "direct_seeded"),
    "soybeans": ("SOY_S", "sown"),
    "wheat": ("WHEAT_W", "sown"),
}
SATURDAY = 6
WEEK, YEAR = timedelta(days=7), timedelta(days=364)
MU_OF_ALL = Decimal(10_000)
NOISE = Decimal("0.5")
"""In mu: shares are given to four decimals, some with the noise of a float behind them."""


MISDATED, MEANT = date(2023, 1, 6), date(2024, 1, 7)


def mu(share: str) -> Decimal:
    return round(Decimal(share) * MU_OF_ALL, 2)


@dataclass(frozen=True)
class Row:
    """One line of the file, in the book's terms."""

    reported_on: date
    crop: str
    year: int
    activity: str
    state: str
    is_total: bool
    share: str
    last_week: str
    last_year: str

    @property
    def week(self) -> date:
        """The Saturday at most one day away."""
        return self.reported_on + timedelta(days=SATURDAY - self.reported_on.isoweekday())

    @property
    def season(self) -> str:
        return f"{self.crop}-{self.activity}-{self.year}"

    @property
    def series(self) -> tuple[str, str]:
        return self.season, self.state


def read(path: Path, crops: set[str]) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Row(
                date.fromisoformat(line["report_date"]),
                line["crop"],
                int(line["crop_season"][:4]),
                line["activity"],
                line["state"],
                line["is_total"] == "True",
                line["progress_pct"],
                line["prev_week_pct"],
                line["prev_year_pct"],
            )
            for line in csv.DictReader(file)
            if line["crop"] in crops
        ]
    return sorted(rows, key=lambda row: row.reported_on)


ALL_CROPS = {
    "week: the file agrees with itself": 13_613,
    "week: the file disagrees with itself": 47,
    "week: the file has no row or no claim": 787,
    "year: the file agrees with itself": 8_127,
    "year: the file disagrees with itself": 139,
    "year: the file has no row or no claim": 6_181,
    "states carried over a gap": 92,
}
RICE = {
    "week: the file agrees with itself": 1_530,
    "week: the file disagrees with itself": 5,
    "week: the file has no row or no claim": 85,
    "year: the file agrees with itself": 952,
    "year: the file disagrees with itself": 14,
    "year: the file has no row or no claim": 654,
    "states carried over a gap": 0,
}


class Replay:
    """The file, filed week by week as it was reported."""

    def __init__(self, rows: list[Row], database, clock) -> None:
        self.rows, self.database, self.clock = rows, database, clock
        states = sorted({row.state for row in rows if not row.is_total})
        self.code_of = {state: f"{TOWN}{200 + n}" for n, state in enumerate(states)}
        self.by_key = {(row.season, row.state, row.week): row for row in rows}
        assert len(self.by_key) == len(rows)
        self.highest: dict[tuple[str, str], Decimal] = {}
        self.n_falls = 0
        self._lay_out()
        by_day = defaultdict(list)
        for row in rows:
            by_day[row.reported_on].append(row)
        for day, lines in by_day.items():
            self._file(day, lines)

    def area_of(self, row: Row) -> str:
        return TOWN if row.is_total else self.code_of[row.state]

    def _lay_out(self) -> None:
        with self.database.system_transaction() as session:
            session.execute(delete(Area))
            areas.load_areas(
                session,
                [("990101", "试验区"), (TOWN, "全国"), *((c, s) for s, c in self.code_of.items())],
            )
            reporter = Account(
                username="conab",
                display_name="CONAB",
                role=Role.BUREAU,
                area_code="990101",
                password_hash="-",
                created_at=self.clock(),
            )
            session.add(reporter)
            session.flush()
            self.reporter_id = reporter.id
            weeks = defaultdict(list)
            for row in self.rows:
                weeks[row.season].append(row.week)
            for row in {row.season: row for row in self.rows}.values():
                self._open_season(session, row, weeks[row.season])

    def _open_season(self, session, row: Row, weeks: list[date]) -> None:
        reporting.create_season(
            session,
            SeasonCreate(
                code=row.season,
                title=row.season,
                kind=f"{row.crop[:12]}-{row.activity[0]}",
                crop_year=row.year,
                starts_on=min(weeks) - timedelta(days=6),
                ends_on=max(weeks),
                week_ends_on=SATURDAY,
            ),
        )

    def _file(self, day: date, lines: list[Row]) -> None:
        self.clock.set(datetime(day.year, day.month, day.day, 2, tzinfo=UTC))
        with self.database.system_transaction() as session:
            session.info["actor_id"] = self.reporter_id
            filed = actions.file_batch(session, [self._item(row) for row in lines])
            assert all(each.is_new for each in filed)

    def _item(self, row: Row) -> ReportCreate:
        crop, method = CROPS[row.crop]
        share = mu(row.share)
        falls = share < self.highest.get(row.series, Decimal(0))
        self.n_falls += falls
        self.highest[row.series] = share
        return ReportCreate(
            season_code=row.season,
            area_code=self.area_of(row),
            crop_code=crop,
            method=method,
            as_of=row.week,
            cumulative_mu=share,
            reason=Reason.MISREPORT if falls else None,
        )

    def reports(self) -> dict[tuple[str, str, date], object]:
        """Read every row back through the list of reports."""
        names = {code: state for state, code in self.code_of.items()} | {TOWN: None}
        found = {}
        with self.database.system_reading() as session:
            for season in seasons.seasons(session):
                offset: int | None = 0
                while offset is not None:
                    page, offset = queries.reports(
                        session, season_code=season.code, offset=offset, is_history=True
                    )
                    found |= {
                        (each.season_code, names[each.area_code], each.as_of): each for each in page
                    }
        return found

    def tables(self):
        """Yield (season, week, unit -> row) as the book shows each reported week."""
        # Without the mean of years, which the file does not let us check, fewer weeks are read.
        limits = self.database.thresholds
        self.database.thresholds = limits.model_copy(
            update={"sowing": limits.sowing.model_copy(update={"max_years_for_mean": 1})}
        )
        with self.database.system_reading() as session:
            known = {each.code: each for each in seasons.seasons(session)}
            for season, week, crop in sorted(
                {(row.season, row.week, CROPS[row.crop][0]) for row in self.rows}
            ):
                question = progress.Question(known[season], TOWN, crop, is_accepted=False)
                shown = progress.progress(session, question, by="village", as_of=week)
                yield season, week, shown


def mended(rows: list[Row]) -> list[Row]:
    """Put the misdated week where it belongs."""
    moved = [
        replace(row, reported_on=MEANT) if row.reported_on == MISDATED else row for row in rows
    ]
    return sorted(moved, key=lambda row: row.reported_on)


def is_near(one: Decimal | None, other: str) -> bool:
    return one is not None and abs(one - mu(other)) <= NOISE


@pytest.fixture
def conab(shared_data: Path) -> Path:
    return shared_data / "progress" / "conab_crop_progress_weekly_2022_2026.csv"


@pytest.fixture
def replay(conab, database, clock) -> Replay:
    # PostGIS answers as SQLite does; one crop of it is shown, for the time it takes.
    crops = set(CROPS) if database.is_sqlite else {"rice"}
    return Replay(mended(read(conab, crops)), database, clock)


def test_the_file_holds_57_falls_and_125_disagreements(conab):
    # As its README counts: the planting of single states, by more than half a point.
    rows = read(conab, set(CROPS))
    assert len(rows) == 16_115
    half_a_point = Decimal("0.005") * MU_OF_ALL
    series = defaultdict(list)
    for row in rows:
        if row.activity == "planting" and not row.is_total:
            series[row.series].append(row)
    pairs = [pair for each in series.values() for pair in pairwise(each)]
    falls = sum(mu(now.share) < mu(then.share) - half_a_point for then, now in pairs)
    disagreements = sum(
        abs(mu(now.last_week) - mu(then.share)) > half_a_point
        for then, now in pairs
        if now.last_week
    )
    assert (falls, disagreements) == (57, 125)
    assert max(now.reported_on - then.reported_on for then, now in pairs).days == 330


def test_a_real_season_goes_through_the_book_and_nothing_is_lost(replay):
    stored = replay.reports()
    assert stored.keys() == {
        (season, None if row.is_total else state, week)
        for (season, state, week), row in replay.by_key.items()
    }
    for (season, state, week), row in replay.by_key.items():
        report = stored[season, None if row.is_total else state, week]
        assert report.cumulative_mu == mu(row.share)
    # Every fall, however small, in the national lines and the harvest too.
    corrections = [each for each in stored.values() if each.reason is not None]
    assert len(corrections) == replay.n_falls
    assert replay.n_falls == (59 if replay.database.is_sqlite else 11)
    assert all(each.old_mu > each.cumulative_mu for each in corrections)
    assert all(each.recorded_by == replay.reporter_id for each in corrections)
    _compare(replay)


def _compare(replay: Replay) -> None:
    """Hold the book's comparison columns against the file's own."""
    counted: Counter[str] = Counter()
    for season, week, shown in replay.tables():
        reported = {state for state in replay.code_of if (season, state, week) in replay.by_key}
        assert shown.total.coverage.reported == len(reported)
        counted["states carried over a gap"] += shown.total.coverage.carried
        for item in shown.items:
            row = replay.by_key.get((season, item.name, week))
            if row is not None:
                assert item.sown_mu == mu(row.share)
                _compare_row(replay, row, item, counted)
    assert counted == (ALL_CROPS if replay.database.is_sqlite else RICE)


def _compare_row(replay: Replay, row: Row, item, counted: Counter) -> None:
    last_year_season = f"{row.crop}-{row.activity}-{row.year - 1}"
    for claimed, comparison, key in (
        (row.last_week, item.last_week, (row.season, row.state, row.week - WEEK)),
        (row.last_year, item.last_year, (last_year_season, row.state, row.week - YEAR)),
    ):
        name = "week" if comparison is item.last_week else "year"
        own = replay.by_key.get(key)
        if not claimed or own is None:
            counted[f"{name}: the file has no row or no claim"] += 1
        elif not is_near(mu(own.share), claimed):
            counted[f"{name}: the file disagrees with itself"] += 1
        else:
            counted[f"{name}: the file agrees with itself"] += 1
            assert comparison.as_of == key[2]
            assert is_near(comparison.sown_mu, claimed)
            assert comparison.change_mu == item.sown_mu - comparison.sown_mu
