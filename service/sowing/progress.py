"""Sowing progress: figures of an area's units beside their plans and other years."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.areas.models import Area
from service.database import clock_of, thresholds_of
from service.errors import Invalid
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, Season, TaskState
from service.schemas import civil_day
from service.security import AFTER_ANY_DIGIT
from service.sowing import (
    comparisons,
    gaps,
    moments,
    plan_rollups,
    plans,
    queries,
    rollups,
    standing,
    terms,
)
from service.sowing.comparisons import FiguresOf, Unit
from service.sowing.models import ALL_GRAIN, SowingRollup
from service.sowing.moments import Moment
from service.sowing.schemas import LateVillage, Progress
from service.sowing.standing import TOWN, VILLAGE, Figure

DIGITS = areas.CODE_LENGTH
COUNTY = 6
LEVEL_BELOW = {2: "county", 4: "county", 6: "town", 9: "village", 12: "village"}
"""Digits of an area code -> the level that it is shown by where none is asked for."""
ROLLED_UP = frozenset({COUNTY, TOWN})
AFTER_SEASON = timedelta(days=366)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Question:
    """What is asked of the sowing book."""

    season: Season
    area_code: str
    crop: str = ALL_GRAIN
    known_at: datetime | None = None
    is_accepted: bool = True

    @property
    def is_of_now(self) -> bool:
        """Whether the rollups hold the answer: what is accepted by now."""
        return self.known_at is None and self.is_accepted


def latest_week(session: Session, question: Question) -> date:
    """Return the newest week with a figure of the area, else the week that stands today."""
    newest = _newest_rollup(session, question) if question.is_of_now else None
    if newest is None:
        newest = gaps.newest_week(
            session,
            question.season.code,
            area_code=question.area_code,
            known_at=question.known_at,
            is_accepted=question.is_accepted,
        )
    if newest is not None:
        return newest
    today = civil_day(question.known_at or clock_of(session)())
    return terms.week_of(reporting.reference_days(question.season), today) or (
        question.season.starts_on
    )


def _newest_rollup(session: Session, question: Question) -> date | None:
    wanted = (
        select(SowingRollup.as_of)
        .where(
            SowingRollup.season_code == question.season.code,
            SowingRollup.crop_code == question.crop,
            SowingRollup.digits == (TOWN if len(question.area_code) == TOWN else COUNTY),
            SowingRollup.area_code >= question.area_code,
            SowingRollup.area_code < question.area_code + AFTER_ANY_DIGIT,
            SowingRollup.n_reported > 0,
        )
        .order_by(SowingRollup.as_of.desc())
        .limit(1)
    )
    return session.scalars(wanted).first()


def progress(
    session: Session, question: Question, *, by: str | None = None, as_of: date | None = None
) -> Progress:
    """Return the progress of an area's units of one level, and of the area itself."""
    area = areas.area(session, question.area_code)
    queries.refuse_unknown_crop(session, question.crop)
    by = by or LEVEL_BELOW[len(area.area_code)]
    _refuse_level_above(area, by)
    day = as_of or latest_week(session, question)
    _refuse_day_outside(question.season, day)
    wanted = moments.beside(session, question.season, day)
    found = figures(session, question, wanted.all(), DIGITS[by])
    own, units = _units(session, question, wanted.this, day, area=area, by=by, found=found)
    limits = thresholds_of(session).sowing
    items = [comparisons.row(each, wanted, found, limits) for each in units]
    totals = _totals(session, question, found, by=by)
    total = comparisons.row(own, wanted, totals, limits)
    return Progress(
        season=question.season.code,
        area_code=area.area_code,
        area_name=area.name,
        by=by,
        crop=question.crop,
        as_of=day,
        week=wanted.this.week if wanted.this else None,
        known_at=question.known_at,
        status="accepted" if question.is_accepted else "filed",
        total=total,
        items=items,
        difference_mu=(total.sown_mu or ZERO) - sum((each.sown_mu or ZERO for each in items), ZERO),
        late=_late(session, question, wanted.this),
    )


def planned(
    session: Session,
    season_code: str,
    *,
    within: str,
    crop: str,
    known_at: datetime | None,
    digits: int,
) -> dict[str, Decimal]:
    """Return unit -> planned mu; from the rollups where they hold the answer."""
    if known_at is None:
        return plan_rollups.planned(session, season_code, within=within, digits=digits, crop=crop)
    return plans.from_versions(
        session, season_code, within=within, digits=digits, crop=crop, known_at=known_at
    )


def _refuse_level_above(area: Area, by: str) -> None:
    if DIGITS[by] < len(area.area_code):
        raise Invalid(f"{area.name} 不能按 {by} 分;请选更低一级", field="by")


def _refuse_day_outside(season: Season, day: date) -> None:
    if not season.starts_on <= day <= season.ends_on + AFTER_SEASON:
        raise Invalid(
            f"as_of 须在 {season.title}({season.starts_on} 至 {season.ends_on})之内", field="as_of"
        )


def figures(
    session: Session, question: Question, wanted: Collection[Moment], digits: int
) -> dict[Moment, dict[str, Figure]]:
    """Return week -> unit -> figure; from the rollups where they hold the answer."""
    if question.is_of_now and digits in ROLLED_UP:
        return _rolled_up(session, question, wanted, digits)
    return {moment: _added_up(session, question, moment, digits) for moment in wanted}


