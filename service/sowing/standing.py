"""What the rows of the sowing book add up to: the one definition of a sown area.

A village's figure for a crop and method is its last cumulative row on or before a day; a row
counts once its week was accepted after it was recorded. Both are asked at an instant of
knowledge, so a figure can be had again as it was known then.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from service.areas.models import AreaSuccession
from service.reporting.models import TaskEvent, TaskEventKind
from service.security import AFTER_ANY_DIGIT
from service.sowing.models import ALL_GRAIN, Answer, Crop, Method, SowingReport

TOWN, VILLAGE = 9, 12
"""Digits of an area code."""
ZERO = Decimal(0)


@dataclass(frozen=True)
class Figure:
    """Sums of one unit for one crop (or all grain) at one reference day, in mu."""

    direct_seeded_mu: Decimal = ZERO
    transplanted_mu: Decimal = ZERO
    dry_sown_mu: Decimal = ZERO
    nursery_field_mu: Decimal = ZERO
    declared_mu: Decimal | None = None
    n_reported: int = 0
    n_growing: int = 0
    n_not_grown: int = 0

    @property
    def sown_mu(self) -> Decimal:
        """Direct seeded, transplanted and dry sown together; nurseries are apart."""
        return self.direct_seeded_mu + self.transplanted_mu + self.dry_sown_mu

    def plus(self, other: "Figure") -> "Figure":
        """Add another unit's figure."""
        declared = [each for each in (self.declared_mu, other.declared_mu) if each is not None]
        return Figure(
            self.direct_seeded_mu + other.direct_seeded_mu,
            self.transplanted_mu + other.transplanted_mu,
            self.dry_sown_mu + other.dry_sown_mu,
            self.nursery_field_mu + other.nursery_field_mu,
            sum(declared, ZERO) if declared else None,
            self.n_reported + other.n_reported,
            self.n_growing + other.n_growing,
            self.n_not_grown + other.n_not_grown,
        )


Figures = dict[tuple[str, str], Figure]
"""(area code, crop code or GRAIN) -> figure."""


def within(area_code: str) -> ColumnElement[bool]:
    """Return the criterion that a report is from a subtree."""
    return and_(
        SowingReport.area_code >= area_code,
        SowingReport.area_code < area_code + AFTER_ANY_DIGIT,
    )


def counted(known_at: datetime | None) -> ColumnElement[bool]:
    """Return the criterion that a report's week was accepted since it was recorded."""
    accepted = exists().where(
        TaskEvent.task_id == SowingReport.task_id,
        TaskEvent.kind == TaskEventKind.ACCEPT,
        TaskEvent.at >= SowingReport.recorded_at,
    )
    return accepted.where(TaskEvent.at <= known_at) if known_at is not None else accepted


def _standing(
    session: Session,
    season_code: str,
    *,
    area_code: str,
    as_of: date,
    known_at: datetime | None,
    is_accepted: bool,
    crops: Iterable[str] | None,
) -> Subquery:
    wanted = select(
        SowingReport.area_code,
        SowingReport.crop_code,
        SowingReport.method,
        SowingReport.as_of,
        SowingReport.answer,
        SowingReport.cumulative_mu,
        SowingReport.field_equivalent_mu,
        func.row_number()
        .over(
            partition_by=(SowingReport.area_code, SowingReport.crop_code, SowingReport.method),
            order_by=(SowingReport.as_of.desc(), SowingReport.recorded_at.desc()),
        )
        .label("rank"),
    ).where(SowingReport.season_code == season_code, within(area_code), SowingReport.as_of <= as_of)
    if known_at is not None:
        wanted = wanted.where(SowingReport.recorded_at <= known_at)
    if is_accepted:
        wanted = wanted.where(counted(known_at))
    if crops is not None:
        wanted = wanted.where(SowingReport.crop_code.in_(list(crops)))
    if session.scalars(select(AreaSuccession).limit(1)).first() is not None:
        wanted = wanted.where(~_is_succeeded(as_of, known_at))
    return wanted.subquery()


def _is_succeeded(as_of: date, known_at: datetime | None) -> ColumnElement[bool]:
    """A merged village's last figure stands until its successor has reported the crop."""
    heir = aliased(SowingReport)
    found = exists().where(
        AreaSuccession.predecessor_code == SowingReport.area_code,
        AreaSuccession.happened_on <= as_of,
        heir.area_code == AreaSuccession.successor_code,
        heir.season_code == SowingReport.season_code,
        heir.crop_code == SowingReport.crop_code,
        heir.as_of >= AreaSuccession.happened_on,
        heir.as_of <= as_of,
    )
    return found.where(heir.recorded_at <= known_at) if known_at is not None else found


def _sum(column: Any, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, column), else_=None))


