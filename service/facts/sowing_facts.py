"""Facts of the sowing book."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from inspections.units import Quantity, Unit, exact
from service import records
from service.facts.asked import share
from service.facts.definitions import PERCENT, Computed, Row, Rows, count, ratio
from service.facts.reading import Reading
from service.sowing.models import ALL_GRAIN
from service.sowing.rules import METHOD_TEXT
from service.sowing.schemas import Progress

BOOK, PLAN = "sowing", "sowing_plans"
GRAIN = "一村一作物一方式的填报"
EARLY_RICE = "RICE_E"


def _sown(crop: str) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found = reading.progress(crop)
        if found is None or found.total.sown_mu is None:
            return Computed(text="还没有接收的填报")
        covered = found.total.coverage
        said = [f"{covered.reported}/{covered.expected} 个村已报"]
        if covered.carried:
            said.append(f"{covered.carried} 个村沿用上次")
        season = reading.asked.season
        if season is not None and season.ends_on < reading.asked.as_of:
            said.append(f"本季已于 {season.ends_on} 结束")
        return Computed(
            counted=Quantity(found.total.sown_mu, Unit.MU),
            rows=_rows(reading, crop, found),
            coverage=share(covered.reported, covered.expected),
            doubts=[f"{found.total.open_corrections} 条更正还没有接收"]
            if found.total.open_corrections
            else [],
            text=";".join(said),
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


def sown_rows(reading: Reading) -> Rows:
    """Return the rows of all sown grain."""
    found = reading.progress(ALL_GRAIN)
    return Rows() if found is None else _rows(reading, ALL_GRAIN, found)


def _share_of_plan(reading: Reading) -> Computed:
    found = reading.progress(ALL_GRAIN)
    share = None if found is None else _share(found.total.sown_mu, found.total.plan_mu)
    if found is None or share is None:
        return Computed(text="没有计划面积或填报")
    text = f"计划 {found.total.plan_mu} 亩"
    rows = Rows([*_rows(reading, ALL_GRAIN, found), *_plan_rows(reading)])
    return Computed(ratio=exact(share), rows=rows, text=text)


def _share(part: Decimal | None, whole: Decimal | None) -> Fraction | None:
    if part is None or not whole:
        return None
    return Quantity(part, Unit.MU) / Quantity(whole, Unit.MU)


def _plan_rows(reading: Reading) -> Rows:
    return Rows(
        Row(PLAN, area, reading.asked.as_of, area, f"{area} 计划面积", mu)
        for area, mu in sorted(reading.planned.items())
    )


def _year_on_year(reading: Reading) -> Computed:
    found = reading.progress(ALL_GRAIN)
    if found is None:
        return Computed(text="没有填报")
    before = found.total.last_year
    share = _share(found.total.sown_mu, before.sown_mu)
    if share is None:
        return Computed(text="去年同期没有数据")
    text = f"去年 {before.as_of} 为 {before.sown_mu} 亩"
    return Computed(ratio=exact(share - 1), rows=_rows(reading, ALL_GRAIN, found), text=text)


def _points(reading: Reading) -> Computed:
    """Set this year's share of its plan beside last year's of its own, on the same date."""
    found, planned = reading.progress(ALL_GRAIN), reading.planned_last_year
    if found is None or not planned:
        return Computed(text="去年没有计划面积")
    now = _share(found.total.sown_mu, found.total.plan_mu)
    before = _share(found.total.last_year.sown_mu, planned)
    if now is None or before is None:
        return Computed(text="今年或去年没有计划面积或填报")
    text = f"去年 {found.total.last_year.as_of} 完成计划的 {float(before):.1%}"
    rows = _rows(reading, ALL_GRAIN, found)
    return Computed(ratio=exact((now - before) * 100), rows=rows, text=text)


FACTS = (
    count(
        "sowing.grain",
        "粮食播种面积",
        Unit.MU,
        "各村最近一次已接收的累计播种面积之和;育秧不计,缺报的村沿用上次",
        _sown(ALL_GRAIN),
        books=(BOOK,),
        places=2,
        grain=GRAIN,
    ),
    count(
        "sowing.early_rice",
        "早稻播种面积",
        Unit.MU,
        "同粮食播种面积,只计早稻",
        _sown(EARLY_RICE),
        books=(BOOK,),
        places=2,
        grain=GRAIN,
    ),
    ratio(
        "sowing.share_of_plan",
        "粮食播种占计划",
        PERCENT,
        4,
        "粮食播种面积除以计划面积",
        _share_of_plan,
        books=(BOOK,),
        grain=f"{GRAIN};一镇的计划",
    ),
    ratio(
        "sowing.yoy",
        "粮食播种面积同比",
        PERCENT,
        4,
        "粮食播种面积比去年同一日期的增减",
        _year_on_year,
        books=(BOOK,),
        grain=GRAIN,
    ),
    ratio(
        "sowing.yoy_points",
        "播种进度比去年同期",
        "个百分点",
        2,
        "粮食播种占计划的比例减去去年同一日期的比例",
        _points,
        books=(BOOK,),
        grain=GRAIN,
    ),
)
