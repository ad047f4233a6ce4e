"""Writing the outlet register: openings, changes, licences, merges."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import audit, records
from service.accounts.models import Account
from service.areas import queries as areas
from service.errors import Conflict, Invalid, NotFound
from service.parcels.outlines import position
from service.parcels.schemas import Datum
from service.security import Role
from service.supply import outlets
from service.supply.models import (
    SEPARATOR,
    Category,
    Change,
    Licence,
    Outlet,
    OutletVersion,
    Status,
)
from service.supply.outlet_schemas import (
    UNDONE,
    ChangeCreate,
    LicenceCreate,
    MergeCreate,
    OperatorCreate,
    OutletCreate,
    OutletRead,
)

TOLD = ("name", "uscc", "owner_name", "phone", "address")
ENDED = frozenset({Status.REVOKED, Status.CLOSED, Status.MERGED})


def open_outlet(session: Session, given: OutletCreate) -> tuple[OutletRead, bool]:
    """Enter a new outlet; tell whether it is new."""
    records.take_turn(session)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Outlet, given.id, digest)
    if known is not None:
        return outlets.known_outlet(session, known.id), False
    areas.area(session, given.area_code)
    records.refuse_future(session, given.opened_on, "opened_on")
    _refuse_taken_code(session, given.uscc, but=None)
    outlet = records.write(
        session,
        Outlet,
        {"area_code": given.area_code, "name": given.name, "opened_on": given.opened_on},
        row=given.id,
        digest=digest,
        action="outlet.open",
    )
    session.flush()
    values = {name: getattr(given, name) for name in TOLD} | _place(
        given.lon, given.lat, given.datum
    )
    _write_version(
        session,
        values
        | {
            "outlet_id": outlet.id,
            "valid_from": given.opened_on,
            "change": Change.OPENED,
            "status": Status.ACTIVE,
            "seat_code": given.area_code,
            "categories": _joined(given.categories),
        },
    )
    return outlets.known_outlet(session, outlet.id), True


def _write_version(
    session: Session, values: dict[str, Any], row: UUID | None = None, digest: str | None = None
) -> None:
    records.write(
        session,
        OutletVersion,
        values,
        row=row,
        digest=digest or records.content_digest(values),
        action=f"outlet.{values['change']}",
    )
    session.flush()


def _joined(categories: list[Category]) -> str:
    return SEPARATOR.join(sorted(set(categories)))


def _place(lon: float | None, lat: float | None, datum: Datum) -> dict[str, Any]:
    if lon is None or lat is None:
        return {"lon": None, "lat": None, "given_position": None}
    moved = position(lon, lat, datum)
    given = None if datum is Datum.CGCS2000 else f"{lon} {lat} {datum}"
    return {"lon": moved[0], "lat": moved[1], "given_position": given}


def _refuse_taken_code(session: Session, uscc: str | None, *, but: UUID | None) -> None:
    """Refuse a code that another outlet bears. One owner's second shop goes without, or merges."""
    if uscc is None:
        return
    with_code = select(OutletVersion.outlet_id).where(OutletVersion.uscc == uscc)
    for other in set(session.scalars(with_code)) - {but}:
        state = outlets.on_day(session, outlets.newest(session), outlet_id=other)
        seen = state.get(other)
        if seen is None or (seen.uscc == uscc and seen.status not in ENDED):
            raise Conflict(
                "这个统一社会信用代码已登记在另一个网点;同一主体的分店请留空并写明,重复登记请合并",
                field="uscc",
            )


def change_outlet(
    session: Session, outlet_id: UUID, given: ChangeCreate
) -> tuple[OutletRead, bool]:
    """Enter what happened to an outlet on a day; tell whether it is new."""
    records.take_turn(session)
    state = outlets.known_outlet(session, outlet_id)
    digest = records.content_digest(given.model_dump(exclude={"id"}) | {"outlet_id": outlet_id})
    if records.known(session, OutletVersion, given.id, digest) is not None:
        return state, False
    before = _judged(session, state, given)
    values = {name: getattr(given, name) or getattr(before, name) for name in TOLD}
    place = _place(given.lon, given.lat, given.datum)
    if given.lon is None:
        place = {"lon": before.lon, "lat": before.lat, "given_position": None}
    status = UNDONE.get(given.change, before.status)
    _write_version(
        session,
        values
        | place
        | {
            "outlet_id": outlet_id,
            "valid_from": given.valid_from,
            "change": given.change,
            "status": Status.ACTIVE if given.change is Change.RESUMED else status,
            "seat_code": given.area_code or before.area_code,
            "categories": _joined(given.categories or before.categories),
            "reason": given.reason,
        },
        row=given.id,
        digest=digest,
    )
    if given.area_code is not None:
        _move_operators(session, outlet_id, given.area_code)
    return outlets.known_outlet(session, outlet_id), True


