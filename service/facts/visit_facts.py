"""Facts of inspections: who went how often, to how many, and what was found."""

from decimal import Decimal

from inspections.units import Quantity, Unit, exact, rate
from inspections.visits import NOT_INSPECTED
from service.facts.definitions import PERCENT, Computed, Row, Rows, count, ratio, statement
from service.facts.reading import Reading
from service.visits.count_schemas import Bound
from service.visits.schemas import VisitRead

BOOK, SAMPLES = "visits", "samples"
A_VISIT = "一次检查"
ONE = Decimal(1)


def _row(visit: VisitRead, amount: Decimal) -> Row:
    return Row(
        BOOK,
        str(visit.id),
        visit.visited_on,
        visit.area_code,
        f"{visit.visited_on} {visit.subject_name}({len(visit.officers)} 人)",
        amount,
        visit.recorded_at,
    )


def _inspected(reading: Reading) -> list[VisitRead]:
    return [each for each in reading.visits if each.outcome not in NOT_INSPECTED]


def _officer_times(reading: Reading) -> Computed:
    rows = Rows(_row(each, Decimal(len(each.officers))) for each in reading.visits)
    return Computed(
        counted=Quantity(reading.visit_counts.officer_times.value, Unit.PERSON_TIME), rows=rows
    )


def _visit_times(reading: Reading) -> Computed:
    rows = Rows(_row(each, ONE) for each in _inspected(reading))
    return Computed(
        counted=Quantity(reading.visit_counts.visit_times.value, Unit.OUTLET_TIME), rows=rows
    )


def _outlets(reading: Reading) -> Computed:
    first: dict[object, VisitRead] = {}
    for each in _inspected(reading):
        first.setdefault(reading.subject_of(each), each)
    rows = Rows(_row(each, ONE) for each in first.values())
    counted = Quantity(reading.visit_counts.outlets.value, Unit.OUTLET)
    return Computed(counted=counted, rows=rows)


def _coverage(reading: Reading) -> Computed:
    """Set different outlets by the outlets in business: visits are no outlets."""
    seen, there = _outlets(reading), Quantity(len(reading.outlets), Unit.ITEM)
    share = rate(seen.counted, there, "网点覆盖率") if seen.counted else None
    if share is None:
        return Computed(text="没有在营业的网点")
    return Computed(
        ratio=exact(share),
        rows=seen.rows,
        text=f"检查 {len(seen.rows)} 家,在营业 {there.value} 个;"
        f"共 {reading.visit_counts.visit_times.value} 家次",
    )


def _per_visit(reading: Reading) -> Computed:
    people, visits = _officer_times(reading), _visit_times(reading)
    if people.counted is None or visits.counted is None:
        return Computed()
    share = rate(people.counted, visits.counted, "人次/家次")
    if share is None:
        return Computed(text="今年还没有检查")
    return Computed(
        ratio=exact(share),
        rows=people.rows,
        text=f"{people.counted.value} 人次、{visits.counted.value} 家次",
    )


def _none_found(reading: Reading) -> Computed:
    found = reading.visit_counts
    rows = Rows(_row(each, ONE) for each in reading.visits)
    said = [*found.reasons] or [f"检查 {found.visit_times.value} 家次,未发现违法行为"]
    said.append(f"覆盖不同网点 {found.outlets.value} 家,在营业 {len(reading.outlets)} 个")
    said.append(f"抽样 {found.n_samples} 批次,待出结果 {found.n_pending_samples} 批次")
    said += _bounded(reading.bound)
    said += _unchecked(reading)
    return Computed(statement=found.may_say_none_found, rows=rows, text=";".join(said))


def _bounded(bound: Bound | None) -> list[str]:
    """Say what a random draw without a hit says of all; or why it says nothing."""
    if bound is None:
        return ["不是一次随机抽查,不能由此推断其余网点"]
    if bound.at_most is None:
        return [f"不推断其余网点:{'、'.join(bound.withheld)}"]
    return [
        f"按随机抽查推断:名单 {bound.n_listed} 家中至多 {bound.at_most} 家有违法行为"
        f"(置信度 {bound.confidence * 100:.0f}%)"
    ]


def _unchecked(reading: Reading) -> list[str]:
    checked = [f"{each.name} {each.n_checked} 次" for each in reading.visit_counts.checked]
    return [f"逐项核查:{'、'.join(checked[:3])}等 {len(checked)} 类"] if checked else []


def _samples(reading: Reading) -> Computed:
    rows = Rows(
        Row(
            SAMPLES,
            str(each.id),
            each.events[0].occurred_on,
            each.area_code,
            f"{each.seal_no} {each.product}",
            ONE,
            each.recorded_at,
        )
        for each in reading.samples
    )
    return Computed(counted=Quantity(len(rows), Unit.BATCH), rows=rows)


FACTS = (
    count(
        "visits.officer_times",
        "出动执法人员",
        Unit.PERSON_TIME,
        "今年各次到访的执法人员人数之和;同一人多次到访计多次",
        _officer_times,
        books=(BOOK,),
        grain=A_VISIT,
    ),
    count(
        "visits.visit_times",
        "检查农资经营主体",
        Unit.OUTLET_TIME,
        "今年实际检查的次数;到访未检的不计",
        _visit_times,
        books=(BOOK,),
        grain=A_VISIT,
    ),
    count(
        "visits.outlets",
        "检查的不同网点",
        Unit.OUTLET,
        "今年实际检查过的不同网点;同一家查多次计一家",
        _outlets,
        books=(BOOK,),
        grain="一个网点今年的第一次检查",
    ),
    ratio(
        "visits.coverage",
        "检查网点覆盖率",
        PERCENT,
        4,
        "今年实际检查过的不同网点数除以在营业的网点数;家次不能作分子",
        _coverage,
        books=(BOOK, "outlets"),
        grain="一个网点今年的第一次检查",
    ),
    ratio(
        "visits.per_visit",
        "每次检查的执法人员",
        "人次/家次",
        2,
        "出动执法人员人次除以检查家次",
        _per_visit,
        books=(BOOK,),
        grain=A_VISIT,
    ),
    statement(
        "visits.none_found",
        "暂未发现违法行为",
        "有检查、没有查出违法、没有待出的检测结果、没有未结的问题,才可以这样写",
        _none_found,
        books=(BOOK,),
        grain=A_VISIT,
    ),
    count(
        "visits.samples",
        "抽样送检",
        Unit.BATCH,
        "今年检查时封样的批次;撤销的不计",
        _samples,
        books=(SAMPLES,),
        grain="一个封样",
    ),
)
