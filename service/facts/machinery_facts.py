"""Facts of machines and trainings."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from inspections.units import Quantity, Unit, exact
from service.facts.definitions import PERCENT, Computed, Row, Rows, count, ratio
from service.facts.reading import Reading
from service.machinery.models import Repair

BOOK = "machinery"


def _repair_row(repair: Repair) -> Row:
    return Row(
        BOOK,
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
    rows = Rows(_repair_row(each) for each in _once(reading.repairs))
    text = f"其中 {total.n_unverified} 台为成批填报,未逐台核实"
    return Computed(counted=Quantity(total.n_machines, Unit.MACHINE), rows=rows, text=text)


def _repairs(reading: Reading) -> Computed:
    rows = Rows(_repair_row(each) for each in reading.repairs)
    n = sum(each.n_machines for each in reading.repairs)
    return Computed(counted=Quantity(n, Unit.MACHINE_TIME), rows=rows)


def _training_rows(reading: Reading, amount: Callable[[str], int]) -> Rows:
    return Rows(
        Row(
            BOOK,
            str(each.id),
            each.held_on,
            each.area_code,
            f"{each.held_on} {each.topic}",
            Decimal(amount(str(each.id))),
            each.recorded_at,
            each.recorded_by,
        )
        for each in reading.trainings
    )


def _trained(reading: Reading) -> Computed:
    """Count every person at the first training that they came to."""
    found, first = reading.machinery, reading.first_attended
    text = f"{found.n_trainings} 期,{found.n_person_times} 人次" + reading.beside_towns(
        found.n_persons, reading.trained_of_towns, "人"
    )
    return Computed(
        counted=Quantity(found.n_persons, Unit.PERSON),
        rows=_training_rows(reading, lambda key: first[key]),
        text=text,
    )


def _training_times(reading: Reading) -> Computed:
    rows = _training_rows(reading, lambda key: reading.attendance[key].n_attendees)
    return Computed(counted=Quantity(reading.machinery.n_person_times, Unit.PERSON_TIME), rows=rows)


def _fit_share(reading: Reading) -> Computed:
    total = reading.machinery.total
    rows = Rows(
        Row(
            BOOK,
            str(each.id),
            each.counted_on,
            each.area_code,
            f"{each.counted_on} {each.class_code}:完好 {each.n_fit} 台,在册 {each.n_registered} 台",
            Decimal(each.n_fit),
            each.recorded_at,
            each.recorded_by,
        )
        for each in reading.registers
    )
    if not total.n_registered:
        return Computed(rows=rows, text="没有在册数")
    fit, registered = (Quantity(n, Unit.MACHINE) for n in (total.n_fit, total.n_registered))
    return Computed(
        ratio=exact(fit / registered),
        rows=rows,
        text=f"完好 {total.n_fit} 台,在册 {total.n_registered} 台",
    )


FACTS = (
    count(
        "machinery.repaired",
        "检修春耕农机具",
        Unit.MACHINE,
        "今年检修过的不同机具:单台只计一次,成批的按所报台数;跨区机具不计",
        _repaired,
        books=(BOOK,),
        grain="一台机具今年的第一次检修,或一批",
    ),
    count(
        "machinery.repairs",
        "农机检修",
        Unit.MACHINE_TIME,
        "今年检修的台次",
        _repairs,
        books=(BOOK,),
        grain="一次检修,或一批",
    ),
    count(
        "machinery.trained",
        "培训农机人员",
        Unit.PERSON,
        "今年参加培训的不同的人;各期只计头一次来的人",
        _trained,
        books=(BOOK,),
        grain="一期培训",
    ),
    count(
        "machinery.training_times",
        "农机培训",
        Unit.PERSON_TIME,
        "今年各期培训人数之和",
        _training_times,
        books=(BOOK,),
        grain="一期培训",
    ),
    ratio(
        "machinery.fit_share",
        "农机完好率",
        PERCENT,
        4,
        "最近一次登记的完好台数除以在册台数",
        _fit_share,
        books=(BOOK,),
        grain="一镇一类的登记",
    ),
)