def _move_operators(session: Session, outlet_id: UUID, area_code: str) -> None:
    """Let the operators go along: their area is their outlet's seat."""
    for account in session.scalars(select(Account).where(Account.outlet_id == outlet_id)):
        account.area_code = area_code
        audit.record(session, "account.change", account.username, area_code=area_code)


def _judged(session: Session, state: OutletRead, given: ChangeCreate) -> OutletRead:
    """Return the outlet as it was before a change; refuse a change that does not follow."""
    records.refuse_future(session, given.valid_from, "valid_from")
    if given.valid_from < state.opened_on:
        raise Invalid(f"网点 {state.opened_on} 才开业,变更不能早于那一天", field="valid_from")
    if state.status in ENDED:
        raise Conflict("这个网点已注销、吊销或合并,不能再变更")
    if given.valid_from < state.valid_from:
        raise Conflict(
            f"{state.valid_from} 已有一次变更;请填不早于那一天的日期", field="valid_from"
        )
    if given.change is Change.RESUMED and state.status is not Status.SUSPENDED:
        raise Conflict("网点没有停业,不用恢复", field="change")
    if given.area_code is not None:
        areas.area(session, given.area_code)
    if given.uscc is not None:
        _refuse_taken_code(session, given.uscc, but=state.id)
    return state


def merge(session: Session, outlet_id: UUID, given: MergeCreate) -> OutletRead:
    """Say that an outlet is a double of another; its id stays and leads to the other."""
    records.take_turn(session)
    double = outlets.known_outlet(session, outlet_id)
    kept = outlets.known_outlet(session, given.into_id)
    if double.merged_into_id == kept.id:
        return double
    if double.id == kept.id:
        raise Invalid("不能合并到自己", field="into_id")
    if double.status is Status.MERGED or kept.status is Status.MERGED:
        raise Conflict("其中一个已合并过;请用合并后的那一个")
    if kept.status in ENDED and double.status not in ENDED:
        raise Conflict("要合并到的网点已注销或吊销,而这一个还在登记;请反过来合并")
    if double.opened_on < kept.opened_on:
        # The kept one stands for both from its own first day: no past day may lose the shop.
        raise Conflict(
            f"这一个 {double.opened_on} 就开业,比要合并到的早;请把晚登记的合并到早登记的"
        )
    same = ("name", "uscc", "owner_name", "phone", "address", "lon", "lat")
    _write_version(
        session,
        {name: getattr(double, name) for name in same}
        | {
            "outlet_id": double.id,
            # From its first day: what was counted twice was wrong from then on.
            "valid_from": double.opened_on,
            "change": Change.MERGED,
            "status": Status.MERGED,
            "seat_code": double.area_code,
            "categories": _joined(double.categories),
            "reason": given.reason,
            "merged_into_id": kept.id,
        },
    )
    return outlets.known_outlet(session, double.id)


def name_operator(session: Session, outlet_id: UUID, given: OperatorCreate) -> OutletRead:
    """Let an account speak for this outlet, and for no other."""
    records.take_turn(session)
    state = outlets.known_outlet(session, outlet_id)
    account = session.scalars(
        select(Account).where(Account.username == given.username, Account.role == Role.OUTLET)
    ).first()
    if account is None:
        raise NotFound("没有这个网点账号;请先由管理员建立岗位为“网点”的账号", field="username")
    account.outlet_id, account.area_code = outlet_id, state.area_code
    audit.record(
        session,
        "outlet.operator",
        str(outlet_id),
        area_code=state.area_code,
        username=given.username,
    )
    return state


def file_licence(session: Session, given: LicenceCreate) -> tuple[Licence, bool]:
    """Enter a licence, or its correction; tell whether it is new."""
    records.take_turn(session)
    state = outlets.known_outlet(session, given.outlet_id)
    digest = records.content_digest(given.model_dump(exclude={"id"}))
    known = records.known(session, Licence, given.id, digest)
    if known is not None:
        return known, False
    if given.supersedes_id is not None:
        old = records.superseded(session, Licence, given.supersedes_id, given.reason)
        if old.outlet_id != given.outlet_id:
            raise Invalid("更正的许可须属于同一网点", field="supersedes_id")
    values = given.model_dump(exclude={"id"}) | {"area_code": state.area_code}
    made = records.write(
        session, Licence, values, row=given.id, digest=digest, action="licence.file"
    )
    session.flush()
    return made, True


def withdraw_licence(session: Session, licence_id: UUID, reason: str) -> Licence:
    """Say that a licence was entered in error."""
    records.take_turn(session)
    found = session.get(Licence, licence_id)
    if found is None or not outlets.is_known(session, found.outlet_id):
        raise NotFound("没有这条记录", id=str(licence_id))
    return records.withdraw(session, Licence, licence_id, reason, action="licence.withdraw")
