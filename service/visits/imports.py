"""Tables of visits: officers by name or by certificate number, outlets by name, code or id."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from inspections.visits import OUTCOME_TEXT, Outcome
from service import records
from service.errors import Invalid, ServiceError
from service.schemas import CIVIL_ZONE, UUID_TEXT, AreaCode, Day, Id, Note, Strict, Text
from service.supply import outlets
from service.supply.models import Status
from service.table_cells import folded
from service.table_layouts import Column, Kind, Layout
from service.tables import ImportReport, Upload, import_rows
from service.visits import actions, campaign_queries
from service.visits.campaign_schemas import UnitName
from service.visits.models import VisitKind
from service.visits.schemas import VisitCreate

KIND_TEXT = {
    "双随机": VisitKind.RANDOM,
    "专项": VisitKind.SPECIAL,
    "举报核查": VisitKind.COMPLAINT_CHECK,
    "复查": VisitKind.RECHECK,
}
OUTCOME_OF_TEXT = {text: each for each, text in OUTCOME_TEXT.items()} | {
    "未发现": Outcome.NO_VIOLATION,
    "闭店": Outcome.CLOSED_SHOP,
    "拒绝": Outcome.REFUSED,
}
COLUMN_OF = {"visited_at": "day", "officer_ids": "officers", "outlet_id": "outlet"}
"""Field of a visit -> field of a row."""
OfficerWord = Annotated[Text, Field(min_length=1, max_length=64)]


class VisitRow(Strict):
    """A row of the table."""

    id: Id | None = None
    outlet: Annotated[Text, Field(min_length=1, max_length=100)]
    area_code: AreaCode
    day: Day
    clock: Annotated[str, Field(pattern=r"^([01]?[0-9]|2[0-3])[:\uff1a][0-5][0-9]$")]
    kind: VisitKind
    officers: Annotated[list[OfficerWord], Field(min_length=2, max_length=12)]
    outcome: Outcome
    partner_unit: UnitName | None = None
    note: Note | None = None


LAYOUT = Layout(
    kind="visits",
    title="执法检查",
    schema=VisitRow,
    columns=(
        Column(
            "outlet",
            ("网点", "网点名称", "检查对象", "统一社会信用代码", "outlet"),
            is_required=True,
            hint="镇里的名称,或统一社会信用代码",
        ),
        Column("area_code", ("所在镇村", "镇", "区划代码", "area_code"), Kind.AREA, {}, True),
        Column("day", ("检查日期", "日期", "day"), Kind.DAY, {}, True),
        Column("clock", ("时间", "clock"), is_required=True, hint="写成 14:30"),
        Column("kind", ("类型", "检查类型", "kind"), Kind.CHOICE, KIND_TEXT, True),
        Column(
            "officers",
            ("执法人员", "officers"),
            Kind.LIST,
            {},
            True,
            "两名以上,写姓名或证号,用、隔开",
        ),
        Column("outcome", ("结果", "检查结果", "outcome"), Kind.CHOICE, OUTCOME_OF_TEXT, True),
        Column("partner_unit", ("联合单位", "partner_unit")),
        Column("note", ("备注", "note")),
    ),
)


def import_visits(session: Session, upload: Upload) -> ImportReport:
    """Enter a table of visits."""
    register = _Register(session)
    return import_rows(session, upload, LAYOUT, register.enter)


class _Register:
    """Outlets and officers, by what a table calls them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.outlets: dict[tuple[str, str], list[UUID]] = {}
        self.coded: dict[str, list[UUID]] = {}
        question = outlets.Question(records.today(session))
        for each in outlets.on_day(session, question).values():
            if each.status is not Status.MERGED:
                key = (each.area_code[: outlets.TOWN], folded(each.name))
                self.outlets.setdefault(key, []).append(each.id)
                if each.uscc:
                    self.coded.setdefault(folded(each.uscc), []).append(each.id)
        self.officers: dict[str, set[UUID]] = {}
        for officer in campaign_queries.roster(session, records.today(session)):
            for word in (officer.name, *(one.number for one in officer.certificates)):
                self.officers.setdefault(folded(word), set()).add(officer.id)

    def enter(self, row: VisitRow) -> bool:
        """Enter one row; tell whether it is new."""
        hour, minute = row.clock.replace("\uff1a", ":").split(":")
        at = datetime.combine(row.day, time(int(hour), int(minute)), CIVIL_ZONE)
        given = VisitCreate(
            id=row.id,
            outlet_id=self._outlet(row),
            visited_at=at,
            kind=row.kind,
            officer_ids=self._officers(row),
            outcome=row.outcome,
            partner_unit=row.partner_unit,
            note=row.note,
        )
        try:
            return actions.file_visit(self.session, given)[1]
        except ServiceError as refusal:
            named = refusal.members.get("field", "")
            refusal.members["field"] = COLUMN_OF.get(named, named)
            raise

    def _outlet(self, row: VisitRow) -> UUID:
        if UUID_TEXT.fullmatch(row.outlet):
            return UUID(row.outlet)
        word = folded(row.outlet)
        named = self.outlets.get((row.area_code[: outlets.TOWN], word), [])
        found = self.coded.get(word) or named
        if len(found) != 1:
            told = "没有这个网点" if not found else f"有 {len(found)} 个同名的网点"
            raise Invalid(f"这个镇{told};请核对名称,或填统一社会信用代码", field="outlet")
        return found[0]

    def _officers(self, row: VisitRow) -> list[UUID]:
        found: list[UUID] = []
        for word in row.officers:
            ids = self.officers.get(folded(word), set())
            if len(ids) != 1:
                told = "名册里没有" if not ids else "名册里不止一名"
                raise Invalid(f"{told}“{word}”;请填证号,或先登记", field="officers")
            found += ids
        if len(set(found)) != len(found):
            raise Invalid("同一名执法人员填了两次;须有两名以上不同的人", field="officers")
        return found
