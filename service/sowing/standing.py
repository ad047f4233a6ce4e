"""What the rows of the sowing book add up to: the one definition of a sown area.

A village's figure for a crop and method is its last cumulative row on or before a day; a row
counts once its week was accepted after it was recorded. Both are asked at an instant of
knowledge, so a figure can be had again as it was known then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Subquery, and_, case, exists, func, select
from sqlalchemy.orm import Session

from service.areas.models import AreaSuccession
from service.reporting.models import TaskEvent, TaskEventKind
from service.security import AFTER_ANY_DIGIT
from service.sowing.models import ALL_GRAIN, Answer, Crop, Method, SowingReport

TOWN, VILLAGE = 9, 12
"""Digits of an area code."""
ZERO = Decimal(0)
METHOD_GROUPS = (
    (Method.DIRECT_SEEDED,),
    (Method.TRANSPLANTED, Method.THROWN),
    (Method.SOWN,),
)
"""The methods that make up each of a figure's three parts, in their order."""
_heir = SowingReport.__table__.alias().c


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

    @property
    def n_standing(self) -> int:
        """Villages whose answer stands, of this week or carried."""
        return self.n_growing + self.n_not_grown

    @property
    def has_declared(self) -> bool:
        """Whether a town's own total is in it."""
        return self.declared_mu is not None

    @property
    def declared_or_sown_mu(self) -> Decimal:
        """The town's own total, or what its villages add up to."""
        return self.sown_mu if self.declared_mu is None else self.declared_mu

    def plus(self, other: "Figure") -> "Figure":
        """Add another unit's figure.

        Where only one of the two declared a total, the other's sown area stands in, so that
        declared less sown is the sum of the differences below.
        """
        declared = (self, other) if self.has_declared or other.has_declared else ()
        return Figure(
            self.direct_seeded_mu + other.direct_seeded_mu,
            self.transplanted_mu + other.transplanted_mu,
            self.dry_sown_mu + other.dry_sown_mu,
            self.nursery_field_mu + other.nursery_field_mu,
            sum((each.declared_or_sown_mu for each in declared), ZERO) if declared else None,
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


def known(known_at: datetime | None, rows: Any = SowingReport) -> list[ColumnElement[bool]]:
    """Return the criterion that a row was recorded by an instant; none where that is now."""
    return [] if known_at is None else [rows.recorded_at <= known_at]


def counted(known_at: datetime | None, rows: Any = SowingReport) -> ColumnElement[bool]:
    """Return the criterion that a row's week was accepted since it was recorded."""
    accepted = exists().where(
        TaskEvent.task_id == rows.task_id,
        TaskEvent.kind == TaskEventKind.ACCEPT,
        TaskEvent.at >= rows.recorded_at,
    )
    return accepted.where(TaskEvent.at <= known_at) if known_at is not None else accepted


@dataclass(frozen=True)
class _Asked:
    """Which rows to add up."""

    season_code: str
    area_code: str
    as_of: date
    known_at: datetime | None
    is_accepted: bool
    crops: list[str] | None
    ended: list[str]
    """Units that were merged into others by then."""

    def countable(self, rows: Any) -> list[ColumnElement[bool]]:
        """Return the criteria that a row was known, and accepted where that is asked."""
        accepted = [counted(self.known_at, rows)] if self.is_accepted else []
        return [*known(self.known_at, rows), *accepted]

    def rows(self) -> Subquery:
        """Return the rows in question; those of rank 1 stand."""
        wanted = select(
            SowingReport.id,
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
        ).where(
            SowingReport.season_code == self.season_code,
            within(self.area_code),
            SowingReport.as_of <= self.as_of,
            *self.countable(SowingReport),
        )
        if self.crops is not None:
            wanted = wanted.where(SowingReport.crop_code.in_(self.crops))
        if self.ended:
            wanted = wanted.where(~self._is_succeeded())
        return wanted.subquery()

    def _is_succeeded(self) -> ColumnElement[bool]:
        """A merged village's last figure stands until its successor's own counts."""
        # By table: the successor may lie outside the viewer's area, the figure is one for all.
        heir = _heir
        return exists().where(
            AreaSuccession.predecessor_code == SowingReport.area_code,
            AreaSuccession.happened_on <= self.as_of,
            heir.area_code == AreaSuccession.successor_code,
            heir.season_code == SowingReport.season_code,
            heir.crop_code == SowingReport.crop_code,
            heir.method == SowingReport.method,
            heir.as_of >= AreaSuccession.happened_on,
            heir.as_of <= self.as_of,
            *known(self.known_at, AreaSuccession),
            *self.countable(heir),
        )


def _ended(session: Session, as_of: date, known_at: datetime | None) -> list[str]:
    wanted = select(AreaSuccession.predecessor_code).where(
        AreaSuccession.happened_on <= as_of, *known(known_at, AreaSuccession)
    )
    return list(session.scalars(wanted.distinct()))


def _sum(column: Any, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, column), else_=None))


