"""Sowing progress: figures of an area's units beside their plans and other years."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.areas.models import Area
from service.database import clock_of, thresholds_of
from service.errors import Invalid
from service.reporting import queries as reporting
from service.reporting.models import ReportingTask, Season, TaskState
from service.schemas import civil_day
from service.security import AFTER_ANY_DIGIT
from service.sowing import queries, rollups, rules, standing, terms
from service.sowing.models import ALL_GRAIN, SowingRollup
from service.sowing.schemas import (
    Comparison,
    Coverage,
    Curve,
    CurvePoint,
    LateVillage,
    MeanOfYears,
    Progress,
    ProgressRow,
    TermComparison,
)
from service.sowing.standing import Figure, Figures

WEEK = timedelta(days=7)
DIGITS = areas.CODE_LENGTH
ROLLED_UP = frozenset({"town", "county"})
ZERO = Decimal(0)


@dataclass(frozen=True)
class Question:
    """What is asked of the sowing book."""

    season: Season
    area_code: str
    crop: str = ALL_GRAIN
    known_at: datetime | None = None
    is_accepted: bool = True


@dataclass(frozen=True)
class Moment:
    """A week of a season."""

    season: Season
    week: date


@dataclass(frozen=True)
class Moments:
    """The weeks that one progress table compares; None where there is none."""

    this: Moment | None
    last_week: Moment | None
    last_year: Moment | None
    same_term: Moment | None
    offset: terms.TermOffset
    years: Mapping[int, Moment]

    def all(self) -> set[Moment]:
        """Return every week that is needed."""
        one = (self.this, self.last_week, self.last_year, self.same_term)
        return {each for each in (*one, *self.years.values()) if each is not None}


def moments(session: Session, season: Season, as_of: date) -> Moments:
    """Find the weeks to compare with the one that stands on a day."""
    days = reporting.reference_days(season)
    week = terms.week_of(days, as_of)
    base = week or as_of
    offset = terms.term_offset(base)
    limits = thresholds_of(session).sowing
    earlier = reporting.earlier_seasons(session, season, limits.max_years_for_mean)

    def near(other: Season | None, day: date) -> Moment | None:
        found = terms.nearest_week(reporting.reference_days(other), day) if other else None
        return Moment(other, found) if other and found else None

    previous = earlier.get(season.crop_year - 1)
    # A season may begin in the calendar year before its crop year; years shift by the same step.
    shifted = {year: base.year - (season.crop_year - year) for year in earlier}
    same_term_on = terms.day_at(offset, base.year - 1)
    years = {
        year: moment
        for year, other in earlier.items()
        if (moment := near(other, terms.same_date(base, shifted[year])))
    }
    return Moments(
        Moment(season, week) if week else None,
        Moment(season, week - WEEK) if week and week - WEEK in days else None,
        years.get(season.crop_year - 1),
        near(previous, same_term_on),
        offset,
        years,
    )


def latest_week(session: Session, season: Season) -> date:
    """Return the newest week with an accepted figure, else the week that stands today."""
    newest: date | None = session.scalars(
        select(func.max(SowingRollup.as_of)).where(
            SowingRollup.season_code == season.code, SowingRollup.n_reported > 0
        )
    ).one()
    if newest is not None:
        return newest
    today = civil_day(clock_of(session)())
    return terms.week_of(reporting.reference_days(season), today) or season.starts_on


def progress(
    session: Session, question: Question, *, by: str, as_of: date | None = None
) -> Progress:
    """Return the progress of an area's units of one level, and of the area itself."""
    area = areas.area(session, question.area_code)
    _refuse_level_above(area, by)
    day = as_of or latest_week(session, question.season)
    _refuse_day_outside(question.season, day)
    wanted = moments(session, question.season, day)
    names = areas.unit_names(session, within=area.area_code, level=by, on=day)
    found = {moment: _figures(session, question, moment, by=by) for moment in wanted.all()}
    totals = {
        moment: _total(session, question, moment, by=by, units=found[moment])
        for moment in wanted.all()
    }
    compose = _Composer(session, question, wanted, day)
    items = compose.rows(names, DIGITS[by], found)
    total = compose.rows({area.area_code: area.name}, len(area.area_code), totals)[0]
    shown = sum((each.sown_mu or ZERO for each in items), ZERO)
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
        difference_mu=(total.sown_mu or ZERO) - shown,
        late=_late(session, question, wanted, area),
    )


def _refuse_level_above(area: Area, by: str) -> None:
    if DIGITS[by] < len(area.area_code):
        raise Invalid(f"{area.name} 不能按 {by} 分;请选更低一级", field="by")


def _refuse_day_outside(season: Season, day: date) -> None:
    if not season.starts_on <= day <= season.ends_on + timedelta(days=366):
        raise Invalid(
            f"as_of 须在 {season.title}({season.starts_on} 至 {season.ends_on})之内", field="as_of"
        )