def _rolled_up(
    session: Session, question: Question, wanted: Collection[Moment], digits: int
) -> dict[Moment, dict[str, Figure]]:
    found: dict[Moment, dict[str, Figure]] = {moment: {} for moment in wanted}
    if not found:
        return found
    columns = [getattr(SowingRollup, name) for name in rollups.SUMS]
    weeks = [
        and_(SowingRollup.season_code == each.season_code, SowingRollup.as_of == each.week)
        for each in found
    ]
    rows = session.execute(
        select(
            SowingRollup.season_code, SowingRollup.as_of, SowingRollup.area_code, *columns
        ).where(
            or_(*weeks),
            SowingRollup.crop_code == question.crop,
            SowingRollup.area_code >= question.area_code,
            SowingRollup.area_code < question.area_code + AFTER_ANY_DIGIT,
            SowingRollup.digits == digits,
        )
    )
    for season_code, week, code, *values in rows:
        found[Moment(season_code, week)][code] = Figure(*values)
    return found


def _added_up(
    session: Session, question: Question, moment: Moment, digits: int
) -> dict[str, Figure]:
    figures = standing.figures(
        session,
        moment.season_code,
        area_code=question.area_code,
        as_of=moment.week,
        digits=max(digits, TOWN),
        known_at=question.known_at,
        is_accepted=question.is_accepted,
        crop=question.crop,
    )
    return {code: figure for (code, _), figure in standing.by_prefix(figures, digits).items()}


def _totals(session: Session, question: Question, found: FiguresOf, *, by: str) -> FiguresOf:
    """Return the area's own figures: the sums of its towns', not of what is shown."""
    code = question.area_code
    if by == "village" and len(code) < VILLAGE:
        found = figures(session, question, found.keys(), TOWN)
    return {
        moment: {code: reduce(Figure.plus, units.values())} if units else {}
        for moment, units in found.items()
    }


def _units(
    session: Session,
    question: Question,
    this: Moment | None,
    day: date,
    *,
    area: Area,
    by: str,
    found: FiguresOf,
) -> tuple[Unit, list[Unit]]:
    """Return the area and its units, in order of code, with what their rows tell."""
    code, digits = area.area_code, DIGITS[by]
    names = areas.unit_names(session, within=code, level=by, on=day)
    merged = found[this].keys() - names.keys() if this else set()
    tasks = _tasks(session, question, this, min(digits, TOWN))
    known = _Known(
        planned(
            session,
            question.season.code,
            within=code,
            crop=question.crop,
            known_at=question.known_at,
            digits=digits,
        ),
        {unit: n for unit, (n, _) in tasks.items()}
        if digits < VILLAGE
        else dict.fromkeys(names, 1),
        gaps.open_corrections(
            session,
            question.season.code,
            area_code=code,
            digits=digits,
            as_of=day,
            known_at=question.known_at,
        ),
        {unit: state for unit, (_, state) in tasks.items() if len(unit) == TOWN},
    )
    # A merged unit whose last figure still stands is shown under its own name until it is told
    # by its successor.
    names |= gaps.names_of(session, merged) if merged else {}
    own = replace(
        known.unit(code, area.name),
        expected=sum(n for n, _ in tasks.values()) if len(code) < VILLAGE else 1,
        open_corrections=sum(known.corrections.values()),
    )
    return own, [known.unit(*each) for each in sorted(names.items())]


@dataclass(frozen=True)
class _Known:
    """What is known of units, by code."""

    plans: Mapping[str, Decimal]
    expected: Mapping[str, int]
    corrections: Mapping[str, int]
    states: Mapping[str, TaskState]

    def unit(self, code: str, name: str) -> Unit:
        """Return what a row tells of one unit."""
        return Unit(
            code,
            name,
            self.plans.get(code),
            self.expected.get(code, 0),
            self.corrections.get(code, 0),
            self.states.get(code),
        )


def _tasks(
    session: Session, question: Question, this: Moment | None, digits: int
) -> dict[str, tuple[int, TaskState]]:
    """Return unit -> the villages that the week waits for and, for a town, where it stands."""
    if this is None:
        return {}
    unit = func.substr(ReportingTask.area_code, 1, digits)
    rows = session.execute(
        select(unit, func.sum(ReportingTask.n_expected), func.min(ReportingTask.state))
        .where(
            ReportingTask.dataset == "sowing",
            ReportingTask.season_code == this.season_code,
            ReportingTask.period == this.week,
            ReportingTask.area_code >= question.area_code,
            ReportingTask.area_code < question.area_code + AFTER_ANY_DIGIT,
        )
        .group_by(unit)
    )
    return {code: (int(n), TaskState(state)) for code, n, state in rows}


def _late(session: Session, question: Question, this: Moment | None) -> list[LateVillage]:
    """Name the villages without a row for the week; for a county or less, not a province."""
    if this is None or len(question.area_code) < COUNTY:
        return []
    return gaps.late_villages(
        session,
        this.season_code,
        area_code=question.area_code,
        week=this.week,
        known_at=question.known_at,
    )
