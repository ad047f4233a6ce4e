"""Facts of inspections, pest surveys, machines and trainings."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from inspections.units import Unit
from inspections.visits import NOT_INSPECTED
from service.facts.definitions import Computed, FactDef, Form, Row
from service.facts.reading import Reading
from service.machinery.models import Repair
from service.visits.schemas import VisitRead

VISITS, PESTS, MACHINERY = "visits", "pest_surveys", "machinery"
ONE = Decimal(1)


def _visit_row(visit: VisitRead, amount: Decimal) -> Row:
    return Row(
        VISITS,
        str(visit.id),
        visit.visited_on,
        visit.area_code,
        f"{visit.visited_on} {visit.subject_name}({len(visit.officers)} 人)",
        amount,
        visit.recorded_at,
    )


def _officer_times(reading: Reading) -> Computed:
    rows = [_visit_row(each, Decimal(len(each.officers))) for each in reading.visits]
    return Computed(exact=Decimal(reading.visit_counts.officer_times.value), rows=rows)


def _inspected(reading: Reading) -> list[VisitRead]:
    return [each for each in reading.visits if each.outcome not in NOT_INSPECTED]


def _visit_times(reading: Reading) -> Computed:
    rows = [_visit_row(each, ONE) for each in _inspected(reading)]
    return Computed(exact=Decimal(reading.visit_counts.visit_times.value), rows=rows)


def _visited_outlets(reading: Reading) -> Computed:
    first: dict[object, VisitRead] = {}
    for each in _inspected(reading):
        first.setdefault(each.outlet_id or (each.area_code, each.subject_name), each)
    rows = [_visit_row(each, ONE) for each in first.values()]
    return Computed(exact=Decimal(reading.visit_counts.outlets.value), rows=rows)


def _none_found(reading: Reading) -> Computed:
    found = reading.visit_counts
    rows = [_visit_row(each, ONE) for each in reading.visits]
    text = ";".join(found.reasons) or f"检查 {found.visit_times.value} 家次,未发现违法行为"
    return Computed(statement=found.may_say_none_found, rows=rows, text=text)


def _survey_rows(reading: Reading, amount: Callable[[str, Decimal], Decimal]) -> list[Row]:
    return [
        Row(
            PESTS,
            str(each.id),
            each.surveyed_on,
            each.area_code,
            f"{each.surveyed_on} {each.plot_name}",
            amount(str(each.id), each.plot_mu),
            each.recorded_at,
            each.recorded_by,
        )
        for each in reading.pest_surveys
    ]


def _technician_times(reading: Reading) -> Computed:
    there = reading.technicians
    rows = _survey_rows(reading, lambda key, _: Decimal(len(there.get(key, ()))))
    return Computed(exact=Decimal(reading.pest_summary.n_person_times), rows=rows)


def _technicians(reading: Reading) -> Computed:
    rows = _survey_rows(reading, lambda key, _: Decimal(len(reading.technicians.get(key, ()))))
    return Computed(exact=Decimal(reading.pest_summary.n_persons), rows=rows)


def _plots(reading: Reading) -> Computed:
    rows = _survey_rows(reading, lambda *_: ONE)
    return Computed(exact=Decimal(reading.pest_summary.n_plots), rows=rows)


def _surveyed_mu(reading: Reading) -> Computed:
    rows = _survey_rows(reading, lambda _, mu: mu)
    return Computed(exact=reading.pest_summary.represented_mu, rows=rows)


def _repair_row(repair: Repair) -> Row:
    return Row(
        MACHINERY,
        str(repair.id),
        repair.repaired_on,
        repair.area_code,
        f"{repair.repaired_on} {repair.class_code} {repair.team or ''}".strip(),
        Decimal(repair.n_machines),
        repair.recorded_at,
        repair.recorded_by,
    )


def _once(repairs: Iterable[Repair]) -> list[Repair]:
    """Return the repairs that count for machines: of one that was mended twice, the first."""
    seen: set[object] = set()
    kept = []
    for each in repairs:
        if each.machine_id is None or each.machine_id not in seen:
            kept.append(each)
            seen.add(each.machine_id)
    return kept


def _repaired(reading: Reading) -> Computed:
    total = reading.machinery.total
    rows = [_repair_row(each) for each in _once(reading.repairs)]
    text = f"其中 {total.n_unverified} 台为成批填报,未逐台核实"
    return Computed(exact=Decimal(total.n_machines), rows=rows, text=text)


def _repairs(reading: Reading) -> Computed:
    rows = [_repair_row(each) for each in reading.repairs]
    return Computed(exact=Decimal(sum(each.n_machines for each in reading.repairs)), rows=rows)


def _training_rows(reading: Reading) -> list[Row]:
    return [
        Row(
            MACHINERY,
            str(each.id),
            each.held_on,
            each.area_code,
            f"{each.held_on} {each.topic}",
            Decimal(reading.attendance[str(each.id)].n_attendees),
            each.recorded_at,
            each.recorded_by,
        )
        for each in reading.trainings
    ]


def _trained(reading: Reading) -> Computed:
    found = reading.machinery
    text = f"{found.n_trainings} 期,{found.n_person_times} 人次"
    return Computed(exact=Decimal(found.n_persons), rows=_training_rows(reading), text=text)


def _training_times(reading: Reading) -> Computed:
    found = reading.machinery
    return Computed(exact=Decimal(found.n_person_times), rows=_training_rows(reading))


def _fit_share(reading: Reading) -> Computed:
    total = reading.machinery.total
    rows = [
        Row(
            MACHINERY,
            str(each.id),
            each.counted_on,
            each.area_code,
            f"{each.counted_on} {each.class_code}:完好 {each.n_fit} 台,在册 {each.n_registered} 台",
            Decimal(each.n_fit),
            each.recorded_at,
            each.recorded_by,
        )
        for each in reading.registers
    ]
    text = f"完好 {total.n_fit} 台,在册 {total.n_registered} 台"
    return Computed(
        exact=total.fit_share, rows=rows, text=text if total.n_registered else "没有在册数"
    )


def _count(
    code: str, title: str, unit: Unit, how: str, compute: Callable[[Reading], Computed]
) -> FactDef:
    book = {"visits": VISITS, "pests": PESTS}.get(code.split(".", maxsplit=1)[0], MACHINERY)
    return FactDef(code, title, Form.COUNT, unit, unit.value, 0, how, (book,), compute)


def _sum(
    code: str, title: str, unit: Unit, how: str, compute: Callable[[Reading], Computed]
) -> FactDef:
    return replace(_count(code, title, unit, how, compute), is_additive=True)


FACTS = (
    _sum(
        "visits.officer_times",
        "出动执法人员",
        Unit.PERSON_TIME,
        "今年各次到访的执法人员人数之和;同一人多次到访计多次",
        _officer_times,
    ),
    _sum(
        "visits.visit_times",
        "检查农资经营主体",
        Unit.OUTLET_TIME,
        "今年实际检查的次数;到访未检的不计",
        _visit_times,
    ),
    _sum(
        "visits.outlets",
        "检查的不同网点",
        Unit.OUTLET,
        "今年实际检查过的不同网点;同一家查多次计一家",
        _visited_outlets,
    ),
    FactDef(
        "visits.none_found",
        "暂未发现违法行为",
        Form.STATEMENT,
        None,
        "",
        0,
        "有检查、没有查出违法、没有待出的检测结果、没有未结的问题,才可以这样写",
        (VISITS,),
        _none_found,
    ),
    _sum(
        "pests.technician_times",
        "派遣植保技术人员",
        Unit.PERSON_TIME,
        "今年各次地块调查的技术人员人数之和",
        _technician_times,
    ),
    _count(
        "pests.technicians", "植保技术人员", Unit.PERSON, "今年参加调查的不同技术人员", _technicians
    ),
    _count("pests.plots", "调查地块", Unit.ITEM, "今年调查过的不同地块", _plots),
    _count("pests.area", "调查面积", Unit.MU, "不同地块代表的面积之和,不是取样面积", _surveyed_mu),
    _sum(
        "machinery.repaired",
        "检修春耕农机具",
        Unit.MACHINE,
        "今年检修过的不同机具:单台只计一次,成批的按所报台数;跨区机具不计",
        _repaired,
    ),
    _sum("machinery.repairs", "农机检修", Unit.MACHINE_TIME, "今年检修的台次", _repairs),
    _count("machinery.trained", "培训农机人员", Unit.PERSON, "今年参加培训的不同的人", _trained),
    _sum(
        "machinery.training_times",
        "农机培训",
        Unit.PERSON_TIME,
        "今年各期培训人数之和",
        _training_times,
    ),
    FactDef(
        "machinery.fit_share",
        "农机完好率",
        Form.RATIO,
        None,
        "%",
        4,
        "最近一次登记的完好台数除以在册台数",
        (MACHINERY,),
        _fit_share,
    ),
)
