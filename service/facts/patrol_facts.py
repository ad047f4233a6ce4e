"""Facts of patrols: how much of the basic farmland somebody went through this year."""

from decimal import Decimal

from inspections.units import Quantity, Unit, exact
from service.facts.asked import TOWN
from service.facts.definitions import PERCENT, Computed, Row, Rows, ratio
from service.facts.reading import Reading
from service.schemas import civil_day
from service.signals.models import Patrol

BOOK = "patrols"
A_PATROL = "一次登记在本区域的巡查"


def _row(patrol: Patrol, n_cells: int) -> Row:
    day = civil_day(patrol.started_at)
    return Row(
        BOOK,
        str(patrol.id),
        day,
        patrol.area_code,
        f"{day} 走过 {n_cells} 个网格",
        Decimal(n_cells),
        patrol.recorded_at,
        patrol.recorded_by,
    )


def _coverage(reading: Reading) -> Computed:
    """Set cells that were seen by cells with farmland; how often one was seen plays no part."""
    if len(reading.asked.area_code) > TOWN:
        return Computed(text="按县、按镇算,不分村")
    towns = reading.patrol_coverage
    n_cells = Quantity(sum(each.n_cells for each in towns), Unit.ITEM)
    n_seen = Quantity(sum(each.n_seen for each in towns), Unit.ITEM)
    if not n_cells.value:
        return Computed(text="没有永久基本农田的数据")
    last = max((each.last_seen_on for each in towns if each.last_seen_on), default=None)
    text = f"{n_cells.value} 个永农网格,走过 {n_seen.value} 个"
    text += f",最近一次 {last}" if last else ";今年还没有走到"
    return Computed(
        ratio=exact(n_seen / n_cells),
        rows=Rows(_row(patrol, n) for patrol, n in reading.patrols),
        text=text,
    )


FACTS = (
    ratio(
        "patrols.coverage",
        "永农巡查覆盖率",
        PERCENT,
        4,
        "今年至少有一次巡查走过的永农网格数除以永农网格总数;同一网格走多次计一次,"
        "邻镇的巡查走到的也算",
        _coverage,
        books=(BOOK,),
        grain=A_PATROL,
    ),
)
