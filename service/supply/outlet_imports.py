"""A workbook of outlets: new ones are entered, known ones are found again by code or by name."""

from sqlalchemy.orm import Session

from service import records
from service.errors import Conflict
from service.supply import outlet_actions as actions
from service.supply import outlets
from service.supply.models import Category, Status
from service.supply.outlet_schemas import OutletCreate, OutletRead
from service.supply.outlets import CATEGORY_TEXT
from service.table_cells import folded
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows

CATEGORY_OF_TEXT = {
    folded(text): each
    for each, words in {
        Category.FERTILIZER: ("肥料", "化肥"),
        Category.PESTICIDE: ("农药",),
        Category.SEED: ("种子",),
        Category.FILM: ("农膜", "地膜"),
    }.items()
    for text in (*words, each.value)
}


LAYOUT = Layout(
    kind="outlets",
    title="农资经营网点",
    schema=OutletCreate,
    columns=(
        Column("name", ("网点名称", "名称", "店名", "name"), is_required=True),
        Column("uscc", ("统一社会信用代码", "信用代码", "uscc"), hint="18 位;同一主体的分店可留空"),
        Column("area_code", ("所在镇村", "镇", "区划代码", "area_code"), Kind.AREA, {}, True),
        Column("owner_name", ("负责人", "经营者", "owner_name")),
        Column("phone", ("电话", "联系电话", "phone")),
        Column("address", ("地址", "经营地址", "address")),
        Column("lon", ("经度", "lon"), Kind.DEGREES),
        Column("lat", ("纬度", "lat"), Kind.DEGREES),
        Column(
            "categories",
            ("经营类别", "类别", "categories"),
            Kind.LIST,
            CATEGORY_OF_TEXT,
            True,
            "、".join(CATEGORY_TEXT.values()),
        ),
        Column("opened_on", ("开业日期", "opened_on"), Kind.DAY, {}, True),
    ),
)


def import_outlets(session: Session, upload: Upload) -> ImportReport:
    """Enter every outlet of a table that the register does not hold."""
    records.take_turn(session)
    register = _Register(session)
    return import_rows(session, upload, LAYOUT, register.enter)


class _Register:
    """The register as it stands, by what a row can be found again by."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found = [
            each
            for each in outlets.on_day(session, outlets.newest(session)).values()
            if each.status is not Status.MERGED
        ]

    def enter(self, item: OutletCreate) -> bool:
        """Enter an outlet, or find it; refuse a row that may be either."""
        known = self._known(item)
        if known is not None:
            return False
        made, is_new = actions.open_outlet(self.session, item)
        if is_new:
            self.found.append(made)
        return is_new

    def _known(self, item: OutletCreate) -> OutletRead | None:
        if item.uscc is not None:
            same = [each for each in self.found if each.uscc == item.uscc]
            if same:
                return same[0]
        like = [
            each
            for each in self.found
            if folded(each.name) == folded(item.name)
            and each.area_code[: outlets.TOWN] == item.area_code[: outlets.TOWN]
            and (each.uscc is None or item.uscc is None)
        ]
        same = [each for each in like if _digits(each.phone) == _digits(item.phone)]
        if len(same) == 1:
            return same[0]
        if like:
            names = "、".join(f"{each.name}({each.phone or '无电话'},{each.id})" for each in like)
            raise Conflict(
                f"镇里已有同名的网点:{names};是同一家请填它的电话或信用代码,不是请改名区分",
                field="name",
            )
        alike = [each for each in self.found if _may_be_same(each, item)]
        if alike:
            names = "、".join(f"{each.name}({each.id})" for each in alike)
            raise Conflict(
                f"电话与 {names} 相同,名称也相近:是同一家请照登记的名称填,不是请改电话",
                field="phone",
            )
        return None


def _digits(phone: str | None) -> str:
    return "".join(filter(str.isdigit, phone or ""))


def _may_be_same(known: OutletRead, item: OutletCreate) -> bool:
    """Tell whether a person must look: the same phone, and one name stands in the other."""
    if not _digits(item.phone) or _digits(known.phone) != _digits(item.phone):
        return False
    both_coded = known.uscc is not None and item.uscc is not None
    one, other = folded(known.name), folded(item.name)
    return not both_coded and one != other and (one in other or other in one)
