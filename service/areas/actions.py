"""Loading the area tree and merging its units."""

import csv
import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service import audit
from service.areas.models import Area, AreaSuccession
from service.areas.rules import match_name
from service.errors import Conflict, NotFound
from service.files import UnreadableFile, read_table

SHIPPED = Path(__file__).parents[2] / "config" / "codes" / "areas_441803.csv"
CODE = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", re.ASCII)
MAX_NAME = 100
LIST_EDITION = date(2000, 1, 1)
"""Units of a first load count as having existed since this day."""


AFTER_MERGE: list[Callable[[Session, date], None]] = []
"""What other capabilities do, in the same transaction, when units were merged on a day."""


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


def read_areas(content: bytes) -> list[tuple[str, str]]:
    """Return (code, name) of a CSV with the columns `code` and `name`, UTF-8 or GBK."""
    table = read_table(content, filename="areas.csv")
    heading = [str(cell or "") for cell in table.rows[0][1]] if table.rows else []
    if not {"code", "name"} <= set(heading):
        raise UnreadableFile("表头须有 code 和 name 两列")
    code, name = heading.index("code"), heading.index("name")
    found = []
    for number, row in table.rows[1:]:
        cells = [str(row[n] or "") if n < len(row) else "" for n in (code, name)]
        if not CODE.fullmatch(cells[0]) or not 0 < len(cells[1]) <= MAX_NAME:
            raise UnreadableFile(f"第 {number} 行须是 2、4、6、9 或 12 位代码和名称", row=number)
        found.append((cells[0], cells[1]))
    return found


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
    """End units on a day and name the unit that takes their place.

    What had ended in favour of one of them earlier is then succeeded by the new unit, too.
    """
    successor = session.get(Area, into)
    if successor is None:
        raise NotFound(f"没有区划 {into}")
    if successor.starts_on > happened_on or successor.ends_on is not None:
        raise Conflict(f"{successor.name} 在 {happened_on} 不存在或已经撤并,不能并入")
    for code in predecessors:
        area = _end(session, code, into=into, happened_on=happened_on)
        for older in {code, *_succeeded_by(session, code)}:
            session.add(
                AreaSuccession(
                    predecessor_code=older,
                    successor_code=into,
                    happened_on=happened_on,
                    recorded_at=audit.instant(session),
                )
            )
        audit.record(session, "area.merge", code, area_code=area.code, into=into, on=happened_on)
    session.flush()
    for follow in AFTER_MERGE:
        follow(session, happened_on)


def _end(session: Session, code: str, *, into: str, happened_on: date) -> Area:
    area = session.get(Area, code)
    if area is None:
        raise NotFound(f"没有区划 {code}")
    if area.ends_on is not None or code == into or len(code) != len(into):
        raise Conflict(f"{area.name} 已经撤并、就是并入的单位或级别不同")
    if area.starts_on >= happened_on:
        raise Conflict(f"{area.name} {area.starts_on} 才设立,不能在 {happened_on} 撤并")
    area.ends_on = happened_on
    return area


def _succeeded_by(session: Session, code: str) -> list[str]:
    return list(
        session.scalars(
            select(AreaSuccession.predecessor_code).where(AreaSuccession.successor_code == code)
        )
    )
