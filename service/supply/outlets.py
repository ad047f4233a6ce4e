"""Reading the outlet register: what each outlet is on a day, as was known at an instant."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inspections.outlets import Basis, categories_with_basis, is_valid_on
from service import records
from service.areas.queries import CODE_LENGTH
from service.errors import NotFound
from service.records import standing
from service.schemas import Page
from service.supply import outlet_states
from service.supply.models import (
    SEPARATOR,
    Category,
    Licence,
    LicenceKind,
    OutletVersion,
    Status,
)
from service.supply.outlet_schemas import (
    LicenceRead,
    OutletCard,
    OutletRead,
    VersionRead,
)
from service.supply.outlet_states import State, is_in_view

BASES_FILE = Path(__file__).parents[2] / "config" / "codes" / "outlet_bases.csv"
MAX_LICENCES = 5000
TOWN = CODE_LENGTH["town"]
CATEGORY_TEXT = {
    Category.FERTILIZER: "肥料",
    Category.PESTICIDE: "农药",
    Category.SEED: "种子",
    Category.FILM: "农膜",
}
LICENCE_TEXT = {
    LicenceKind.PESTICIDE_LICENCE: "农药经营许可证",
    LicenceKind.RESTRICTED_PESTICIDE: "限制使用农药定点经营",
    LicenceKind.SEED_LICENCE: "种子生产经营许可证",
    LicenceKind.SEED_FILING: "种子备案",
    LicenceKind.BUSINESS: "营业执照",
}


@dataclass(frozen=True)
class Question:
    """A day, and the instant of knowledge (None: all that is known)."""

    as_of: date
    known_at: datetime | None = None
    licensed_on: date | None = None
    """The day of which licences are told, where that is another."""


@cache
def bases() -> tuple[Basis, ...]:
    """Return what each category of farm input may be sold on."""
    with BASES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Basis(
                row["category"],
                tuple(filter(None, row["licence_kinds"].split(SEPARATOR))),
                row["article"],
            )
            for row in csv.DictReader(file)
        )


def newest(session: Session) -> Question:
    """Return the question for outlets after their newest change, with what is licensed today."""
    return Question(date.max, licensed_on=records.today(session))


def on_day(
    session: Session, asked: Question, *, area: str = "", outlet_id: UUID | None = None
) -> dict[UUID, OutletRead]:
    """Return every outlet in view that had opened by a day, as it was on it."""
    key = ("outlets", asked, area, outlet_id)
    return dict(records.once(session, key, lambda: _on_day(session, asked, area, outlet_id)))


def _on_day(
    session: Session, asked: Question, area: str, outlet_id: UUID | None
) -> dict[UUID, OutletRead]:
    licences = _valid_kinds(session, asked, outlet_id)
    return {
        row.outlet_id: _shown(row, licences[row.outlet_id])
        for row in _states(session, asked, outlet_id)
        if row.seat_code.startswith(area) and is_in_view(session, row)
    }


def _states(session: Session, asked: Question, outlet_id: UUID | None) -> list[State]:
    found = session.execute(outlet_states.on(asked, outlet_id))
    return sorted(found, key=lambda each: (each.seat_code, each.name, each.outlet_id))


def _valid_kinds(
    session: Session, asked: Question, outlet_id: UUID | None
) -> dict[UUID, set[LicenceKind]]:
    day = asked.licensed_on or asked.as_of
    same = outlet_states.doubles(session, asked.known_at)
    wanted = standing(Licence, asked.known_at).with_only_columns(
        Licence.outlet_id, Licence.kind, Licence.valid_from, Licence.valid_to
    )
    if outlet_id is not None:
        shop = [outlet_id, *(double for double, kept in same.items() if kept == outlet_id)]
        wanted = wanted.where(Licence.outlet_id.in_(shop))
    key = ("licences", asked.known_at, outlet_id)
    found: dict[UUID, set[LicenceKind]] = defaultdict(set)
    for each in records.once(session, key, lambda: list(session.execute(wanted))):
        if is_valid_on(day, each.valid_from, each.valid_to):
            # A double's licence is the shop's.
            found[each.outlet_id].add(each.kind)
            found[same.get(each.outlet_id, each.outlet_id)].add(each.kind)
    return found


def _shown(row: State, kinds: set[LicenceKind]) -> OutletRead:
    categories = row.categories.split(SEPARATOR)
    told = row._mapping
    same = (
        *("name", "status", "opened_on", "valid_from", "uscc", "owner_name", "phone"),
        *("address", "lon", "lat", "merged_into_id"),
    )
    return OutletRead(
        id=row.outlet_id,
        area_code=row.seat_code,
        categories=[Category(each) for each in categories],
        licensed=[Category(each) for each in categories_with_basis(categories, kinds, bases())],
        **{name: told[name] for name in same},
    )


def page(
    session: Session,
    asked: Question,
    *,
    area: str = "",
    status: Status | None = None,
    category: Category | None = None,
    cut: tuple[int, int] = (0, 500),
) -> Page[OutletRead]:
    """Return one page of the outlets in view, in order of seat and name."""
    found = [
        each
        for each in on_day(session, asked, area=area).values()
        if status in {None, each.status} and (category is None or category in each.categories)
    ]
    offset, limit = cut
    following = str(offset + limit) if len(found) > offset + limit else None
    return Page(items=found[offset : offset + limit], next=following)


def licences(
    session: Session, outlet_id: UUID | None, known_at: datetime | None
) -> Page[LicenceRead]:
    """Return the licences that hold of the outlets in view, those that end first at the head."""
    in_view = on_day(session, newest(session), outlet_id=outlet_id)
    wanted = standing(Licence, known_at).order_by(Licence.valid_to, Licence.id)
    if outlet_id is not None:
        wanted = wanted.where(Licence.outlet_id == outlet_id)
    found = [each for each in session.scalars(wanted) if each.outlet_id in in_view]
    return Page(items=[LicenceRead.model_validate(each) for each in found[:MAX_LICENCES]])


def outlet_on(session: Session, outlet_id: UUID, asked: Question) -> OutletRead:
    """Return one outlet as it is on a day, or say that there is none."""
    found = on_day(session, asked, outlet_id=outlet_id).get(outlet_id)
    if found is None:
        raise NotFound("没有这个网点,或那一天还没有开业;请核对编号", outlet_id=str(outlet_id))
    return found


def known_outlet(session: Session, outlet_id: UUID) -> OutletRead:
    """Return an outlet as it stands after its newest change, whatever day that is."""
    return outlet_on(session, outlet_id, newest(session))


def is_known(session: Session, outlet_id: UUID) -> bool:
    """Tell whether an outlet is in view, as it stands."""
    return outlet_id in on_day(session, newest(session), outlet_id=outlet_id)


def is_seen(session: Session, outlet_id: UUID) -> bool:
    """Tell whether an outlet is in view."""
    return outlet_id in on_day(session, Question(date.max), outlet_id=outlet_id)


def card(session: Session, outlet_id: UUID) -> OutletCard:
    """Return an outlet with its life and its licences."""
    state = known_outlet(session, outlet_id)
    versions = session.scalars(
        select(OutletVersion)
        .where(OutletVersion.outlet_id == outlet_id)
        .order_by(OutletVersion.valid_from, OutletVersion.recorded_at)
    )
    licences = session.scalars(
        select(Licence)
        .where(Licence.outlet_id == outlet_id)
        .order_by(Licence.valid_from.desc(), Licence.recorded_at.desc())
    )
    return OutletCard(
        **state.model_dump(),
        versions=[
            VersionRead(
                area_code=each.seat_code,
                **{
                    name: getattr(each, name)
                    for name in VersionRead.model_fields
                    if name != "area_code"
                },
            )
            for each in versions
        ],
        licences=[LicenceRead.model_validate(each) for each in licences],
    )
