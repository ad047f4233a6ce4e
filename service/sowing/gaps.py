"""What a figure still waits for: late villages, corrections not yet accepted, the newest week."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from service.areas import queries as areas
from service.areas.models import Area
from service.sowing.models import SowingReport
from service.sowing.schemas import LateVillage
from service.sowing.standing import TOWN, counted, known, within

_later = SowingReport.__table__.alias().c


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
        SowingReport.season_code == season_code, within(area_code), *known(known_at)
    )
    if is_accepted:
        wanted = wanted.where(counted(known_at))
    return session.scalars(wanted).one()


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
    superseded = exists().where(_later.supersedes_id == SowingReport.id, *known(known_at, _later))
    wanted = (
        select(unit, func.count())
        .where(
            SowingReport.season_code == season_code,
            within(area_code),
            SowingReport.as_of <= as_of,
            SowingReport.reason.is_not(None),
            ~counted(known_at),
            ~superseded,
            *known(known_at),
        )
        .group_by(unit)
    )
    return {code: n for code, n in session.execute(wanted)}


def late_villages(
    session: Session,
    season_code: str,
    *,
    area_code: str,
    week: date,
    known_at: datetime | None,
) -> list[LateVillage]:
    """Name the villages without any row for a week, accepted or not."""
    filed = exists().where(
        SowingReport.season_code == season_code,
        SowingReport.as_of == week,
        SowingReport.area_code == Area.area_code,
        *known(known_at),
    )
    wanted = areas.named_units(within=area_code, level="village", on=week).where(~filed)
    return [
        LateVillage(area_code=code, name=name, town_code=code[:TOWN])
        for code, name in session.execute(wanted)
    ]


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return code -> name of units in view, those that ended included."""
    found = areas.villages_by_code(session, codes)
    return {code: area.name for code, area in found.items()}
