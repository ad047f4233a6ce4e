"""Reading the book of pest surveys."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import pests as rules
from service import records
from service.agronomy import codes
from service.agronomy.models import PestSurvey, PestSurveyTechnician
from service.agronomy.period import Period
from service.agronomy.pest_schemas import Baseline, PestLine, PestSummary, SurveyRead
from service.areas import queries as areas
from service.database import thresholds_of
from service.records import standing
from service.table_cells import folded

TENTH = Decimal("0.1")
Plot = tuple[str, str]
"""Area and name."""


def surveys(session: Session, asked: Period) -> list[PestSurvey]:
    """Return the surveys of a period that stand, in order of day."""
    return list(records.once(session, ("surveys", asked), lambda: _surveys(session, asked)))


def _surveys(session: Session, asked: Period) -> list[PestSurvey]:
    wanted = standing(PestSurvey, asked.known_at).where(
        PestSurvey.surveyed_on >= asked.starts_on,
        PestSurvey.surveyed_on <= asked.as_of,
        records.within(PestSurvey.area_code, asked.area),
    )
    in_order = wanted.order_by(PestSurvey.surveyed_on, PestSurvey.recorded_at, PestSurvey.id)
    return list(session.scalars(in_order))


def technicians(session: Session, found: Iterable[PestSurvey]) -> dict[UUID, list[str]]:
    """Return survey -> who counted, in order of name."""
    ids = sorted(each.id for each in found)
    table = PestSurveyTechnician
    names: dict[UUID, list[str]] = defaultdict(list)
    for start in range(0, len(ids), areas.BULK):
        wanted = select(table).where(table.survey_id.in_(ids[start : start + areas.BULK]))
        for each in session.scalars(wanted.order_by(table.name)):
            names[each.survey_id].append(each.name)
    return names


def shown(session: Session, found: list[PestSurvey]) -> list[SurveyRead]:
    """Return surveys with what follows from their counts."""
    names = technicians(session, found)
    return [_shown(each, names[each.id]) for each in found]


def _shown(given: PestSurvey, names: list[str]) -> SurveyRead:
    pest, density = codes.pest(given.pest_code), rules.per_mu(given.live, given.sampled_m2)
    told = {
        "pest_name": pest.name,
        "technicians": names,
        "per_mu": density,
        "death_share": rules.death_share(given.live, given.dead),
        "grade": rules.grade(density, pest.grades_from),
    }
    return SurveyRead.model_validate(given).model_copy(update=told)


def plot_of(given: PestSurvey) -> Plot:
    """Return what tells one plot from another: a name is of its town or village."""
    return given.area_code, folded(given.plot_name)


def summary(session: Session, asked: Period) -> PestSummary:
    """Return who went where, for how much land, and what they found, beside other years."""
    found = surveys(session, asked)
    years = _other_years(session, asked)
    visits = _visits(found, technicians(session, found))
    by_pest: dict[str, list[PestSurvey]] = defaultdict(list)
    for each in found:
        by_pest[each.pest_code].append(each)
    return PestSummary(
        starts_on=asked.starts_on,
        as_of=asked.as_of,
        known_at=asked.known_at,
        n_surveys=len(found),
        n_visits=len(visits),
        n_person_times=sum(map(len, visits.values())),
        n_persons=len(set().union(*visits.values())),
        n_plots=len({plot_of(each) for each in found}),
        represented_mu=_represented_mu(found),
        sampled_m2=_sampled_m2(found),
        items=[_line(code, some, years) for code, some in sorted(by_pest.items())],
    )


def _visits(
    found: list[PestSurvey], names: dict[UUID, list[str]]
) -> dict[tuple[date, Plot], set[str]]:
    """Return (day, plot) -> who was there: two pests counted in one visit are one visit."""
    visits: dict[tuple[date, Plot], set[str]] = defaultdict(set)
    for each in found:
        visits[each.surveyed_on, plot_of(each)] |= {folded(name) for name in names[each.id]}
    return visits


def _represented_mu(found: list[PestSurvey]) -> Decimal:
    # In order of day: the newest survey of a plot says how much land it stands for.
    return sum({plot_of(each): each.plot_mu for each in found}.values(), Decimal(0))


def _sampled_m2(found: list[PestSurvey]) -> Decimal:
    return sum((each.sampled_m2 for each in found), Decimal(0))


def _density(found: list[PestSurvey]) -> Decimal:
    """Return the insects per mu of all samples together."""
    return rules.per_mu(sum(each.live for each in found), _sampled_m2(found))


def _other_years(session: Session, asked: Period) -> list[list[PestSurvey]]:
    """Return the surveys of the same days of the years before, the last year first."""
    n_years = thresholds_of(session).agronomy.max_years_for_mean
    return [
        surveys(
            session,
            replace(
                asked,
                starts_on=_years_before(asked.starts_on, n),
                as_of=_years_before(asked.as_of, n),
            ),
        )
        for n in range(1, n_years + 1)
    ]


def _years_before(day: date, years: int) -> date:
    year = max(day.year - years, date.min.year)
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=year, day=28 if is_leap_day else day.day)


def _line(code: str, found: list[PestSurvey], years: list[list[PestSurvey]]) -> PestLine:
    pest, density = codes.pest(code), _density(found)
    live, dead = sum(each.live for each in found), sum(each.dead for each in found)
    before = [[each for each in some if each.pest_code == code] for some in years]
    return PestLine(
        pest_code=code,
        pest_name=pest.name,
        n_surveys=len(found),
        n_plots=len({plot_of(each) for each in found}),
        represented_mu=_represented_mu(found),
        sampled_m2=_sampled_m2(found),
        live=live,
        dead=dead,
        per_mu=density,
        death_share=rules.death_share(live, dead),
        grade=rules.grade(density, pest.grades_from),
        last_year=_baseline(density, before[:1], "上年"),
        mean_of_years=_baseline(density, before, f"近 {len(before)} 年"),
    )


def _baseline(now: Decimal, years: list[list[PestSurvey]], name: str) -> Baseline:
    densities = [_density(some) for some in years if some]
    if not densities:
        text = f"{name}同期没有调查,不能比较"
        return Baseline(n_years=0, n_surveys=0, per_mu=None, change_share=None, text=text)
    mean = (sum(densities, Decimal(0)) / len(densities)).quantize(TENTH, ROUND_HALF_UP)
    change = rules.change_share(now, mean)
    told = f"{name}同期 {mean} 头/亩" + (f"({len(densities)} 年平均)" if len(years) > 1 else "")
    return Baseline(
        n_years=len(densities),
        n_surveys=sum(map(len, years)),
        per_mu=mean,
        change_share=change,
        text=told if change is not None else f"{told},为零,不能算增减",
    )