def _figures(session: Session, question: Question, moment: Moment, *, by: str) -> Figures:
    """Return unit -> figure; from the rollups where they hold the answer, else from the rows."""
    is_current = question.known_at is None and question.is_accepted
    if is_current and by in ROLLED_UP:
        return _rolled_up(session, question, moment, DIGITS[by])
    crops = None if question.crop == ALL_GRAIN else [question.crop]
    digits = max(DIGITS[by], standing.TOWN)
    found = standing.figures(
        session,
        moment.season.code,
        area_code=question.area_code,
        as_of=moment.week,
        digits=digits,
        known_at=question.known_at,
        is_accepted=question.is_accepted,
        crops=crops,
    )
    wanted = {key: figure for key, figure in found.items() if key[1] == question.crop}
    return standing.by_prefix(wanted, DIGITS[by]) if DIGITS[by] < digits else wanted


def _rolled_up(session: Session, question: Question, moment: Moment, digits: int) -> Figures:
    columns = [getattr(SowingRollup, name) for name in rollups.SUMS]
    wanted = select(SowingRollup.area_code, *columns).where(
        SowingRollup.season_code == moment.season.code,
        SowingRollup.crop_code == question.crop,
        SowingRollup.as_of == moment.week,
        SowingRollup.area_code >= question.area_code,
        SowingRollup.area_code < question.area_code + AFTER_ANY_DIGIT,
        func.length(SowingRollup.area_code) == digits,
    )
    return {(code, question.crop): Figure(*values) for code, *values in session.execute(wanted)}


def _total(
    session: Session, question: Question, moment: Moment, *, by: str, units: Figures
) -> Figures:
    """Return the area's own figure, which is the sum of its towns', not of what is shown."""
    digits = len(question.area_code)
    if by == "village" and digits < DIGITS["village"]:
        units = _figures(session, question, moment, by="town")
    return standing.by_prefix(units, digits)


def _late(session: Session, question: Question, wanted: Moments, area: Area) -> list[LateVillage]:
    """Name the villages without a row for the week; for a county or less, not a province."""
    if wanted.this is None or len(area.area_code) < DIGITS["county"]:
        return []
    week = wanted.this.week
    filed = standing.villages_with_row(
        session,
        question.season.code,
        area_code=area.area_code,
        week=week,
        known_at=question.known_at,
    )
    names = areas.unit_names(session, within=area.area_code, level="village", on=week)
    return [
        LateVillage(area_code=code, name=name, town_code=code[: standing.TOWN])
        for code, name in names.items()
        if code not in filed
    ]


