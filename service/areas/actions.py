"""Loading the area tree and merging its units."""

import csv
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service import audit
from service.areas.models import Area, AreaSuccession
from service.areas.rules import match_name
from service.errors import Conflict, NotFound

SHIPPED = Path(__file__).parents[2] / "config" / "codes" / "areas_441803.csv"
LIST_EDITION = date(2000, 1, 1)
"""Units of a first load count as having existed since this day."""


@dataclass(frozen=True)
class Loaded:
    """What a load of areas did."""

    read: int
    new: int
    renamed: int


def shipped_areas() -> list[tuple[str, str]]:
    """Return (code, name) of the shipped county: itself, its towns, its villages."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["name"]) for row in csv.DictReader(file)]


def load_areas(
    session: Session, areas: Iterable[tuple[str, str]], *, starts_on: date = LIST_EDITION
) -> Loaded:
    """Add what is new and rename what is known; safe to repeat."""
    wanted = dict(areas)
    known = {code: name for code, name in session.execute(select(Area.area_code, Area.name))}
    all_codes = wanted.keys() | known.keys()
    new = [
        {
            "area_code": code,
            "name": name,
            "match_name": match_name(name),
            "parent_code": _parent(code, all_codes),
            "starts_on": starts_on,
            "ends_on": None,
        }
        for code, name in sorted(wanted.items())
        if code not in known
    ]
    if new:
        session.execute(insert(Area), new)
    renamed = [code for code, name in wanted.items() if known.get(code, name) != name]
    for code in renamed:
        area = session.get_one(Area, code)
        area.name, area.match_name = wanted[code], match_name(wanted[code])
        audit.record(session, "area.rename", code, area_code=code, old=known[code], new=area.name)
    if new:
        audit.record(session, "area.load", min(wanted), n_new=len(new))
    return Loaded(len(wanted), len(new), len(renamed))


def _parent(code: str, known: Set[str]) -> str | None:
    for length in (9, 6, 4, 2):
        if length < len(code) and code[:length] in known:
            return code[:length]
    return None


def merge(session: Session, predecessors: Iterable[str], *, into: str, happened_on: date) -> None:
    """End units on a day and name the unit that takes their place."""
    successor = session.get(Area, into)
    if successor is None:
        raise NotFound(f"没有区划 {into}")
    for code in predecessors:
        area = session.get(Area, code)
        if area is None:
            raise NotFound(f"没有区划 {code}")
        if area.ends_on is not None or code == into:
            raise Conflict(f"{area.name} 已经撤并或就是并入的单位")
        area.ends_on = happened_on
        session.add(
            AreaSuccession(predecessor_code=code, successor_code=into, happened_on=happened_on)
        )
        audit.record(session, "area.merge", code, area_code=code, into=into, on=happened_on)
