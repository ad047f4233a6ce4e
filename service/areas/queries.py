"""Reading the area tree."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from service.areas.models import Area, AreaSuccession
from service.areas.rules import folded, match_name
from service.errors import Invalid, NotFound
from service.security import AFTER_ANY_DIGIT, is_in_view

CODE_LENGTH = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}
MAX_CANDIDATES = 20
BULK = 500
"""Codes per statement: below every engine's limit of bound values."""


def exists_on(day: date) -> ColumnElement[bool]:
    """Return the criterion that a unit exists on a day."""
    return (Area.starts_on <= day) & or_(Area.ends_on.is_(None), Area.ends_on > day)


def under(area_code: str) -> ColumnElement[bool]:
    """Return the criterion that a unit lies in a subtree; it can use the index."""
    return (Area.area_code >= area_code) & (Area.area_code < area_code + AFTER_ANY_DIGIT)


def area(session: Session, area_code: str) -> Area:
    """Return one area, or say that there is none."""
    found = session.get(Area, area_code)
    if found is None:
        raise _no_such_area(area_code)
    return found


def _no_such_area(area_code: str) -> NotFound:
    return NotFound(f"没有区划 {area_code};请核对 12 位统计用区划代码", area_code=area_code)


def areas_page(
    session: Session, *, parent: str | None, on: date, after: str | None, limit: int
) -> tuple[list[Area], str | None]:
    """Return one page of a unit's children (or of all units in view), in order of code."""
    wanted = select(Area).where(exists_on(on)).order_by(Area.area_code).limit(limit + 1)
    if parent is not None:
        wanted = wanted.where(Area.parent_code == parent)
    if after:
        wanted = wanted.where(Area.area_code > after)
    found = list(session.scalars(wanted))
    return found[:limit], found[limit - 1].area_code if len(found) > limit else None


def units(session: Session, *, within: str, level: str, on: date) -> list[Area]:
    """Return the units of one level inside an area that exist on a day, in order of code."""
    wanted = (
        select(Area)
        .where(under(within), func.length(Area.area_code) == CODE_LENGTH[level], exists_on(on))
        .order_by(Area.area_code)
    )
    return list(session.scalars(wanted))


def named_units(*, within: str, level: str, on: date) -> Select[str, str]:
    """Return the query for code and name of one level inside an area on a day, in order."""
    return (
        select(Area.area_code, Area.name)
        .where(under(within), func.length(Area.area_code) == CODE_LENGTH[level], exists_on(on))
        .order_by(Area.area_code)
    )


def unit_names(session: Session, *, within: str, level: str, on: date) -> dict[str, str]:
    """Return code -> name of the units of one level inside an area on a day."""
    wanted = named_units(within=within, level=level, on=on)
    return {code: name for code, name in session.execute(wanted)}


_BY_CODE = select(Area).where(Area.area_code.in_(bindparam("codes", expanding=True)))


def villages_by_code(session: Session, codes: Iterable[str]) -> dict[str, Area]:
    """Return the areas with these codes that are in view."""
    wanted = sorted(set(codes))
    return {
        area.area_code: area
        for start in range(0, len(wanted), BULK)
        for area in session.scalars(_BY_CODE, {"codes": wanted[start : start + BULK]})
    }


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return code -> name, for the areas with these codes that are in view."""
    return {code: area.name for code, area in villages_by_code(session, codes).items()}


def area_named(session: Session, name: str, *, within: str, on: date) -> Area:
    """Return the one unit with this name; refuse a name that several bear, with candidates."""
    found = list(
        session.scalars(
            select(Area)
            .where(under(within), Area.match_name == match_name(name), exists_on(on))
            .order_by(Area.area_code)
            .limit(MAX_CANDIDATES)
        )
    )
    if not found:
        raise NotFound(f"没有名为“{name}”的区划,请填 12 位代码", name=name)
    if len(found) > 1:
        # 山塘居委会 and 山塘村委会 are two units of one bare name: the whole name tells them apart.
        found = [each for each in found if folded(each.name) == folded(name)] or found
    if len(found) > 1:
        candidates = [{"code": each.area_code, "name": each.name} for each in found]
        codes = "、".join(f"{each.name} {each.area_code}" for each in found)
        raise Invalid(f"“{name}”不止一个:{codes};请填代码", candidates=candidates)
    return found[0]


def successors(session: Session, area_code: str) -> list[str]:
    """Return the codes that took the place of a unit that ended."""
    return list(
        session.scalars(
            select(AreaSuccession.successor_code)
            .where(AreaSuccession.predecessor_code == area_code)
            .order_by(AreaSuccession.successor_code)
        )
    )


def refuse_out_of_view(session: Session, area_code: str) -> None:
    """Say that there is no such area where it, or a part of it, is beyond the viewer."""
    area(session, area_code)
    if not is_in_view(session, area_code):
        raise _no_such_area(area_code)