def _distinct(rows: Subquery, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    is_village = func.length(rows.c.area_code) == VILLAGE
    return func.count(func.distinct(case((and_(is_village, condition), rows.c.area_code))))


def _counts(rows: Subquery, as_of: date) -> list[ColumnElement[Any]]:
    is_area = rows.c.answer == Answer.AREA
    grows = case((is_area, 1), else_=0)
    return [
        _distinct(rows, rows.c.as_of == as_of),
        _distinct(rows, grows == 1),
        func.count(
            func.distinct(case((func.length(rows.c.area_code) == VILLAGE, rows.c.area_code)))
        ),
    ]


def figures(  # noqa: PLR0913
    session: Session,
    season_code: str,
    *,
    area_code: str,
    as_of: date,
    digits: int = TOWN,
    known_at: datetime | None = None,
    is_accepted: bool = True,
    crops: Iterable[str] | None = None,
) -> Figures:
    """Add up the standing rows of a subtree by town (9 digits) or village (12), and crop.

    A town's own total stands in only where no village of it ever reported the crop; beside
    village rows it is kept apart as `declared_mu`, so that a difference can be shown.
    """
    grain = set(session.scalars(select(Crop.code).where(Crop.is_grain)))
    rows = _standing(
        session,
        season_code,
        area_code=area_code,
        as_of=as_of,
        known_at=known_at,
        is_accepted=is_accepted,
        crops=crops,
    )
    unit = func.substr(rows.c.area_code, 1, digits).label("unit")
    found: Figures = {}
    for code, crop, *values in session.execute(_by_crop(rows, unit, as_of, digits)):
        found[code, crop] = _chosen(values)
    counts = _grain_counts(rows, unit, as_of, digits, grain)
    for code, reported, growing, standing in session.execute(counts):
        parts = [figure for (area, crop), figure in found.items() if area == code and crop in grain]
        total = parts[0]
        for part in parts[1:]:
            total = total.plus(part)
        found[code, ALL_GRAIN] = replace(
            total, n_reported=reported, n_growing=growing, n_not_grown=standing - growing
        )
    return found


def _by_crop(rows: Subquery, unit: ColumnElement[str], as_of: date, digits: int) -> Select[Any]:
    is_village = func.length(rows.c.area_code) == VILLAGE
    groups = {
        "direct": (Method.DIRECT_SEEDED,),
        "transplanted": (Method.TRANSPLANTED, Method.THROWN),
        "dry": (Method.SOWN,),
    }
    sums = [
        _sum(rows.c.cumulative_mu, and_(whose, rows.c.method.in_(methods)))
        for whose in (is_village, ~is_village)
        for methods in groups.values()
    ]
    nursery = rows.c.method == Method.NURSERY
    sums += [
        _sum(rows.c.field_equivalent_mu, and_(is_village, nursery)),
        _sum(rows.c.field_equivalent_mu, and_(~is_village, nursery)),
    ]
    return (
        select(unit, rows.c.crop_code, *sums, *_counts(rows, as_of))
        .where(rows.c.rank == 1, func.length(rows.c.area_code) >= digits)
        .group_by(unit, rows.c.crop_code)
    )


def _chosen(values: list[Any]) -> Figure:
    village, own = values[0:3], values[3:6]
    nurseries, (reported, growing, standing) = values[6:8], values[8:11]
    has_own = any(each is not None for each in own)
    use_own = standing == 0
    direct, transplanted, dry = (each or ZERO for each in (own if use_own else village))
    return Figure(
        direct,
        transplanted,
        dry,
        nurseries[use_own] or ZERO,
        sum((each or ZERO for each in own), ZERO) if has_own else None,
        reported,
        growing,
        standing - growing,
    )


def _grain_counts(
    rows: Subquery, unit: ColumnElement[str], as_of: date, digits: int, grain: set[str]
) -> Select[Any]:
    return (
        select(unit, *_counts(rows, as_of))
        .where(
            rows.c.rank == 1,
            func.length(rows.c.area_code) >= digits,
            rows.c.crop_code.in_(sorted(grain)),
        )
        .group_by(unit)
    )


def by_prefix(found: Figures, digits: int) -> Figures:
    """Add units up to a higher level."""
    totals: Figures = {}
    for (code, crop), figure in found.items():
        key = (code[:digits], crop)
        totals[key] = totals[key].plus(figure) if key in totals else figure
    return totals


def open_corrections(
    session: Session,
    season_code: str,
    *,
    area_code: str,
    digits: int,
    as_of: date,
    known_at: datetime | None,
) -> dict[str, int]:
    """Count by unit the corrections that were filed and not yet accepted."""
    unit = func.substr(SowingReport.area_code, 1, digits)
    wanted = (
        select(unit, func.count())
        .where(
            SowingReport.season_code == season_code,
            within(area_code),
            SowingReport.as_of <= as_of,
            SowingReport.reason.is_not(None),
            ~counted(known_at),
        )
        .group_by(unit)
    )
    if known_at is not None:
        wanted = wanted.where(SowingReport.recorded_at <= known_at)
    return {code: n for code, n in session.execute(wanted)}


def villages_with_row(
    session: Session,
    season_code: str,
    *,
    area_code: str,
    week: date,
    known_at: datetime | None,
) -> set[str]:
    """Return the villages that filed any row for a week, accepted or not."""
    wanted = (
        select(SowingReport.area_code)
        .where(
            SowingReport.season_code == season_code,
            SowingReport.as_of == week,
            within(area_code),
        )
        .distinct()
    )
    if known_at is not None:
        wanted = wanted.where(SowingReport.recorded_at <= known_at)
    return set(session.scalars(wanted))