class _Composer:
    """Sets figures of several weeks beside each other, unit by unit."""

    def __init__(self, session: Session, question: Question, wanted: Moments, day: date) -> None:
        self.session, self.question, self.wanted, self.day = session, question, wanted, day
        self.crops = queries.crop_codes(session, question.crop)
        self.limits = thresholds_of(session).sowing

    def rows(
        self, names: Mapping[str, str], digits: int, found: Mapping[Moment, Figures]
    ) -> list[ProgressRow]:
        """Make one row per unit, in order of code."""
        plans = queries.plans(
            self.session,
            self.question.season.code,
            units=names.keys(),
            crops=self.crops,
            known_at=self.question.known_at,
        )
        expected, states = self._tasks(digits)
        corrections = standing.open_corrections(
            self.session,
            self.question.season.code,
            area_code=self.question.area_code,
            digits=digits,
            as_of=self.day,
            known_at=self.question.known_at,
        )
        return [
            self._row(
                code,
                name,
                found,
                plan=plans.get(code),
                expected=expected.get(code, 1 if digits == standing.VILLAGE else 0),
                n_corrections=corrections.get(code, 0),
                state=states.get(code),
            )
            for code, name in names.items()
        ]

    def _tasks(self, digits: int) -> tuple[dict[str, int], dict[str, TaskState]]:
        if self.wanted.this is None or digits > standing.TOWN:
            return {}, {}
        unit = func.substr(ReportingTask.area_code, 1, digits)
        area_code = self.question.area_code
        asked = (
            select(unit, func.sum(ReportingTask.n_expected), func.min(ReportingTask.state))
            .where(
                ReportingTask.dataset == "sowing",
                ReportingTask.season_code == self.question.season.code,
                ReportingTask.period == self.wanted.this.week,
                ReportingTask.area_code >= area_code,
                ReportingTask.area_code < area_code + AFTER_ANY_DIGIT,
            )
            .group_by(unit)
        )
        rows = self.session.execute(asked).all()
        expected = {code: int(n) for code, n, _ in rows}
        if digits < standing.TOWN:
            return expected, {}
        return expected, {code: TaskState(state) for code, _, state in rows}

    def _row(
        self,
        code: str,
        name: str,
        found: Mapping[Moment, Figures],
        *,
        plan: Decimal | None,
        expected: int,
        n_corrections: int,
        state: TaskState | None,
    ) -> ProgressRow:
        def at(moment: Moment | None) -> Figure | None:
            return found[moment].get((code, self.question.crop)) if moment else None

        figure = at(self.wanted.this)
        sown = figure.sown_mu if figure else None
        years = self.wanted.years
        values = [_sown(at(years[year])) for year in sorted(years, reverse=True)]
        mean = rules.mean_of_years(values, self.limits)
        return ProgressRow(
            area_code=code,
            name=name,
            sown_mu=sown,
            plan_mu=plan,
            share_of_plan=rules.share(sown, plan),
            direct_seeded_mu=figure.direct_seeded_mu if figure else None,
            transplanted_mu=figure.transplanted_mu if figure else None,
            dry_sown_mu=figure.dry_sown_mu if figure else None,
            nursery_field_mu=figure.nursery_field_mu if figure else None,
            declared_mu=figure.declared_mu if figure else None,
            is_carried=bool(figure and not figure.n_reported),
            last_week=_compared(sown, self.wanted.last_week, at(self.wanted.last_week)),
            last_year=_compared(sown, self.wanted.last_year, at(self.wanted.last_year)),
            same_term=self._same_term(sown, at(self.wanted.same_term)),
            mean=MeanOfYears(
                n=mean.n,
                years=[y for y in sorted(years) if at(years[y]) is not None],
                sown_mu=mean.sown_mu,
                change_share=_change_share(sown, mean.sown_mu),
            ),
            coverage=_coverage(figure, expected),
            open_corrections=n_corrections,
            task_state=state,
        )

    def _same_term(self, sown: Decimal | None, figure: Figure | None) -> TermComparison:
        plain = _compared(sown, self.wanted.same_term, figure)
        return TermComparison(
            **plain.model_dump(),
            term=self.wanted.offset.term,
            days_after_term=self.wanted.offset.days,
        )


def _sown(figure: Figure | None) -> Decimal | None:
    return figure.sown_mu if figure else None


def _change_share(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    return rules.share(now - then, then) if now is not None and then else None


def _compared(now: Decimal | None, moment: Moment | None, figure: Figure | None) -> Comparison:
    then = _sown(figure)
    return Comparison(
        as_of=moment.week if moment else None,
        sown_mu=then,
        change_mu=now - then if now is not None and then is not None else None,
        change_share=_change_share(now, then),
    )


def _coverage(figure: Figure | None, expected: int) -> Coverage:
    if figure is None:
        return Coverage(expected=expected, reported=0, carried=0, missing=expected, not_grown=0)
    stands = figure.n_growing + figure.n_not_grown
    return Coverage(
        expected=expected,
        reported=figure.n_reported,
        carried=stands - figure.n_reported,
        missing=max(expected - stands, 0),
        not_grown=figure.n_not_grown,
    )


def curve(session: Session, question: Question, *, until: date | None = None) -> Curve:
    """Return the season's weeks beside last year's, for one area."""
    area = areas.area(session, question.area_code)
    days = reporting.reference_days(question.season)
    last = until or latest_week(session, question.season)
    previous = reporting.earlier_seasons(session, question.season, 1).get(
        question.season.crop_year - 1
    )
    ours = _series(session, question, question.season, [day for day in days if day <= last])
    before = {
        day: terms.nearest_week(
            reporting.reference_days(previous), terms.same_date(day, day.year - 1)
        )
        for day in days
        if previous is not None
    }
    theirs = (
        _series(session, question, previous, {day for day in before.values() if day})
        if previous
        else {}
    )
    plan = queries.plans(
        session,
        question.season.code,
        units=[area.area_code],
        crops=queries.crop_codes(session, question.crop),
        known_at=question.known_at,
    )
    return Curve(
        season=question.season.code,
        area_code=area.area_code,
        crop=question.crop,
        plan_mu=plan.get(area.area_code),
        points=[
            CurvePoint(
                week=day,
                sown_mu=ours.get(day),
                last_year_week=before.get(day),
                last_year_mu=theirs.get(before.get(day)),
            )
            for day in days
        ],
    )


def _series(
    session: Session, question: Question, season: Season, days: Iterable[date]
) -> dict[date | None, Decimal]:
    level = "village" if len(question.area_code) == DIGITS["village"] else "town"
    found: dict[date | None, Decimal] = {}
    for day in sorted(days):
        units = _figures(session, question, Moment(season, day), by=level)
        if units:
            found[day] = sum((each.sown_mu for each in units.values()), ZERO)
    return found
