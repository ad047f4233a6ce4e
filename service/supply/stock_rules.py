"""Whether an event may be entered at all: the outlet, the product, the day, who tells of it."""

from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from inspections import stock
from inspections.outlets import is_valid_on
from service import records
from service.errors import Conflict, Invalid
from service.records import standing
from service.security import Role, Viewer
from service.supply import outlet_states, products
from service.supply.models import SEPARATOR, Licence, LicenceKind, Product, Status
from service.supply.outlet_states import Life, State
from service.supply.stock_models import Kind, Source, StockClosing, StockEvent
from service.supply.stock_schemas import Amount

SOURCES = {
    Role.OUTLET: (Source.SELF_REPORT,),
    Role.OFFICER: (Source.INSPECTION,),
    Role.RECORDER: (Source.PHONE, Source.LEDGER),
    Role.BUREAU: (Source.PHONE, Source.LEDGER),
}
"""Who may speak for which source; the first is meant where none is named."""
TRADE = frozenset({Kind.RECEIPT, Kind.SALE, Kind.TRANSFER_IN})
"""What an outlet out of business, or one without the licence, may not do; the rest clears out."""


_CLOSING = StockClosing.__table__.c
_LATER = StockClosing.__table__.alias().c
# By table: the books of a county are closed for a town's operator as well, who sees no county.
_CLOSED = select(func.max(_CLOSING.closed_through)).where(
    _CLOSING.area_code.in_(bindparam("above", expanding=True)),
    _CLOSING.is_withdrawal.is_(False),
    ~exists(select(_LATER.id).where(_LATER.supersedes_id == _CLOSING.id)),
)


COUNTERS = frozenset({Role.OFFICER})
"""Who counts, and does not trade."""


def source_of(session: Session, given: Source | None) -> Source:
    """Return the source of an event by who enters it."""
    viewer: Viewer = session.info["viewer"]
    allowed = SOURCES[viewer.role]
    if given is not None and given not in allowed:
        named = "、".join(allowed)
        raise Invalid(f"您的岗位填报的来源是 {named}", field="source")
    return given or allowed[0]


def judge(session: Session, life: Life, product: Product, kind: Kind, given: Amount) -> None:
    """Refuse an event that cannot be at this outlet on this day."""
    day = given.occurred_on
    viewer: Viewer = session.info["viewer"]
    if viewer.role in COUNTERS and kind is not Kind.COUNT:
        raise Invalid("执法员只记盘点;进货、销售由网点或镇里记", field="kind")
    records.refuse_future(session, day, "occurred_on")
    state, outlet_id = life.on(day), life.versions[0].outlet_id
    if state is None:
        raise Invalid("那一天网点还没有开业,请核对日期", field="occurred_on")
    _refuse_closed_books(session, state.seat_code, day)
    if state.status is Status.MERGED:
        raise Conflict(f"这个网点已合并,请记到 {state.merged_into_id}", field="outlet_id")
    if kind not in TRADE:
        return
    if state.status is not Status.ACTIVE:
        raise Conflict("那一天网点不在营业,不能进货或销售;清理存货请记退货、损耗或调出")
    expires_on = given.expires_on or _expiry_of_batch(session, outlet_id, product, given.batch)
    if expires_on is not None and expires_on < day:
        raise Invalid("这一批已过质量保证期,不能再进货或销售(农药管理条例45)", field="expires_on")
    _refuse_unlawful(session, state, product, day)


def _expiry_of_batch(
    session: Session, outlet_id: UUID, product: Product, batch: str | None
) -> date | None:
    """Return the earliest day that the entries which hold give for a batch.

    Who sells need not write it again.
    """
    if batch is None:
        return None
    taken_back = select(StockEvent.reverses_id).where(StockEvent.reverses_id.is_not(None))
    return session.scalar(
        select(func.min(StockEvent.expires_on)).where(
            StockEvent.outlet_id == outlet_id,
            StockEvent.product_code == product.code,
            StockEvent.batch == batch,
            StockEvent.id.not_in(taken_back),
        )
    )


def _refuse_unlawful(session: Session, state: State, product: Product, day: date) -> None:
    named = product.ingredients.split(SEPARATOR) if product.ingredients else []
    ban = stock.banned(named, day, products.restrictions())
    if ban is not None:
        raise Conflict(
            f"{ban.ingredient} 自 {ban.banned_from} 起禁止销售使用({ban.notice});"
            "存货请记退回供应商或损耗",
            field="product_code",
        )
    limit = stock.fixed_point(named, products.restrictions())
    if limit is not None and not _may_sell_restricted(session, state.outlet_id, named, day):
        raise Conflict(
            f"{limit.ingredient} 是限制使用农药,须有那一天有效的定点经营许可({limit.notice})",
            field="product_code",
        )


def _may_sell_restricted(session: Session, outlet_id: UUID, named: list[str], day: date) -> bool:
    wanted = standing(Licence).where(
        Licence.outlet_id == outlet_id, Licence.kind == LicenceKind.RESTRICTED_PESTICIDE
    )
    return any(
        is_valid_on(day, each.valid_from, each.valid_to) and stock.covers(each.scope, named)
        for each in session.scalars(wanted)
    )


def _refuse_closed_books(session: Session, area_code: str, day: date) -> None:
    above = [area_code[:length] for length in (6, 9, 12)]
    closed = session.scalar(_CLOSED, {"above": above})
    if closed is not None and closed >= day:
        raise Conflict(f"{closed} 及以前的账已结;要补记请由管理员先撤销结账", field="occurred_on")


def judge_reversal(session: Session, found: StockEvent) -> None:
    """Refuse to take back what was taken back, or what takes back."""
    if found.kind is Kind.REVERSAL:
        raise Conflict("冲正不能再冲正;请重新记一条")
    again = select(exists().where(StockEvent.reverses_id == found.id))
    if session.scalar(again):
        raise Conflict("这条记录已冲正过")
    viewer: Viewer = session.info["viewer"]
    if viewer.role is not Role.BUREAU and found.source not in SOURCES[viewer.role]:
        raise Conflict("这条记录不是您这个来源填报的,请由填报的人或区里冲正")
    state = outlet_states.life(session, found.outlet_id).on(found.occurred_on)
    if state is not None:
        _refuse_closed_books(session, state.seat_code, found.occurred_on)
