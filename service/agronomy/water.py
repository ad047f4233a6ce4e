"""Reading the book of reservoirs."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy.orm import Session

from config.thresholds import AgronomyThresholds
from inspections import water as rules
from inspections.water import Need, Supply
from service import records
from service.agronomy import codes
from service.agronomy.models import Reservoir, ReservoirReading
from service.agronomy.period import Period
from service.agronomy.water_schemas import ReservoirLine, ReservoirSummary, ReservoirTotal
from service.database import thresholds_of
from service.errors import NotFound
from service.records import standing

SUPPLY_TEXT = {
    Supply.AMPLE: "充足",
    Supply.TIGHT: "偏紧",
    Supply.SHORT: "不足",
    Supply.UNKNOWN: "不明",
}
SHARE = Decimal("0.0001")
NEED_NOTE = "各生育阶段需水量是县定约定值,见 config/codes/water_needs.csv"
OUT_OF_SEASON = "这一天不在早稻用水期内"


def reservoirs(session: Session, *, area: str, known_at: datetime | None = None) -> list[Reservoir]:
    """Return the reservoirs in an area, in order of code."""
    wanted = standing(Reservoir, known_at).where(records.within(Reservoir.area_code, area))
    return list(session.scalars(wanted.order_by(Reservoir.code)))


def reservoir(session: Session, code: str) -> Reservoir:
    """Return the reservoir that stands under a code."""
    found = session.scalars(standing(Reservoir).where(Reservoir.code == code)).first()
    if found is None:
        raise NotFound(f"没有水库 {code};请先登记水库,或核对代码", field="reservoir_code")
    return found


def readings(session: Session, asked: Period, *, code: str | None) -> list[ReservoirReading]:
    """Return the readings of a period that stand, in order of day."""
    wanted = standing(ReservoirReading, asked.known_at).where(
        ReservoirReading.observed_on >= asked.starts_on,
        ReservoirReading.observed_on <= asked.as_of,
        records.within(ReservoirReading.area_code, asked.area),
    )
    if code is not None:
        wanted = wanted.where(ReservoirReading.reservoir_code == code)
    in_order = wanted.order_by(ReservoirReading.observed_on, ReservoirReading.reservoir_code)
    return list(session.scalars(in_order))


def _newest(session: Session, asked: Period) -> dict[str, ReservoirReading]:
    """Return reservoir -> its newest reading up to a day."""
    since_ever = Period(date.min, asked.as_of, asked.known_at, asked.area)
    return {each.reservoir_code: each for each in readings(session, since_ever, code=None)}


def summary(
    session: Session, as_of: date, known_at: datetime | None, area: str
) -> ReservoirSummary:
    """Return the water of every reservoir on a day, per mu, against what the stage needs."""
    limits = thresholds_of(session).agronomy
    asked = Period(as_of, as_of, known_at, area)
    newest, need = _newest(session, asked), rules.need_on(as_of, codes.needs())
    lines = [
        _line(each, newest.get(each.code), need, as_of, limits)
        for each in reservoirs(session, area=area, known_at=known_at)
    ]
    return ReservoirSummary(
        as_of=as_of,
        known_at=known_at,
        stage_code=need.code if need else None,
        stage_name=need.name if need else None,
        need_note=NEED_NOTE if need else OUT_OF_SEASON,
        total=_total(lines, need, limits),
        items=lines,
    )


def _line(
    given: Reservoir,
    reading: ReservoirReading | None,
    need: Need | None,
    as_of: date,
    limits: AgronomyThresholds,
) -> ReservoirLine:
    age = (as_of - reading.observed_on).days if reading else None
    storage = reading.storage_m3 if reading else None
    available = None if storage is None else rules.available_m3(storage, given.dead_m3)
    return ReservoirLine(
        code=given.code,
        name=given.name,
        area_code=given.area_code,
        observed_on=reading.observed_on if reading else None,
        age_days=age,
        is_stale=age is not None and age > limits.stale_days,
        storage_m3=storage,
        filled_share=_share(storage, given.capacity_m3),
        **_figures(available, given.irrigates_mu, need, limits),
    )


def _share(part: Decimal | None, whole: Decimal) -> Decimal | None:
    if part is None or not whole:
        return None
    return (part / whole).quantize(SHARE, ROUND_HALF_UP)


def _figures(
    available: Decimal | None, mu: Decimal, need: Need | None, limits: AgronomyThresholds
) -> dict[str, Any]:
    per_mu = None if available is None else rules.per_mu(available, mu)
    wanted = need.need_m3_per_mu if need else None
    judged = rules.supply(per_mu, wanted, limits.ample_share)
    return {
        "available_m3": available,
        "irrigates_mu": mu,
        "m3_per_mu": per_mu,
        "need_m3_per_mu": wanted,
        "supply": judged,
        "supply_text": SUPPLY_TEXT[judged],
    }


def _total(
    lines: list[ReservoirLine], need: Need | None, limits: AgronomyThresholds
) -> ReservoirTotal:
    read = [(each.available_m3, each.irrigates_mu) for each in lines if each.observed_on]
    mu = sum((land for _, land in read), Decimal(0))
    return ReservoirTotal(
        n_reservoirs=len(lines),
        n_read=len(read),
        n_stale=sum(each.is_stale for each in lines),
        **_figures(_volume(volume for volume, land in read if land), mu, need, limits)
        | {"available_m3": _volume(volume for volume, _ in read)},
    )


def _volume(volumes: Iterable[Decimal | None]) -> Decimal | None:
    known = [each for each in volumes if each is not None]
    return sum(known, Decimal(0)) if known else None
