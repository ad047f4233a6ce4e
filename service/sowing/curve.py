"""A season's weeks beside last year's, for one area."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.reporting import queries as reporting
from service.sowing import moments, progress, queries, terms
from service.sowing.moments import Moment
from service.sowing.progress import ZERO, Question
from service.sowing.schemas import Curve, CurvePoint
from service.sowing.standing import TOWN, VILLAGE


def curve(session: Session, question: Question, *, until: date | None = None) -> Curve:
    """Return the season's weeks beside last year's, for one area."""
    area = areas.area(session, question.area_code)
    queries.refuse_unknown_crop(session, question.crop)
    season = question.season
    days = reporting.reference_days(season)
    last = until or progress.latest_week(session, question)
    previous = reporting.earlier_seasons(session, season, 1).get(season.crop_year - 1)
    before = {day: moments.near(previous, terms.years_before(day, 1)) for day in days}
    ours = {day: Moment(season.code, day) for day in days if day <= last}
    sums = _sums(session, question, {*ours.values(), *filter(None, before.values())})
    planned = progress.planned(
        session,
        season.code,
        within=area.area_code,
        crop=question.crop,
        known_at=question.known_at,
        digits=len(area.area_code),
    )
    return Curve(
        season=season.code,
        area_code=area.area_code,
        crop=question.crop,
        plan_mu=planned.get(area.area_code),
        points=[
            CurvePoint(
                week=day,
                sown_mu=sums.get(ours.get(day)),
                last_year_week=then.week if then else None,
                last_year_mu=sums.get(then),
            )
            for day, then in before.items()
        ],
    )


def _sums(
    session: Session, question: Question, wanted: Collection[Moment]
) -> dict[Moment | None, Decimal]:
    digits = VILLAGE if len(question.area_code) == VILLAGE else TOWN
    return {
        moment: sum((each.sown_mu for each in units.values()), ZERO)
        for moment, units in progress.figures(session, question, wanted, digits).items()
        if units
    }
