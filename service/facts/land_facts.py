"""Facts of land at risk: what is suspected, and how quickly it is seen, stopped and put right."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median

from inspections.case_words import SOURCE_TEXT, STATE_TEXT, Source, State
from inspections.cases import OPEN
from inspections.fusion_words import CLASS_TEXT, VerdictClass
from inspections.units import Quantity, Unit, exact
from service.cases.models import Case
from service.cases.on_day import CaseOn, RoundOn
from service.facts.definitions import Computed, FactDef, Row, Rows, count, ratio
from service.facts.reading import Reading
from service.schemas import civil_day
from service.screening.models import Verdict

LAND, CASES = "verdicts", "cases"
SUSPECTED = (VerdictClass.SUSPECTED, VerdictClass.LIKELY, VerdictClass.CONFIRMED)
A_PARCEL, A_CASE = "一块地的现行判定", "一件案件"
ONE, MU_PER_M2 = Decimal(1), Decimal("0.0015")
A_SECOND, SECONDS_OF_A_DAY = timedelta(seconds=1), 86_400


def _suspected(reading: Reading) -> list[Verdict]:
    return [each for each in reading.verdicts if each.verdict_class in SUSPECTED]


def _verdict_rows(found: list[Verdict], amount: Callable[[Verdict], Decimal]) -> Rows:
    return Rows(
        Row(
            LAND,
            str(each.parcel_uid),
            each.as_of,
            each.area_code,
            f"{each.as_of} {CLASS_TEXT[each.verdict_class]} {each.rule_id or ''}".strip(),
            amount(each),
            each.recorded_at,
        )
        for each in found
    )


def _count(is_of: Callable[[Verdict], bool] = lambda _: True) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found = [each for each in _suspected(reading) if is_of(each)]
        by_class = Counter(each.verdict_class for each in found)
        text = "、".join(f"{CLASS_TEXT[each]} {by_class[each]} 个" for each in SUSPECTED)
        return Computed(
            counted=Quantity(len(found), Unit.ITEM),
            rows=_verdict_rows(found, lambda _: ONE),
            text=text if reading.verdicts else "还没有筛查,或没有观测",
        )

    return compute


def _area(reading: Reading) -> Computed:
    rows = _verdict_rows(_suspected(reading), lambda each: _mu(each.overlap_m2))
    total = sum((each.amount or Decimal(0) for each in rows), Decimal(0))
    return Computed(counted=Quantity(total, Unit.MU), rows=rows, text="只计涉嫌的部分,不是整块地")


def _mu(area_m2: float) -> Decimal:
    """Return mu of m², each parcel to 0.01 m² first: what is added up is what is shown."""
    return Decimal(repr(round(area_m2, 2))) * MU_PER_M2


def _row(case: Case, state: State, opened_at: datetime, amount: Decimal) -> Row:
    day = civil_day(opened_at)
    said = f"{day} {STATE_TEXT[state]} {case.rule_id}"
    return Row(CASES, str(case.id), day, case.area_code, said, amount, opened_at)


def _cases(is_of: Callable[[Reading, CaseOn], bool]) -> Callable[[Reading], Computed]:
    def compute(reading: Reading) -> Computed:
        found = [each for each in reading.cases if is_of(reading, each)]
        rows = Rows(_row(each.case, each.lasting, each.case.opened_at, ONE) for each in found)
        return Computed(counted=Quantity(len(found), Unit.CASE), rows=rows)

    return compute


def _is_worked(_: Reading, each: CaseOn) -> bool:
    return each.state in OPEN and each.state is not State.LEAD


def _is_lead(_: Reading, each: CaseOn) -> bool:
    return each.state is State.LEAD


def _is_past(reading: Reading, each: CaseOn) -> bool:
    return each.due_on is not None and each.due_on < reading.asked.as_of


def _is_overdue(reading: Reading, each: CaseOn) -> bool:
    return not _is_lead(reading, each) and _is_past(reading, each)


def _is_lead_overdue(reading: Reading, each: CaseOn) -> bool:
    return _is_lead(reading, each) and _is_past(reading, each)


def _is_closed(reading: Reading, each: CaseOn) -> bool:
    """Tell whether it was closed this year, and is; a false alarm since then changes nothing."""
    closed = each.closed_at
    return closed is not None and civil_day(closed) >= reading.year_starts_on


def _clock(span_of: Callable[[RoundOn], timedelta | None]) -> Callable[[Reading], Computed]:
    """Tell the median of a clock over the rounds of the year; an unknown start is left out."""

    def compute(reading: Reading) -> Computed:
        of_year = [
            (each.case, one)
            for each in reading.cases
            for one in each.counted
            if civil_day(one.opened_at) >= reading.year_starts_on
        ]
        timed = [(case, one, _days(s)) for case, one in of_year if (s := span_of(one)) is not None]
        unknown = sum(one.clocks.found_at is None for _, one in of_year)
        text = f"{len(timed)} 件到了这一步,{unknown} 件起始时间不明"
        text += _first(one for _, one in of_year)
        if not timed:
            return Computed(text=text)
        return Computed(
            ratio=exact(median(days for _, _, days in timed)),
            rows=Rows(_row(case, one.state, one.opened_at, exact(d)) for case, one, d in timed),
            text=text,
        )

    return compute


def _first(found: Iterable[RoundOn]) -> str:
    """Say who saw how many first."""
    by = Counter(each.clocks.found_by for each in found if each.clocks.found_by)
    told = [f"{SOURCE_TEXT[Source(source)]} {n} 件" for source, n in sorted(by.items())]
    return f";最先发现:{'、'.join(told)}" if told else ""


def _days(span: timedelta) -> Fraction:
    return Fraction(span // A_SECOND, SECONDS_OF_A_DAY)


def _to_accept(each: RoundOn) -> timedelta | None:
    found, accepted = each.clocks.found_at, each.accepted_at
    return accepted - found if accepted is not None and found is not None else None


def _clock_fact(
    code: str, title: str, how: str, span_of: Callable[[RoundOn], timedelta | None]
) -> FactDef:
    return ratio(
        code,
        title,
        "天",
        1,
        f"{how},今年各案的中位数,反弹的再算一次;起始时间不明的不计",
        _clock(span_of),
        books=(CASES,),
        grain=A_CASE,
    )


FACTS = (
    count(
        "land.suspected",
        "疑似违规地块",
        Unit.ITEM,
        "当天现行判定为疑似、很可能或确认的地块数",
        _count(),
        books=(LAND,),
        grain=A_PARCEL,
    ),
    count(
        "land.suspected_farmland",
        "涉永久基本农田的疑似地块",
        Unit.ITEM,
        "疑似地块中涉及永久基本农田的",
        _count(lambda each: each.is_farmland),
        books=(LAND,),
        grain=A_PARCEL,
    ),
    count(
        "land.suspected_area",
        "疑似违规面积",
        Unit.MU,
        "疑似地块中涉嫌部分的面积之和",
        _area,
        books=(LAND,),
        grain=A_PARCEL,
        places=2,
    ),
    count(
        "cases.leads",
        "待受理线索",
        Unit.CASE,
        "当天还没有受理的线索",
        _cases(_is_lead),
        books=(CASES,),
        grain=A_CASE,
    ),
    count(
        "cases.open",
        "在办案件",
        Unit.CASE,
        "已受理、还没有了结的案件",
        _cases(_is_worked),
        books=(CASES,),
        grain=A_CASE,
    ),
    count(
        "cases.overdue",
        "超期案件",
        Unit.CASE,
        "在办案件中,这一步的期限已过的",
        _cases(_is_overdue),
        books=(CASES,),
        grain=A_CASE,
    ),
    count(
        "cases.leads_overdue",
        "超期线索",
        Unit.CASE,
        "待受理线索中,受理的期限已过的",
        _cases(_is_lead_overdue),
        books=(CASES,),
        grain=A_CASE,
    ),
    count(
        "cases.closed",
        "销号案件",
        Unit.CASE,
        "今年验收销号、现在仍是销号的案件",
        _cases(_is_closed),
        books=(CASES,),
        grain=A_CASE,
    ),
    _clock_fact("cases.days_to_accept", "早发现", "从最早可信的发现到受理", _to_accept),
    _clock_fact(
        "cases.days_to_stop", "早制止", "从最早可信的发现到制止", lambda each: each.clocks.to_stop
    ),
    _clock_fact(
        "cases.days_to_settle",
        "早处理",
        "从最早可信的发现到了结",
        lambda each: each.clocks.to_settle,
    ),
)
