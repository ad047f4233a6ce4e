"""A table of the outlets' ledgers."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from service import records
from service.errors import Invalid
from service.schemas import Text
from service.supply import outlets, products, stock_actions
from service.supply.models import Status
from service.supply.outlets import Question
from service.supply.stock_models import Source
from service.supply.stock_schemas import Entered, Entry, EventCreate
from service.table_cells import folded
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows

ENTRY_TEXT = {
    Entry.RECEIPT: "进货",
    Entry.SALE: "销售",
    Entry.LOSS: "损耗",
    Entry.CUSTOMER_RETURN: "顾客退货",
    Entry.SUPPLIER_RETURN: "退回供应商",
    Entry.COUNT: "盘点",
}
LongName = Annotated[Text, Field(min_length=1, max_length=100)]


class LedgerLine(Entered):
    """One line of a ledger as outlets keep it."""

    outlet: LongName
    product: LongName


LAYOUT = Layout(
    kind="stock_events",
    title="农资进销存台账",
    schema=LedgerLine,
    columns=(
        Column("outlet", ("网点", "网点名称", "统一社会信用代码", "outlet"), is_required=True),
        Column("product", ("产品", "产品名称", "产品代码", "product"), is_required=True),
        Column(
            "kind",
            ("业务", "类型", "kind"),
            Kind.CHOICE,
            {text: each for each, text in ENTRY_TEXT.items()},
            True,
        ),
        Column("occurred_on", ("日期", "业务日期", "occurred_on"), Kind.DAY, {}, True),
        Column("quantity_kg", ("数量(公斤)", "公斤", "quantity_kg"), Kind.NUMBER),
        Column("n_packs", ("包数", "件数", "n_packs"), Kind.NUMBER, hint="公斤、包数填一个"),
        Column("batch", ("批号", "batch")),
        Column("expires_on", ("有效期至", "expires_on"), Kind.DAY),
        Column("document_no", ("单据号", "document_no")),
        Column("reason", ("原因", "备注", "reason")),
    ),
)


def import_ledger(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of ledger lines."""
    shops = _outlets_by_word(session)
    packs = _products_by_word(session)

    def file_line(line: LedgerLine) -> bool:
        told = line.model_dump(exclude={"outlet", "product"})
        given = EventCreate.model_validate(
            told
            | {
                "outlet_id": _one(shops, line.outlet, "outlet", "网点"),
                "product_code": _one(packs, line.product, "product", "产品"),
                "source": Source.LEDGER,
            }
        )
        return stock_actions.post(session, given)[1]

    return import_rows(session, upload, LAYOUT, file_line)


def _one(known: dict[str, set[object]], word: str, field: str, what: str) -> object:
    found = known.get(folded(word), set())
    if len(found) > 1:
        raise Invalid(f"有 {len(found)} 个{what}都叫这个名字,请改用代码", field=field)
    if not found:
        raise Invalid(f"没有这个{what},请核对名称或代码", field=field)
    return next(iter(found))


def _outlets_by_word(session: Session) -> dict[str, set[object]]:
    known: dict[str, set[object]] = {}
    for each in outlets.on_day(session, Question(records.today(session))).values():
        if each.status is Status.MERGED:
            continue
        for word in (each.name, each.uscc, str(each.id)):
            if word is not None:
                known.setdefault(folded(word), set()).add(each.id)
    return known


def _products_by_word(session: Session) -> dict[str, set[object]]:
    known: dict[str, set[object]] = {}
    for each in products.products(session):
        for word in (each.name, each.code):
            known.setdefault(folded(word), set()).add(each.code)
    return known
