"""Tables of prices: outlets and products by code or by name."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid, NotFound
from service.security import Viewer
from service.supply import outlets, products
from service.supply.models import Status
from service.supply.price_actions import Register, file_price
from service.supply.price_models import PriceKind, Unit
from service.supply.price_schemas import PriceCreate, PriceRow
from service.table_cells import folded
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows

UNIT_TEXT = {"元/袋": Unit.PACK, "元/包": Unit.PACK, "元/瓶": Unit.PACK}
UNIT_TEXT |= {"元/公斤": Unit.KG, "元/千克": Unit.KG, "元/kg": Unit.KG}
UNIT_TEXT |= {"元/吨": Unit.TONNE, "元/t": Unit.TONNE}
KIND_TEXT = {
    "零售": PriceKind.RETAIL,
    "零售价": PriceKind.RETAIL,
    "批发": PriceKind.WHOLESALE,
    "批发价": PriceKind.WHOLESALE,
    "补贴价": PriceKind.SUBSIDISED,
}
LAYOUT = Layout(
    kind="prices",
    title="农资价格",
    schema=PriceRow,
    columns=(
        Column(
            "outlet_id",
            ("网点", "网点名称", "统一社会信用代码", "outlet_id"),
            is_required=True,
            hint="名称、统一社会信用代码或编号;网点自己填报可不填",
        ),
        Column(
            "product_code",
            ("产品", "产品代码", "品名", "product_code"),
            Kind.TEXT,
            {},
            True,
            "产品代码(如 UREA-50)或全名",
        ),
        Column("brand", ("品牌", "brand")),
        Column("pack_kg", ("包装(公斤)", "包装", "规格", "pack_kg"), Kind.NUMBER),
        Column("observed_on", ("日期", "采价日期", "observed_on"), Kind.DAY, {}, True),
        Column("price_yuan", ("价格", "价格(元)", "单价", "price_yuan"), Kind.NUMBER, {}, True),
        Column("unit", ("单位", "计价单位", "unit"), Kind.CHOICE, UNIT_TEXT),
        Column("price_kind", ("价格类型", "类型", "price_kind"), Kind.CHOICE, KIND_TEXT),
        Column("is_promotion", ("促销", "is_promotion"), Kind.FLAG),
        Column("observer", ("采价人", "observer")),
    ),
)


def import_prices(session: Session, upload: Upload) -> ImportReport:
    """Enter every price of a table. An operator's rows are of their own outlet."""
    viewer: Viewer = session.info["viewer"]
    fixed = {"outlet_id": str(viewer.outlet_id)} if viewer.outlet_id is not None else None
    return import_rows(session, upload, LAYOUT, _Desk(session).enter, fixed=fixed)


class _Desk:
    """Finds the outlets and products that rows name."""

    def __init__(self, session: Session) -> None:
        self.session, self.register = session, Register(session)
        self.products: dict[str, str] = {}
        for product in products.products(session):
            self.products |= {
                folded(product.code): product.code,
                folded(product.name): product.code,
            }
        self.outlets: dict[str, set[UUID]] = defaultdict(set)
        for each in outlets.on_day(session, outlets.Question(date.max)).values():
            names = {str(each.id), each.uscc or each.name}
            if each.status is not Status.MERGED:
                names.add(each.name)
            for name in names:
                self.outlets[folded(name)].add(each.id)

    def enter(self, item: PriceRow) -> bool:
        """Enter one row; tell whether it is new."""
        told = item.model_dump() | {
            "outlet_id": self._outlet(item.outlet_id),
            "product_code": self._product(item.product_code),
        }
        return file_price(self.session, PriceCreate(**told), self.register)[1]

    def _outlet(self, name: str) -> UUID:
        found = self.outlets.get(folded(name), set())
        if not found:
            raise NotFound("没有这个网点;请填登记的名称、统一社会信用代码或编号", field="outlet_id")
        if len(found) > 1:
            raise Conflict("有几个网点叫这个名称;请填统一社会信用代码或编号", field="outlet_id")
        return next(iter(found))

    def _product(self, name: str) -> str:
        code = self.products.get(folded(name))
        if code is None:
            raise Invalid("没有这个产品;请填产品代码或全名,见产品表", field="product_code")
        return code
