"""What a figure still waits for: late villages, corrections not yet accepted, the newest week."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.sowing.models import SowingReport
from service.sowing.schemas import LateVillage
from service.sowing.standing import TOWN, counted, within


def newest_week(
    session: Session,
    season_code: str,
    *,
    area_code: str,
    known_at: datetime | None,
    is_accepted: bool,
) -> date | None:
    """Return the newest week that a row of an area counts for."""
    wanted = select(func.max(SowingReport.as_of)).where(
        SowingReport.season_code == season_code, within(area_code)
    )
    if is_accepted:
        wanted = wanted.where(counted(known_at))
    return session.scalars(_known(wanted, known_at)).one()


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
    later = SowingReport.__table__.alias().c
    superseded = exists().where(later.supersedes_id == SowingReport.id)
    if known_at is not None:
        superseded = superseded.where(later.recorded_at <= known_at)
    wanted = select(unit, func.count()).where(
        SowingReport.season_code == season_code,
        within(area_code),
        SowingReport.as_of <= as_of,
        SowingReport.reason.is_not(None),
        ~counted(known_at),
        ~superseded,
    )
    return {code: n for code, n in session.execute(_known(wanted, known_at).group_by(unit))}


def late_villages(
    session: Session,
    season_code: str,
    *,
    area_code: str,
    week: date,
    known_at: datetime | None,
) -> list[LateVillage]:
    """Name the villages without any row for a week, accepted or not."""
    wanted = (
        select(SowingReport.area_code)
        .where(
            SowingReport.season_code == season_code, SowingReport.as_of == week, within(area_code)
        )
        .distinct()
    )
    filed = set(session.scalars(_known(wanted, known_at)))
    names = areas.unit_names(session, within=area_code, level="village", on=week)
    return [
        LateVillage(area_code=code, name=name, town_code=code[:TOWN])
        for code, name in names.items()
        if code not in filed
    ]


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return code -> name of units in view, those that ended included."""
    found = areas.villages_by_code(session, codes)
    return {code: area.name for code, area in found.items()}


def _known(wanted: Select[tuple[date]] | Select[tuple[str, int]] | Select[tuple[str]], known_at):  # type: ignore[no-untyped-def]
    return wanted if known_at is None else wanted.where(SowingReport.recorded_at <= known_at)
