"""Reading what machines can do beside what is left to do, town by town."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections import machinery as rules
from inspections.machinery import Verdict
from service import records
from service.capacity import codes
from service.capacity.schemas import (
    Capacity,
    CapacityLine,
    Operation,
    OperationCapacity,
    RateRead,
)
from service.errors import Invalid
from service.machinery import lives
from service.machinery import queries as machinery
from service.machinery.models import Machine
from service.machinery.queries import TOWN, Period
from service.reporting.models import Season
from service.sowing import progress
from service.sowing.schemas import ProgressRow

SPRING = "spring"
ZERO = Decimal(0)
Fleet = Mapping[str, Counter[str]]
"""Town -> class -> machines."""


@dataclass(frozen=True)
class Question:
    """What is asked: a season's towns on a day, and how many days there are to work."""

    season: Season
    area_code: str
    as_of: date
    known_at: datetime | None = None
    days_left: int | None = None


def default_day(session: Session, season: Season) -> date:
    """Return today, or the last day of a season that is over."""
    return min(records.today(session), season.ends_on)


def capacity(session: Session, asked: Question) -> Capacity:
    """Return fit machines and their work of the days left, beside the area left, by town."""
    if asked.season.kind != SPRING:
        raise Invalid("机具能力只按春播的农时计算;请选春播的播种季", field="season")
    if len(asked.area_code) > TOWN:
        raise Invalid("机具能力按镇计算;请选镇或区", field="area")
    own, guests = _registered(session, asked), _visiting(session, asked)
    names = {each.code: each.name for each in machinery.classes(session)}
    return Capacity(
        season=asked.season.code,
        area_code=asked.area_code,
        as_of=asked.as_of,
        known_at=asked.known_at,
        operations=[_operation(session, asked, each, own, guests) for each in Operation],
        rates=[
            RateRead(
                class_code=each.rate.class_code,
                class_name=names.get(each.rate.class_code, each.rate.class_code),
                operation=each.operation,
                variant=each.variant,
                low_mu_per_day=each.rate.low_mu_per_day,
                high_mu_per_day=each.rate.high_mu_per_day,
                is_default=each.is_default,
                source=each.source,
            )
            for each in codes.rates()
        ],
    )


def _registered(session: Session, asked: Question) -> Fleet:
    period = Period(asked.as_of, asked.as_of, asked.known_at, asked.area_code)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (area_code, class_code), each in machinery.registers(session, period).items():
        found[area_code[:TOWN]][class_code] += each.n_fit
    return found


def _visiting(session: Session, asked: Question) -> Fleet:
    wanted = select(Machine).where(
        records.within(Machine.area_code, asked.area_code),
        Machine.is_visiting,
        Machine.registered_on <= asked.as_of,
    )
    if asked.known_at is not None:
        wanted = wanted.where(Machine.recorded_at <= asked.known_at)
    ended = lives.ends(session, asked.known_at)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in session.scalars(wanted):
        if asked.as_of < ended.get(each.id, date.max):
            found[each.area_code[:TOWN]][each.class_code] += 1
    return found


def _operation(
    session: Session, asked: Question, operation: Operation, own: Fleet, guests: Fleet
) -> OperationCapacity:
    work = codes.WORK[operation]
    starts_on, ends_on = codes.stage(work.stage_code, asked.season.crop_year)
    days = asked.days_left
    if days is None:
        days = rules.days_between(asked.as_of, starts_on, ends_on)
    question = progress.Question(asked.season, asked.area_code, work.crop, asked.known_at)
    sown = progress.progress(session, question, by="town", as_of=asked.as_of)
    towns = [each.area_code for each in sown.items]
    items = [
        _line(operation, days, each, own.get(each.area_code), guests.get(each.area_code))
        for each in sown.items
    ]
    return OperationCapacity(
        operation=operation,
        name=work.name,
        crop=work.crop,
        stage_ends_on=ends_on,
        days_left=days,
        is_default_days=asked.days_left is None,
        total=_line(operation, days, sown.total, _sum(own, towns), _sum(guests, towns)),
        items=items,
    )


def _sum(fleet: Fleet, towns: list[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for town in towns:
        found.update(fleet.get(town, Counter()))
    return found


def _line(
    operation: Operation,
    days: int,
    row: ProgressRow,
    own: Counter[str] | None,
    guests: Counter[str] | None,
) -> CapacityLine:
    rates = [each.rate for each in codes.rates() if each.operation is operation]
    able = {each.class_code for each in rates}
    fit = {code: n for code, n in (own or Counter()).items() if code in able}
    visiting = {code: n for code, n in (guests or Counter()).items() if code in able}
    low, high = rules.capacity_mu(Counter(fit) + Counter(visiting), rates, days)
    left = None if row.plan_mu is None else max(ZERO, row.plan_mu - (row.sown_mu or ZERO))
    verdict = rules.verdict(left, low, high)
    return CapacityLine(
        area_code=row.area_code,
        name=row.name,
        n_fit=sum(fit.values()),
        n_visiting=sum(visiting.values()),
        low_mu=low,
        high_mu=high,
        left_mu=left,
        gap_mu=None if left is None else max(ZERO, left - low),
        verdict=verdict,
        text=_text(verdict, left or ZERO, low, high),
    )


def _text(verdict: Verdict, left: Decimal, low: Decimal, high: Decimal) -> str:
    """Say it as the bureau would."""
    return {
        Verdict.UNKNOWN: "没有计划面积,不能比较;请先报计划",
        Verdict.DONE: "已完成",
        Verdict.ENOUGH: "机具够用",
        Verdict.TIGHT: f"按低限还差 {left - low:,.0f} 亩,按高限够",
        Verdict.SHORT: f"还差 {left - high:,.0f} 至 {left - low:,.0f} 亩,须调机或靠人工",
    }[verdict]