def _distinct(rows: Subquery, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    is_village = func.length(rows.c.area_code) == VILLAGE
    return func.count(func.distinct(case((and_(is_village, *conditions), rows.c.area_code))))


def _counts(rows: Subquery, asked: _Asked) -> list[ColumnElement[Any]]:
    """Count villages: with a row of the very week, with an area, with any answer."""
    exist = [rows.c.area_code.not_in(asked.ended)] if asked.ended else []
    return [
        _distinct(rows, rows.c.as_of == asked.as_of, *exist),
        _distinct(rows, rows.c.answer == Answer.AREA, *exist),
        _distinct(rows, *exist),
    ]


def figures(  # noqa: PLR0913 - each is one part of the question
    session: Session,
    season_code: str,
    *,
    area_code: str,
    as_of: date,
    digits: int = TOWN,
    known_at: datetime | None = None,
    is_accepted: bool = True,
    crop: str | None = None,
) -> Figures:
    """Add up the standing rows of a subtree by town (9 digits) or village (12), and crop.

    All crops and all grain, or only one of them. A town's own total stands in only where no
    village of it ever reported the crop; beside village rows it is kept apart as
    `declared_mu`, so that a difference can be shown.
    """
    is_single = crop not in {None, ALL_GRAIN}
    grain = [] if is_single else list(session.scalars(select(Crop.code).where(Crop.is_grain)))
    crops = None if crop is None else grain if crop == ALL_GRAIN else [crop]
    ended = _ended(session, as_of, known_at)
    asked = _Asked(season_code, area_code, as_of, known_at, is_accepted, crops, ended)
    rows = asked.rows()
    unit = func.substr(rows.c.area_code, 1, digits).label("unit")
    standing = (rows.c.rank == 1, func.length(rows.c.area_code) >= digits)
    by_crop = session.execute(
        select(unit, rows.c.crop_code, *_sums(rows), *_counts(rows, asked))
        .where(*standing)
        .group_by(unit, rows.c.crop_code)
    )
    found = {(code, one): _chosen(values) for code, one, *values in by_crop}
    if is_single:
        return found
    counts = session.execute(
        select(unit, *_counts(rows, asked))
        .where(*standing, rows.c.crop_code.in_(grain))
        .group_by(unit)
    )
    total = _grain(found, {code: counted for code, *counted in counts}, set(grain))
    return total if crop == ALL_GRAIN else found | total


Report = Row[tuple[UUID, date, str, str, Method, Decimal | None, datetime, UUID, UUID]]
"""id, as_of, area_code, crop_code, method, cumulative_mu, recorded_at, recorded_by, task_id."""


def reports(
    session: Session, season_code: str, *, area_code: str, as_of: date, known_at: datetime | None
) -> list[Report]:
    """Return the accepted villages' rows that the sown grain adds up, without nurseries."""
    asked = _Asked(
        season_code,
        area_code,
        as_of,
        known_at,
        is_accepted=True,
        crops=list(session.scalars(select(Crop.code).where(Crop.is_grain))),
        ended=_ended(session, as_of, known_at),
    )
    rows, report = asked.rows().c, SowingReport
    # Columns, not objects: a county has thousands of rows, and only reads them.
    wanted = select(
        report.id,
        report.as_of,
        report.area_code,
        report.crop_code,
        report.method,
        report.cumulative_mu,
        report.recorded_at,
        report.recorded_by,
        report.task_id,
    ).join(rows.id.table, rows.id == report.id)
    stands = wanted.where(
        rows.rank == 1, func.length(report.area_code) == VILLAGE, report.method != Method.NURSERY
    )
    return list(session.execute(stands.order_by(report.area_code, report.crop_code, report.method)))


def _sums(rows: Subquery) -> list[ColumnElement[Any]]:
    """Add up the villages' rows, then the towns' own, by group of methods."""
    is_village = func.length(rows.c.area_code) == VILLAGE
    nursery = rows.c.method == Method.NURSERY
    return [
        *(
            _sum(rows.c.cumulative_mu, and_(whose, rows.c.method.in_(methods)))
            for whose in (is_village, ~is_village)
            for methods in METHOD_GROUPS
        ),
        _sum(rows.c.field_equivalent_mu, and_(is_village, nursery)),
        _sum(rows.c.field_equivalent_mu, and_(~is_village, nursery)),
        func.sum(case((is_village, 1), else_=0)),
    ]


def _chosen(values: Sequence[Any]) -> Figure:
    village, own, nurseries = values[0:3], values[3:6], values[6:8]
    n_village_rows, reported, growing, standing = values[8:12]
    has_own = any(each is not None for each in own)
    use_own = n_village_rows == 0
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


def _grain(found: Figures, counts: Mapping[str, Sequence[int]], grain: Collection[str]) -> Figures:
    """Add the grain crops up, counting each village once."""
    sums: dict[str, Figure] = {}
    for (code, crop), figure in found.items():
        if crop in grain:
            sums[code] = sums[code].plus(figure) if code in sums else figure
    return {
        (code, ALL_GRAIN): replace(
            figure,
            n_reported=counts[code][0],
            n_growing=counts[code][1],
            n_not_grown=counts[code][2] - counts[code][1],
        )
        for code, figure in sums.items()
    }


def by_prefix(found: Figures, digits: int) -> Figures:
    """Add units up to a higher level."""
    totals: Figures = {}
    for (code, crop), figure in found.items():
        key = (code[:digits], crop)
        totals[key] = totals[key].plus(figure) if key in totals else figure
    return totals
