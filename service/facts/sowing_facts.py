"""Facts of the sowing book."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from inspections.units import Unit
from service import records
from service.facts.definitions import Computed, FactDef, Form, Row, Rows
from service.facts.reading import Reading, share
from service.sowing.models import ALL_GRAIN
from service.sowing.rules import METHOD_TEXT
from service.sowing.schemas import Progress

BOOK = "sowing"
EARLY_RICE = "RICE_E"


def _sown(crop: str) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found = reading.progress(crop)
        if found is None or found.total.sown_mu is None:
            return Computed(text="还没有接收的填报")
        covered = found.total.coverage
        return Computed(
            exact=found.total.sown_mu,
            rows=_rows(reading, crop, found),
            coverage=share(covered.reported + covered.carried, covered.expected),
            doubts=[f"{found.total.open_corrections} 条更正还没有接收"]
            if found.total.open_corrections
            else [],
            text=f"{covered.reported}/{covered.expected} 个村已报",
        )

    return compute


def _rows(reading: Reading, crop: str, found: Progress) -> Rows:
    """Return the standing reports; what they leave to the total is a row of its own."""
    week, total = found.week, found.total.sown_mu or Decimal(0)
    if week is None:
        return Rows()
    key = ("sowing rows", reading.asked.area_code, reading.asked.known_at, crop, week, total)
    return records.once(reading.session, key, lambda: _made(reading, crop, week, total))


def _made(reading: Reading, crop: str, week: date, total: Decimal) -> Rows:
    rows = Rows(
        Row(
            BOOK,
            str(each.id),
            each.as_of,
            each.area_code,
            f"{each.area_code} {each.crop_code} {METHOD_TEXT[each.method]}",
            each.cumulative_mu or Decimal(0),
            each.recorded_at,
            each.recorded_by,
            each.task_id,
        )
        for each in reading.reports(crop, week)
    )
    rest = total - sum((each.amount or Decimal(0) for each in rows), Decimal(0))
    if rest:
        code = reading.asked.area_code
        rows.append(Row(BOOK, "rest", week, code, "镇级总数与村级合计的差额", rest))
    return rows


def _share_of_plan(reading: Reading) -> Computed:
    found = reading.progress(ALL_GRAIN)
    if found is None or found.total.share_of_plan is None:
        return Computed(text="没有计划面积或填报")
    return Computed(exact=found.total.share_of_plan, rows=_rows(reading, ALL_GRAIN, found))


def _year_on_year(reading: Reading) -> Computed:
    found = reading.progress(ALL_GRAIN)
    if found is None or found.total.last_year.change_share is None:
        return Computed(text="去年同期没有数据")
    change = found.total.last_year.change_share
    return Computed(exact=change, rows=_rows(reading, ALL_GRAIN, found))


FACTS = (
    FactDef(
        "sowing.grain",
        "粮食播种面积",
        Form.COUNT,
        Unit.MU,
        "亩",
        2,
        "各村最近一次已接收的累计播种面积之和;育秧不计,缺报的村沿用上次",
        (BOOK,),
        _sown(ALL_GRAIN),
        is_additive=True,
    ),
    FactDef(
        "sowing.early_rice",
        "早稻播种面积",
        Form.COUNT,
        Unit.MU,
        "亩",
        2,
        "同粮食播种面积,只计早稻",
        (BOOK,),
        _sown(EARLY_RICE),
        is_additive=True,
    ),
    FactDef(
        "sowing.share_of_plan",
        "粮食播种占计划",
        Form.RATIO,
        None,
        "%",
        4,
        "粮食播种面积除以计划面积",
        (BOOK,),
        _share_of_plan,
    ),
    FactDef(
        "sowing.yoy",
        "粮食播种面积同比",
        Form.RATIO,
        None,
        "%",
        4,
        "粮食播种面积比去年同一日期的增减",
        (BOOK,),
        _year_on_year,
    ),
)
